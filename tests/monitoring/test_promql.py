"""Selectors are found in expressions, and what cannot be read is not guessed."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scanner.collection.monitoring import promql

READ = {
    "up == 0": ["up"],
    "time() - pbs_snapshot_vm_last_timestamp > 86400": ["pbs_snapshot_vm_last_timestamp"],
    'sum by (job, instance) (rate(http_total{code=~"5..", path!="a}b"}[5m])) / 2': [
        'http_total{code=~"5..", path!="a}b"}'
    ],
    "sum(rate(x[5m])) without (pod)": ["x"],
    "count without(a) (x)": ["x"],
    'absent(up{job="pbs"})': ['up{job="pbs"}'],
    '{__name__="backup_age", job="x"} > 1': ['{__name__="backup_age", job="x"}'],
    '{"backup.age", job="x"} > 1': ['{"backup.age", job="x"}'],
    "a * on (vm) group_left (name) b_info": ["a", "b_info"],
    "a * on (vm) group_left b_info": ["a", "b_info"],
    "max_over_time(deriv(rate(x:y[5m])[30m:1m])[1h:]) > bool 1e3": ["x:y"],
    "x offset 1d > 1 and y @ 1609746000 > 0x1F": ["x", "y"],
    "x @ start() > 1 # a comment with y": ["x"],
    "a or b unless c": ["a", "b", "c"],
    "x > +Inf or x == NaN": ["x"],
    "vector(1)": [],
    "histogram_quantile(0.9, sum by (le) (rate(d_bucket{a='}',b=`\"`}[5m])))": ["d_bucket{a='}',b=`\"`}"],
    "-x ^ 2 % 3": ["x"],
    "sum(by)": [],
}
UNREAD = [
    "x{",
    "x}",
    "(x",
    "x)",
    "x{a=}{",
    "x{a{b}}",
    "x[5m",
    "x{y}",
    "«x»",
    'x{a="b',
    "x" * 20_000,
    "(" * 500 + "x" + ")" * 500,
]


@pytest.mark.parametrize("source", READ)
def test_selectors_are_found(source: str) -> None:
    found = promql.read(source)
    assert found is not None
    assert [each.text for each in found.selectors] == READ[source]


@pytest.mark.parametrize("source", UNREAD, ids=lambda source: source[:20])
def test_what_cannot_be_read_is_not_guessed(source: str) -> None:
    assert promql.read(source) is None


def test_metrics_are_named_in_every_notation() -> None:
    found = promql.read('a + {__name__="b"} + {"c\\"d"} + {__name__=~"e.*"}')
    assert found is not None
    assert found.metrics == ["a", "b", 'c"d']


def test_what_is_wanted_absent_is_told_apart() -> None:
    found = promql.read('absent(up{job="pbs"}) or absent_over_time(x[5m]) or y')
    assert found is not None
    assert [each.wanted_absent for each in found.selectors] == [True, True, False]
    assert found.optional


def test_functions_that_make_labels_are_noticed() -> None:
    for source, relabels in (
        ("label_replace(x, 'a', '$1', 'b', '(.*)')", True),
        ("count_values('v', x)", True),
        ("sum(x)", False),
    ):
        found = promql.read(source)
        assert found is not None
        assert found.relabels is relabels


def test_labels_of_a_selector() -> None:
    found = promql.read("""x{a="1",b=~"2", 'c' !~ "3"}""")
    assert found is not None
    assert found.selectors[0].labels == ("a", "b", "c")


@given(st.one_of(st.text(), st.text(alphabet="x{}()[]\"'`\\=~!,:#@ by or 5m\n")))
@example("x" + "{" * 300)
def test_odd_text_never_raises(source: str) -> None:
    found = promql.read(source)
    if found is not None:
        assert all(each.text in source for each in found.selectors)

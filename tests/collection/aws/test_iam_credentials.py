"""Lines of credential reports."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.aws.iam_credentials import _ROWS, read
from scanner.model.evidence import ABSENT, Gap

HEAD = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,"
    "access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
    "access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,"
    "cert_2_last_rotated"
)
DAY = "2026-01-01T00:00:00+00:00"
ROOT = (
    f"<root_account>,arn:aws:iam::1:root,{DAY},not_supported,2026-02-01T00:00:00+00:00,not_supported,not_supported,"
    "true,true,N/A,2026-03-01T00:00:00+00:00,us-east-1,s3,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"
)
ADA = (
    f"ada,arn:aws:iam::1:user/ada,{DAY},true,no_information,{DAY},N/A,false,"
    f"true,2026-01-01T00:00:30+00:00,N/A,N/A,N/A,false,{DAY},2026-01-05T00:00:00+00:00,eu-west-1,s3,true,N/A,false,N/A"
)
PLAIN = f"bob,arn:aws:iam::1:user/bob,{DAY},false,N/A,N/A,N/A,false,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"
REPORT = "\n".join((HEAD, ROOT, ADA, PLAIN))


def test_users() -> None:
    lines, gap = read(REPORT)
    assert gap is None
    ada, bob = _ROWS["aws.iam_user"](lines, ABSENT, None)[0]
    assert (ada["password"], ada["password_used"], ada["password_idle_since"]) == (True, ABSENT, "2026-01-01T00:00:00Z")
    assert (ada["mfa"], ada["certificates"]) == (False, True)
    assert (bob["password"], bob["password_idle_since"]) == (False, ABSENT)


def test_keys() -> None:
    first, second = _ROWS["aws.iam_access_key"](read(REPORT)[0], ABSENT, None)[0]
    assert (first["active"], first["used"], first["idle_since"]) == (True, ABSENT, "2026-01-01T00:00:30Z")
    assert first["from_setup"] is True
    assert first["spare"] is False
    assert (second["active"], second["idle_since"], second["service"]) == (False, "2026-01-05T00:00:00Z", "s3")
    assert second["spare"] is True
    assert second["from_setup"] is False


def test_root_user() -> None:
    (row,), gap = _ROWS["aws.iam_root_use"](read(REPORT)[0], ABSENT, None)
    assert gap is None
    assert (row["used"], row["by"]) == ("2026-03-01T00:00:00Z", "key 1")
    rows, gap = _ROWS["aws.iam_root_use"](read("\n".join((HEAD, ADA)))[0], ABSENT, None)
    assert not rows
    assert gap is not None


def test_a_cut_or_odd_report_is_a_gap() -> None:
    assert read("")[1] is not None
    assert read(REPORT[:-30])[1] is not None
    assert read(REPORT + "\n" + ADA)[1] is not None
    assert read(REPORT.replace("arn:aws:iam::1:user/bob", ""))[1] is not None
    assert read(REPORT.replace("mfa_active", "mfa"))[1] is not None
    lines, gap = read(
        REPORT.replace(f"ada,arn:aws:iam::1:user/ada,{DAY},true", f"ada,arn:aws:iam::1:user/ada,{DAY},perhaps")
    )
    assert gap is None
    assert isinstance(_ROWS["aws.iam_user"](lines, ABSENT, None)[0][0]["password"], Gap)


@given(st.text(alphabet=st.sampled_from('<>,"\n\rtrue-:/N/Aarn\x00é0123456789T+')))
def test_odd_text_never_raises(text: str) -> None:
    for report in (text, HEAD + "\n" + text, REPORT + text):
        lines, gap = read(report)
        for make in _ROWS.values():
            make(lines, ABSENT, gap)

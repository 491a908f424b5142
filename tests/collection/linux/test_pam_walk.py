"""PAM stacks: what Linux-PAM makes of their lines, and what the walk says of their modules."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.collection.linux.pam_lines import CODES, Line, actions_of, logical_lines
from scanner.collection.linux.pam_stack import Handler, Resolver, Service
from scanner.collection.linux.pam_walk import START, Course, Step, Walk, courses, succeeds
from scanner.collection.linux.sections import Files, FileText, State
from scanner.model.evidence import Gap, error
from tests.support.libpam import authenticator, debug_module

_FAILLOCK = """auth requisite pam_faillock.so preauth
auth [success=2 default=ignore] pam_unix.so
auth [default=die] pam_faillock.so authfail
auth requisite pam_deny.so
auth required pam_permit.so"""


def _denied(path: str) -> Gap:
    return error(f"{path} is closed")


def services(**texts: str) -> dict[str, Service]:
    """Resolve files of /etc/pam.d given by name; a slash in a name is written as two underscores."""
    files = [
        FileText(path if "/" in path else f"/etc/pam.d/{path}", State.SHOWN, lines=text.split("\n"))
        for path, text in ((name.replace("__", "/"), text) for name, text in texts.items())
    ]
    return {found.name: found for found in Resolver(Files(files, []), _denied).services(["/etc/pam.d"])}


def steps(stack: list[Handler], missing: str = "") -> tuple[Step, ...]:
    """Give the steps of a stack; `missing` is a module that is not installed."""
    names = [handler.module.removesuffix(".so") for handler in stack]
    return tuple(
        Step(name, tuple(handler.actions.items()), handler.level, name != missing)
        for name, handler in zip(names, stack, strict=True)
    )


def course(text: str, module: str, kind: str = "auth", missing: str = "", **others: str) -> Course:
    """Give the course of the last line of a module."""
    service = services(svc=text, **others)["svc"]
    assert not service.broken
    found = steps(service.stacks[kind], missing)
    return [one for step, one in zip(found, courses(found, kind), strict=True) if step.module == module][-1]


def test_lines_are_joined_and_comments_left_out():
    lines = ["# c", "", " auth  required \\", " # within", "  pam_a.so b # c \\", "auth [a=1 \\] b] x y[z", ""]
    assert list(logical_lines(lines)) == [
        Line(3, ("auth", "required", "pam_a.so", "b")),
        Line(6, ("auth", "[a=1 ] b]", "x", "y[z")),
    ]


def test_a_comment_begins_within_a_word_and_a_tab_separates():
    assert list(logical_lines(["auth\trequired pam_a.so#x y"])) == [Line(1, ("auth", "required", "pam_a.so"))]


@pytest.mark.parametrize("lines", [["auth required \\"], ["auth \\", "# c"], ["a " * 900], ["a \\"] * 600 + ["b"]])
def test_where_linux_pam_gives_up_it_is_said(lines: list[str]):
    assert isinstance(list(logical_lines(lines))[-1], str)


@pytest.mark.parametrize(
    ("control", "code", "action"),
    [
        ("required", "success", "ok"),
        ("REQUISITE", "auth_err", "die"),
        ("optional", "auth_err", "ignore"),
        ("[sufficient]", "new_authtok_reqd", "done"),
        ("[success=2 default=ignore]", "success", "2"),
        ("[success=2 default=ignore]", "abort", "ignore"),
        ("[default=die success=ok]", "success", "ok"),
        ("[success=ok]", "auth_err", "bad"),
        ("[success = ok auth_err= 1]", "auth_err", "1"),
        ("[success=okay]", "success", "bad"),
        ("[success=0]", "success", "bad"),
        ("[sucess=ok default=ignore]", "auth_err", "bad"),
        ("[default=ignore default=die]", "auth_err", "ignore"),
        ("bogus", "success", "bad"),
        ("[]", "success", "bad"),
    ],
)
def test_controls(control: str, code: str, action: str):
    assert actions_of(control)[code] == action


def test_inclusions_take_their_type_only():
    found = services(
        svc="@include both\nauth include both\naccount substack both",
        both="auth required pam_a.so\naccount required pam_b.so\n-session optional pam_c.so",
    )["svc"]
    assert {kind: [(each.module, each.level) for each in stack] for kind, stack in found.stacks.items()} == {
        "auth": [("pam_a.so", 0), ("pam_a.so", 0)],
        "account": [("pam_b.so", 0), ("", 0), ("pam_b.so", 1)],
        "session": [("pam_c.so", 0)],
    }
    assert found.stacks["auth"][0].path == "/etc/pam.d/both"


def test_a_missing_inclusion_breaks_what_it_would_give():
    found = services(a="@include none", b="auth include none\naccount required pam_a.so", c="@include c")
    assert set(found["a"].broken) == {"auth", "account", "password", "session"}
    assert set(found["b"].broken) == {"auth"}
    assert "/etc/pam.d/b:1" in str(found["b"].broken["auth"])
    assert "deeply" in str(found["c"].broken["auth"])


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("auth required", {"auth"}),
        ("account", {"account"}),
        ("autch required pam_a.so", {"auth"}),
        ("auth required \\", {"auth", "account", "password", "session"}),
        ("@include", {"auth", "account", "password", "session"}),
        ("auth include", {"auth"}),
    ],
)
def test_a_line_that_fails_is_a_gap_of_its_type(text: str, kinds: set[str]):
    assert set(services(svc=text)["svc"].broken) == kinds


def test_inclusions_that_multiply_come_to_an_end():
    parts = {f"p{number}": f"@include p{number + 1}\n" * 20 for number in range(20)}
    found = services(svc="@include p0", p20="# nothing", **parts)["svc"]
    assert "3000 lines" in str(found.broken["auth"])
    modules = services(svc="auth required pam_a.so\n" * 61)["svc"]
    assert set(modules.broken) == {"auth"}


def test_a_long_stack_is_walked_in_reasonable_time():
    found = steps(services(svc="auth optional pam_a.so\n" * 59 + "auth required pam_m.so")["svc"].stacks["auth"])
    began = time.process_time()
    assert courses(found, "auth")[-1].reached == "always"
    assert time.process_time() - began < 30


def test_vendors_files_serve_where_etc_has_none():
    files = [
        FileText("/etc/pam.d/a", State.SHOWN, lines=["auth required pam_etc.so"]),
        FileText("/usr/lib/pam.d/a", State.SHOWN, lines=["auth required pam_vendor.so"]),
        FileText("/etc/pam.d/b", State.MISSING),
        FileText("/usr/lib/pam.d/b", State.SHOWN, lines=["auth required pam_vendor.so", "account include c"]),
        FileText("/usr/lib/pam.d/c", State.SHOWN, lines=["account required pam_c.so"]),
        FileText("/etc/pam.d/d", State.UNREADABLE),
        FileText("/etc/pam.d/sshd.dpkg-old", State.SHOWN, lines=["auth required pam_x.so"]),
        FileText("/etc/pam.d/common-auth", State.SHOWN, lines=["auth required pam_x.so"]),
        FileText("/etc/pam.conf", State.SHOWN, lines=["e auth required pam_x.so"]),
    ]
    resolver = Resolver(Files(files, []), _denied)
    found = {each.name: each for each in resolver.services(["/etc/pam.d", "/usr/lib/pam.d"])}
    assert set(found) == {"a", "b", "c", "d"}
    assert found["a"].stacks["auth"][0].module == "pam_etc.so"
    assert found["b"].stacks["auth"][0].module == "pam_vendor.so"
    assert "only /usr/lib/pam.d/c exists" in str(found["b"].broken["account"])
    assert str(found["d"].broken["session"]) == "/etc/pam.d/d is closed"


def test_the_single_file_serves_where_no_folder_exists():
    lines = ["# c", "login auth required pam_a.so x", "OTHER auth required pam_deny.so", "login account"]
    resolver = Resolver(Files([FileText("/etc/pam.conf", State.SHOWN, lines=lines)], []), _denied)
    found = {each.name: each for each in resolver.services([])}
    assert set(found) == {"login", "other"}
    assert found["login"].stacks["auth"][0].arguments == ("x",)
    assert set(found["login"].broken) == {"account"}


def test_the_usual_stack_with_faillock():
    assert course(_FAILLOCK, "pam_unix") == Course("always", (), (), ())
    assert course(_FAILLOCK.replace("pam_faillock.so authfail", "x"), "pam_faillock") == Course("always")
    counting = course(_FAILLOCK, "pam_faillock")
    assert (counting.reached, counting.bypassed_by, counting.catches) == ("conditional", ("pam_unix",), (1,))


@pytest.mark.parametrize(
    ("text", "reached", "bypassed", "overridden"),
    [
        ("auth sufficient pam_x.so\nauth required pam_m.so", "conditional", ("pam_x",), ()),
        ("auth sufficient pam_permit.so\nauth required pam_m.so", "never", ("pam_permit",), ()),
        ("auth sufficient pam_rootok.so\nauth required pam_m.so", "always", (), ()),
        ("auth required pam_deny.so\nauth sufficient pam_x.so\nauth required pam_m.so", "always", (), ()),
        ("auth requisite pam_deny.so\nauth required pam_m.so", "never", (), ()),
        ("auth [success=1 default=ignore] pam_x.so\nauth required pam_m.so\nauth required pam_permit.so", "conditional", ("pam_x",), ()),
        ("auth optional pam_m.so\nauth required pam_permit.so", "always", (), ("pam_m",)),
        ("auth sufficient pam_m.so\nauth required pam_deny.so", "always", (), ()),
        ("auth [success=1 default=ignore] pam_m.so\nauth sufficient pam_x.so\nauth required pam_permit.so", "always", (), ("pam_m",)),
        ("auth [success=2 default=ignore] pam_m.so\nauth [success=1 default=ignore] pam_x.so\nauth requisite pam_deny.so\nauth required pam_permit.so", "always", (), ("pam_x",)),
        ("auth required pam_m.so\nauth sufficient pam_x.so", "always", (), ()),
        ("auth [success=9 default=ignore] pam_x.so\nauth required pam_m.so", "always", (), ()),
        ("auth substack sub\nauth required pam_m.so", "always", (), ()),
        ("auth [success=1 default=ignore] pam_x.so\nauth substack sub\nauth required pam_m.so", "always", (), ()),
        ("auth substack own", "always", (), ()),
        ("auth include own", "always", (), ()),
    ],
)  # fmt: skip
def test_what_the_walk_says_of_a_module(
    text: str, reached: str, bypassed: tuple[str, ...], overridden: tuple[str, ...]
):
    others = {
        "sub": "auth sufficient pam_y.so\nauth required pam_z.so",
        "own": "auth sufficient pam_rootok.so\nauth required pam_m.so",
    }
    found = course(text, "pam_m", **others)
    assert (found.reached, found.bypassed_by, found.overridden_by) == (reached, bypassed, overridden)


def test_done_in_a_substack_ends_the_substack_alone():
    found = course("auth substack sub\nauth required pam_m.so", "pam_m", sub="auth sufficient pam_x.so")
    assert found.reached == "always"
    assert (
        course("auth include sub\nauth required pam_m.so", "pam_m", sub="auth sufficient pam_x.so").reached
        == "conditional"
    )


def test_a_module_that_is_not_installed_only_refuses():
    text = "auth [success=1 default=ignore] pam_x.so\nauth required pam_m.so\nauth required pam_permit.so"
    assert course(text, "pam_m", missing="pam_x").reached == "always"
    assert course(
        "auth [module_unknown=ignore] pam_m.so\nauth required pam_permit.so", "pam_m", missing="pam_m"
    ).overridden_by == ("pam_m",)


@pytest.mark.parametrize(
    ("before", "catches"),
    [
        ("auth [success=2 default=ignore] pam_unix.so", True),
        ("auth [success=2 auth_err=die default=ignore] pam_unix.so", False),
        ("auth [success=2 default=die] pam_unix.so", False),
        ("auth [success=2 default=1] pam_unix.so", False),
        ("auth [success=3 default=ignore] pam_unix.so\nauth [success=2 default=ignore] pam_sss.so", True),
        ("auth [success=3 default=ignore] pam_unix.so\nauth [success=2 default=die] pam_sss.so", False),
    ],
)
def test_whether_a_wrong_password_is_caught(before: str, catches: bool):
    text = f"{before}\nauth [default=die] pam_faillock.so authfail\nauth requisite pam_deny.so\nauth required pam_permit.so"
    assert (0 in course(text, "pam_faillock").catches) is catches


_CONTROL = st.sampled_from(
    "required requisite optional sufficient [success=1 default=ignore] [success=2 default=ignore] [default=1] "
    "[success=ok default=die] [success=done default=bad] [success=ok auth_err=reset default=ignore] [default=reset] "
    "[success=3 auth_err=1 default=2] [success=ok ignore=1 default=bad]".replace(" default", "_default")
    .replace(" auth", "_auth")
    .replace(" ignore=1", "_ignore=1")
    .split()
).map(lambda word: word.replace("_default", " default").replace("_auth_err", " auth_err").replace("_ignore", " ignore"))
_CODE = st.sampled_from(["success", "success", "auth_err", "ignore", "new_authtok_reqd", "perm_denied", "user_unknown"])
_MODULE = st.tuples(_CONTROL, _CODE)
_STACK = st.recursive(
    st.lists(_MODULE, min_size=1, max_size=5),
    lambda inner: st.lists(
        st.one_of(_MODULE, st.tuples(st.sampled_from(["include", "substack"]), inner)), min_size=1, max_size=4
    ),
    max_leaves=12,
)


def _write(folder: Path, name: str, stack: list[tuple[str, object]]) -> None:
    lines = []
    for number, (control, what) in enumerate(stack):
        if isinstance(what, list):
            _write(folder, f"{name}-{number}", what)
            lines.append(f"auth {control} {folder}/{name}-{number}")
        else:
            lines.append(f"auth {control} pam_debug.so auth={what}")
    (folder / name).write_text("\n".join(lines) + "\n")


@settings(max_examples=150, deadline=None)
@given(_STACK)
def test_libpam_itself_comes_to_the_same_end(stack: list[tuple[str, object]]):
    ask = authenticator()
    if ask is None or not debug_module():
        assert not os.environ.get("CI"), "libpam is not installed"
        pytest.skip("libpam with pam_debug is not installed")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        _write(folder, "svc", stack)
        files = [
            FileText(
                f"/etc/pam.d/{path.name}" if path.name == "svc" else str(path),
                State.SHOWN,
                lines=path.read_text().split("\n"),
            )
            for path in folder.iterdir()
        ]
        told = ask(folder, "svc")
    (service,) = Resolver(Files(files, []), _denied).services(["/etc/pam.d"])
    handlers = service.stacks["auth"]
    walk = Walk(steps(handlers), "auth")
    node = START
    visited = []
    while node[0] < len(handlers):
        handler = handlers[node[0]]
        if not handler.module:
            ((_, node),) = walk.edges(node)
            continue
        code = handler.arguments[0].removeprefix("auth=")
        visited.append((node[0], code))
        node = walk.target(node[0], node[1], code, handler.actions[code])
    assert succeeds(node, len(handlers)) is told
    _holds(courses(steps(handlers), "auth"), handlers, dict(visited), told)


def _holds(found: tuple[Course, ...], handlers: list[Handler], visited: dict[int, str], good: bool) -> None:
    """What the walk says of all runs holds for this one."""
    for place, (one, handler) in enumerate(zip(found, handlers, strict=True)):
        if not handler.module:
            continue
        if place in visited:
            assert one.reached != "never"
        elif good:
            assert one.reached != "always"
        if good and visited.get(place) in ("auth_err", "perm_denied", "user_unknown"):
            assert one.overridden_by


_TEXT = st.lists(st.text(alphabet="autho \t[]=\\#@-incldepsk./1\n", max_size=30), max_size=8).map("\n".join)


@given(_TEXT, _TEXT)
def test_whatever_the_files_say_a_stack_or_a_gap_comes_of_it(one: str, two: str):
    for service in services(svc=one, other=two).values():
        for kind, stack in service.stacks.items():
            found = courses(steps(stack), kind)
            assert len(found) == len(stack)
            assert all(set(handler.actions) in (set(), set(CODES)) for handler in stack)

from __future__ import annotations

import threading
from typing import cast

import pytest

from scanner.model.errors import PrivilegeError, UnreachableError
from scanner.model.outcome import Outcome
from scanner.transport.ssh_link import Link
from scanner.transport.ssh_pool import HANDSHAKES, LOANS, Pool


class FakeLink:
    def __init__(self) -> None:
        self.alive = True
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


def link() -> Link:
    return cast("Link", FakeLink())


def never() -> Link:
    raise AssertionError("nobody should connect")


def test_the_second_borrower_shares_and_the_last_one_hangs_up() -> None:
    pool, made = Pool(), link()
    one = pool.borrow("gate", lambda: made)
    two = pool.borrow("gate", never)

    assert one is two
    pool.give_back("gate", one)
    assert cast("FakeLink", made).closed == 0
    pool.give_back("gate", two)
    assert cast("FakeLink", made).closed == 1
    assert len(pool) == 0


def test_keys_have_their_own_bastions() -> None:
    pool = Pool()

    assert pool.borrow("a", link) is not pool.borrow("b", link)
    assert len(pool) == 2


def test_those_who_wait_share_the_connection() -> None:
    pool, made = Pool(), link()
    connecting, go = threading.Event(), threading.Event()

    def slow() -> Link:
        connecting.set()
        assert go.wait(10)
        return made

    found: list[object] = []
    first = threading.Thread(target=lambda: found.append(pool.borrow("gate", slow)))
    first.start()
    assert connecting.wait(10)
    others = [threading.Thread(target=lambda: found.append(pool.borrow("gate", never))) for _ in range(8)]
    for thread in others:
        thread.start()
    go.set()
    for thread in [first, *others]:
        thread.join()

    assert len(found) == 9
    assert len(set(map(id, found))) == 1


def test_an_error_is_kept_for_nobody() -> None:
    pool = Pool()

    def fails() -> Link:
        raise PrivilegeError("no", kind=Outcome.UNKNOWN, needs="root")

    with pytest.raises(PrivilegeError) as caught:
        pool.borrow("gate", fails)
    assert (caught.value.kind, caught.value.needs) == (Outcome.UNKNOWN, "root")
    assert len(pool) == 0
    assert pool.borrow("gate", link).users == 1


def test_a_foreign_error_frees_the_place() -> None:
    pool = Pool()

    def breaks() -> Link:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        pool.borrow("gate", breaks)
    assert len(pool) == 0


def test_a_dead_bastion_is_replaced_and_closed_by_those_who_had_it() -> None:
    pool, old, new = Pool(), link(), link()
    one = pool.borrow("gate", lambda: old)
    cast("FakeLink", old).alive = False
    two = pool.borrow("gate", lambda: new)

    pool.give_back("gate", one)
    assert (cast("FakeLink", old).closed, cast("FakeLink", new).closed) == (1, 0)
    assert len(pool) == 1
    pool.give_back("gate", two)
    assert len(pool) == 0


def test_a_bastion_is_renewed_after_many_loans() -> None:
    pool, old, new = Pool(), link(), link()
    loans = [pool.borrow("gate", lambda: old) for _ in range(LOANS)]
    late = pool.borrow("gate", lambda: new)

    assert late is not loans[0]
    for loan in loans:
        pool.give_back("gate", loan)
    assert (cast("FakeLink", old).closed, cast("FakeLink", new).closed) == (1, 0)
    assert pool.borrow("gate", never) is late


def test_handshakes_are_bounded() -> None:
    bastion = Pool().borrow("gate", link)

    taken = [bastion.handshakes.acquire(blocking=False) for _ in range(HANDSHAKES + 1)]

    assert taken == [True] * HANDSHAKES + [False]


def test_errors_of_a_shared_attempt_are_separate_objects() -> None:
    pool = Pool()
    errors: list[UnreachableError] = []
    gate = threading.Barrier(4)

    def fails() -> Link:
        raise UnreachableError("gone")

    def one() -> None:
        gate.wait(10)
        try:
            pool.borrow("gate", fails)
        except UnreachableError as exc:
            errors.append(exc)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({id(error) for error in errors}) == 4
    assert {error.reason for error in errors} == {"gone"}

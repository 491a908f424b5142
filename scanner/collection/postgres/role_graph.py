"""Follows memberships of PostgreSQL roles: which roles a role can act as, and which rights it can take.

As the server decides it (src/backend/utils/adt/acl.c): SET ROLE follows memberships with SET, rights follow those with
INHERIT, and who has the rights of a role with ADMIN over another, no superuser, may grant it to itself.
Before version 16 CREATEROLE grants any role but a superuser. A cycle of memberships does no harm here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Membership:
    """One grant of a role to a member."""

    role: str
    member: str
    admin: bool = False
    inherit: bool = True
    set: bool = True


@dataclass(frozen=True, slots=True)
class Reach:
    """What one role can act as."""

    identities: frozenset[str]
    """Roles that it can be, itself included."""
    usable: frozenset[str]
    """Roles whose rights it has or can take, itself left out."""
    superuser_by: tuple[str, ...]
    """The chain of roles from it to a superuser; empty without one."""


@dataclass(slots=True)
class Graph:
    """All roles and memberships of a server."""

    superusers: frozenset[str]
    role_makers: frozenset[str]
    """Roles with CREATEROLE where that grants any role: empty from version 16 on."""
    roles: frozenset[str]
    memberships: Iterable[Membership]
    _of: dict[str, list[Membership]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Sort the memberships by member; those of roles that are not there go."""
        for each in self.memberships:
            if each.role in self.roles and each.member in self.roles:
                self._of.setdefault(each.member, []).append(each)

    def direct(self, role: str) -> list[str]:
        """Give the roles that a role is a direct member of, sorted."""
        return sorted({each.role for each in self._of.get(role, ())})

    def members_of_any(self, role: str) -> list[str]:
        """Give the roles that a role is a member of through any chain, sorted, as pg_has_role(…, 'MEMBER') does."""
        found = self._closed({role: None}, lambda _each: True)
        return sorted(found.keys() - {role})

    def reach(self, role: str) -> Reach:
        """Give what a role can act as: SET, INHERIT and its own grants, over and over until nothing is new."""
        identities: dict[str, str | None] = {role: None}
        # From where each role was reached first: later rounds may find ways back, and a chain must not run in circles.
        before: dict[str, str | None] = {}
        while True:
            identities = self._closed(identities, lambda each: each.set)
            rights = self._closed(identities, lambda each: each.inherit)
            for name, source in rights.items():
                before.setdefault(name, source)
            taken = self._granted(identities, rights)
            if not taken:
                break
            identities = {**identities, **taken}
        target = next((name for name in rights if name in self.superusers), None)
        return Reach(frozenset(identities), frozenset(rights.keys() - {role}), _chain(before, target) if target else ())

    def _closed(self, start: Mapping[str, str | None], follows: Callable[[Membership], bool]) -> dict[str, str | None]:
        """Give the start and all roles behind memberships that are followed, each with the role it was reached from."""
        found = dict(start)
        waiting = list(found)
        for name in waiting:
            for each in self._of.get(name, ()):
                if each.role not in found and follows(each):
                    found[each.role] = name
                    waiting.append(each.role)
        return found

    def _granted(self, identities: Mapping[str, str | None], rights: Mapping[str, str | None]) -> dict[str, str]:
        """Give the roles that it can grant to itself beyond those that it can be."""
        ordinary = self.roles - self.superusers
        taken = {
            each.role: name
            for name in rights
            for each in self._of.get(name, ())
            if each.admin and each.role in ordinary and each.role not in identities
        }
        maker = next((name for name in identities if name in self.role_makers), None)
        if maker is not None:
            taken |= {name: maker for name in sorted(ordinary) if name not in identities and name not in taken}
        return taken


def _chain(before: Mapping[str, str | None], target: str) -> tuple[str, ...]:
    chain = [target]
    while (source := before[chain[-1]]) is not None:
        chain.append(source)
    return tuple(reversed(chain))

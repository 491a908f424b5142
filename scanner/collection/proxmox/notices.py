"""Whether failures reach anybody: matchers and targets of Proxmox's notification system, and addresses of users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scanner.collection.proxmox.asking import Asker, Listing
from scanner.collection.proxmox.words import JsonRow, truth, word
from scanner.model.evidence import Cell, Gap, error, unknown

_MAILERS = ("sendmail", "smtp")


@dataclass(slots=True)
class Notices:
    """The settings of notifications, each asked when it is needed."""

    asker: Asker
    root: str
    needs: str
    _known: dict[str, Listing] = field(default_factory=dict)

    def _rows(self, path: str) -> Listing:
        if path not in self._known:
            self._known[path] = self.asker.rows(path, needs=self.needs)
        return self._known[path]

    def reaches(self, event: Mapping[str, str]) -> Cell:
        """Tell whether an error of this kind is sent to somebody by the notification system."""
        matchers = self._rows(f"{self.root}/matchers")
        if matchers.gap is not None:
            return matchers.gap
        unsure: Gap | None = None
        for matcher in matchers.rows:
            if truth(matcher.get("disable"), default=False) is not False:
                continue
            fits = _fits(matcher, event)
            if fits is False:
                continue
            for name in _texts(matcher.get("target")):
                arrives = self._arrives(name)
                if fits is True and arrives is True:
                    return True
                if arrives is not False:
                    unsure = (
                        arrives
                        if isinstance(arrives, Gap)
                        else error(f"the matcher {word(matcher.get('name'))} has conditions that are not understood")
                    )
        return unsure if unsure is not None else False

    def _arrives(self, name: str) -> bool | Gap:
        targets = self._rows(f"{self.root}/targets")
        if targets.gap is not None:
            return targets.gap
        found = next((row for row in targets.rows if row.get("name") == name), None)
        if found is None or truth(found.get("disable"), default=False) is not False:
            return False
        kind = word(found.get("type"))
        return self._mailer(kind, name) if kind in _MAILERS else True

    def _mailer(self, kind: str, name: str) -> bool | Gap:
        """Tell whether a mail has an address to go to: root has none until somebody gives it one."""
        endpoints = self._rows(f"{self.root}/endpoints/{kind}")
        if endpoints.gap is not None:
            return endpoints.gap
        found = next((row for row in endpoints.rows if row.get("name") == name), None)
        if found is None:
            return error(f"the target {name[:80]} is not listed among those of its kind")
        if _texts(found.get("mailto")):
            return True
        told = [self.mails(user) for user in _texts(found.get("mailto-user"))]
        return True if True in told else next((each for each in told if isinstance(each, Gap)), False)

    def mails(self, user: str) -> bool | Gap:
        """Tell whether a user has an address."""
        users = self._rows("access/users")
        found = next((row for row in users.rows if row.get("userid") == user), None)
        if found is None:
            return users.gap or unknown(f"the user {user[:80]} is not shown to us", self.needs)
        return bool(word(found.get("email")))


def read_notices(asker: Asker, root: str, needs: str) -> Notices:
    """Make what knows of notifications; nothing is asked yet."""
    return Notices(asker, root, needs)


def _fits(matcher: JsonRow, event: Mapping[str, str]) -> bool | None:
    """Tell whether a matcher takes an error; None when its conditions are not understood."""
    severities = _texts(matcher.get("match-severity"))
    told: list[bool | None] = []
    if severities:
        told.append(any("error" in each.replace(" ", "").split(",") for each in severities))
    told += [_field(each, event) for each in _texts(matcher.get("match-field"))]
    told += [None for _ in _texts(matcher.get("match-calendar"))]
    if truth(matcher.get("invert-match"), default=False) is not False:
        return None
    if not told:
        return True
    if word(matcher.get("mode")) == "any":
        return True if True in told else None if None in told else False
    return False if False in told else None if None in told else True


def _field(condition: str, event: Mapping[str, str]) -> bool | None:
    """Judge a condition `exact:name=value,value`; patterns are not run."""
    way, colon, rest = condition.partition(":")
    name, equals, values = rest.partition("=")
    if way != "exact" or not colon or not equals or name not in event:
        return None
    return event[name] in values.split(",")


def _texts(value: Any) -> Sequence[str]:
    if isinstance(value, str):
        return [value] if value else []
    return [each for each in value[:200] if isinstance(each, str)] if isinstance(value, list) else []

"""Walks a PAM stack over everything its modules may answer: what is reached, left out, overruled."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import TypeAlias

from scanner.collection.linux.pam_lines import CODES, IGNORE, NEW_AUTHTOK_REQD, SUCCESS, UNKNOWN_MODULE

_REFUSALS = tuple(
    code
    for code in CODES
    if code
    not in (SUCCESS, IGNORE, NEW_AUTHTOK_REQD, UNKNOWN_MODULE, "open_err", "symbol_err", "conv_again", "incomplete")
)
_DENIES = {"auth": "auth_err", "account": "auth_err", "password": "authtok_err", "session": "session_err"}
_REFUSES: Mapping[str, tuple[str, ...]] = {
    "pam_faillock": ("auth_err",),
    "pam_pwquality": ("authtok_err", "maxtries"),
    "pam_pwhistory": ("authtok_err", "maxtries"),
    "pam_wheel": ("perm_denied", "auth_err"),
}
"""How a module says no; others may say it by any code."""

Verdict: TypeAlias = tuple[int, bool]
"""Impression (0 none, 1 good, -1 bad) and whether the status is success, as in Linux-PAM's dispatcher."""
State: TypeAlias = tuple[int, bool, tuple[Verdict, ...]]
Node: TypeAlias = tuple[int, State]
START: Node = (0, (0, False, ((0, False),)))


@dataclass(frozen=True, slots=True)
class Step:
    """One module of a stack as the walk sees it."""

    module: str
    """Name without `.so`; empty for the mark of a substack."""
    actions: tuple[tuple[str, str], ...]
    """Return code and action, in the order of the codes."""
    level: int
    installed: bool = True


@dataclass(frozen=True, slots=True)
class Course:
    """What the walk found of one module."""

    reached: str
    """`always`: no run of the stack succeeds without it; `conditional`; `never`."""
    bypassed_by: tuple[str, ...] = ()
    """Modules whose answer lets the stack succeed without this one."""
    overridden_by: tuple[str, ...] = ()
    """Modules that turn this one's refusal into success; its own name where the refusal counts for nothing."""
    catches: tuple[int, ...] = ()
    """Places (from 0) of modules whose wrong password leads here on every way on which the stack fails."""


@lru_cache(maxsize=256)
def courses(steps: tuple[Step, ...], kind: str) -> tuple[Course, ...]:
    """Give the course of each step in a stack of this type. Source: pam.d(5), `_pam_dispatch_aux` of Linux-PAM 1.5."""
    walk = Walk(steps, kind)
    nodes = walk.nodes(START)
    winning = walk.winning(START)
    return tuple(_course(walk, place, nodes, winning) for place in range(len(steps)))


def succeeds(node: Node, size: int) -> bool:
    """True for a node at the end of a stack of that size with which PAM grants what was asked."""
    return node[0] >= size and node[1][:2] == (1, True)


def _course(walk: Walk, place: int, nodes: Collection[Node], winning: set[Node]) -> Course:
    step = walk.steps[place]
    here = [node for node in nodes if node[0] == place]
    skippers = {
        node[0]
        for node in nodes
        if node[0] < place
        for _, target in walk.edges(node)
        if target[0] > place and target in winning
    }
    bypassed = tuple(dict.fromkeys(walk.steps[skipper].module for skipper in sorted(skippers)))
    if not here or not step.module:
        return Course("never", bypassed)
    caught = [before for before in range(place) if walk.catches(before, place, nodes)] if walk.kind == "auth" else ()
    return Course(
        "conditional" if bypassed else "always", bypassed, walk.overridden(place, here, winning), tuple(caught)
    )


class Walk:
    """The graph of a stack: nodes are places with the dispatcher's state, edges what a module may answer."""

    def __init__(self, steps: Sequence[Step], kind: str) -> None:
        self.steps = steps
        self.kind = kind
        self._known: dict[tuple[Node, bool], tuple[tuple[str, Node], ...]] = {}

    def edges(self, node: Node, refusing: frozenset[int] = frozenset()) -> tuple[tuple[str, Node], ...]:
        """Give code and target for each answer that leads to another target; `refusing` places say no."""
        key = (node, node[0] in refusing)
        if key not in self._known:
            self._known[key] = tuple({target: (code, target) for code, target in self._moves(*key)}.values())
        return self._known[key]

    def _moves(self, node: Node, refuses: bool) -> Iterator[tuple[str, Node]]:
        place, state = node
        if place >= len(self.steps):
            return
        step = self.steps[place]
        if not step.module:
            yield "", self._entered(place, place + 1, state)
            return
        codes = self._answers(place)
        if refuses:
            codes = [code for code in codes if code in _REFUSALS or code == UNKNOWN_MODULE]
        actions = dict(step.actions)
        for code in codes:
            yield code, self.target(place, state, code, actions[code])

    def _answers(self, place: int) -> list[str]:
        step = self.steps[place]
        if not step.installed:
            return [UNKNOWN_MODULE]
        if step.module == "pam_permit":
            return [SUCCESS]
        if step.module == "pam_deny":
            return [_DENIES[self.kind]]
        if step.module == "pam_rootok" and self.kind in ("auth", "account"):
            return ["auth_err"]  # Where root is let through, nothing is gained that root had not.
        return [SUCCESS, IGNORE, NEW_AUTHTOK_REQD, *_REFUSALS]

    def target(self, place: int, state: State, code: str, action: str) -> Node:
        """Give the place and state after a module answered `code`, on which the control says `action`."""
        impression, good, saved = state
        level = self.steps[place].level
        target = place + 1
        if action in ("ok", "done"):
            if impression == 0 or (impression == 1 and good):
                impression, good = 1, code == SUCCESS
            if impression == 1 and action == "done":
                target = self._end_of_level(place)
        elif action in ("bad", "die"):
            impression, good = -1, False
            if action == "die":
                target = self._end_of_level(place)
        elif action == "reset":
            impression, good = saved[level] if level < len(saved) else (0, False)
        elif action.isdigit():
            target, left = self._jump(place, int(action))
            if left:
                impression, good = -1, False
        return self._entered(place, target, (impression, good, saved))

    def _entered(self, place: int, target: int, state: State) -> Node:
        """Remember the verdict on entering a substack; forget those of levels that were left."""
        impression, good, saved = state
        level = self.steps[target].level if target < len(self.steps) else 0
        if level > self.steps[place].level:
            saved = (*saved[:level], *((0, False),) * (level - len(saved)), (impression, good))
        return target, (impression, good, saved[: level + 1])

    def _end_of_level(self, place: int) -> int:
        target = place + 1
        while target < len(self.steps) and self.steps[target].level >= self.steps[place].level:
            target += 1
        return target

    def _jump(self, place: int, count: int) -> tuple[int, int]:
        """Give where a jump over `count` modules leads (a substack counts as one), and how many were lacking."""
        level, last = self.steps[place].level, place
        size = len(self.steps)
        while last + 1 < size and self.steps[last + 1].level >= level and count:
            last += 1
            while last + 1 < size and self.steps[last + 1].level > level:
                last += 1
            count -= 1
        return last + 1, count

    def nodes(self, start: Node, refusing: frozenset[int] = frozenset()) -> set[Node]:
        """Give all nodes that can be reached."""
        found = {start}
        ahead = [start]
        while ahead:
            fresh = {target for _, target in self.edges(ahead.pop(), refusing)} - found
            found |= fresh
            ahead += fresh
        return found

    def winning(self, start: Node, refusing: frozenset[int] = frozenset()) -> set[Node]:
        """Give the nodes from which the stack can still end in success."""
        found: set[Node] = set()
        # Every edge leads to a later place: the last nodes are settled first.
        for node in sorted(self.nodes(start, refusing), key=itemgetter(0), reverse=True):
            targets = self.edges(node, refusing)
            if succeeds(node, len(self.steps)) or any(target in found for _, target in targets):
                found.add(node)
        return found

    def overridden(self, place: int, here: Sequence[Node], winning: set[Node]) -> tuple[str, ...]:
        """Give the fewest later modules without whose consent a refusal here stays one."""
        step = self.steps[place]
        actions = dict(step.actions)
        no = {UNKNOWN_MODULE, *_REFUSES.get(step.module, _REFUSALS)}
        codes = [code for code in self._answers(place) if code in no]
        refused = {self.target(place, node[1], code, actions[code]) for node in here for code in codes} & winning
        if not refused:
            return ()
        later = [
            each for each in range(place + 1, len(self.steps)) if self.steps[each].module not in ("", "pam_permit")
        ]
        if self._wins(refused, frozenset(later)):
            return (step.module,)
        needed = set(later)
        for each in later:
            if not self._wins(refused, frozenset(needed - {each})):
                needed.discard(each)
        return tuple(dict.fromkeys(self.steps[each].module for each in sorted(needed)))

    def _wins(self, nodes: Collection[Node], refusing: frozenset[int]) -> bool:
        return any(node in self.winning(node, refusing) for node in nodes)

    def catches(self, before: int, place: int, nodes: Collection[Node]) -> bool:
        """True when a wrong password at `before` leads to `place` on every way on which the stack fails."""
        step = self.steps[before]
        if not step.module or not step.installed:
            return False
        action = dict(step.actions)["auth_err"]
        refused = {self.target(before, node[1], "auth_err", action) for node in nodes if node[0] == before}
        open_ends = list(refused)
        seen = set(open_ends)
        while open_ends:
            node = open_ends.pop()
            if node[0] == place:
                continue
            if node[0] >= len(self.steps) and not succeeds(node, len(self.steps)):
                return False
            fresh = {target for _, target in self.edges(node)} - seen
            seen |= fresh
            open_ends += fresh
        return bool(refused)

"""Claims with a wrong number: what a document calls a control, compared with the titles of its catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from scanner.model.errors import Problem
from scanner.model.profile import Catalogue, Control
from scanner.model.suppression import Claim

_STEM = 4
"""Letters of a word that are compared, so that `encryption` is like `encrypt`, and `testing` like `tested`."""
_SAME = {
    "rest": "stor",
    "rbac": "role",
    "logs": "log",
    "rest…": "reco",
    "iden…": "acco",
    "audi…": "log",
    "logg…": "log",
    "tran…": "wire",
}
"""A word, or a stem with an ellipsis, > the stem of what means the same: data at rest is stored, an audit trail a log."""
_FILLERS = frozenset(
    re.findall(
        r"\w+",
        "about after against all and any are both data each ensure establish every for from have into maintain manage "
        "management not other process secure security system systems that the their them then this use used using "
        "via with your",
    )
)
_LIKENESS = 0.5
"""Share of the words of a document's title that another control must have to be suggested."""


def misnumbered(claims: Iterable[Claim], catalogues: Mapping[str, Catalogue]) -> list[Problem]:
    """Find claims whose title shares no word with the control of their number.

    The control of the same catalogue that shares most words is suggested. Claims without a title, and those
    whose control does not exist, are passed over.
    """
    found: list[Problem] = []
    for claim in claims:
        name, _, number = claim.control.partition("/")
        catalogue = catalogues.get(name)
        control = catalogue.control(number) if catalogue else None
        words = _words(claim.title)
        if catalogue is None or control is None or not words or words & _words(control.title):
            continue
        what = f"the document calls {number} '{claim.title}', which is '{control.title}' in {name}"
        ranked = sorted(catalogue.controls, key=lambda other: (-_likeness(words, other), len(_words(other.title))))
        best = _likeness(words, ranked[0])
        likely = [f"{other.id}, '{other.title}'" for other in ranked[:2] if _likeness(words, other) == best]
        todo = f"perhaps {', or '.join(likely)}, is meant" if best >= _LIKENESS else "check the number"
        found.append(Problem(claim.path, claim.line, what, todo))
    return found


def _words(text: str) -> frozenset[str]:
    words = re.findall(r"[a-z0-9]{3,}", text.lower())
    known = (word for word in words if word not in _FILLERS)
    return frozenset(_SAME.get(word, _SAME.get(f"{word[:_STEM]}…", word[:_STEM])) for word in known)


def _likeness(words: frozenset[str], control: Control) -> float:
    return len(words & _words(control.title)) / len(words)

"""What targets are asked for the facts of the whole estate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from scanner.model.asking import queries
from scanner.model.evidence import Query
from scanner.model.fact import Vocabulary
from scanner.model.inventory import ESTATE
from scanner.model.profile import Selected
from scanner.model.rule import Rule
from scanner.planning.expand import expand


def joint_queries(selected: Iterable[Selected], rules: Mapping[str, Rule], vocabulary: Vocabulary) -> tuple[Query, ...]:
    """Give what every target of a fitting platform is asked, because rules of scope estate need it; sorted."""
    scene = {"id": ESTATE, "platform": ESTATE}
    asked = {
        query for entry in selected if not entry.excluded for query in queries(rules[entry.rule], entry.values, scene)
    }
    base, _ = expand(sorted(asked, key=str), vocabulary)
    return tuple(query for query in base if vocabulary[query.fact].scope == "target")

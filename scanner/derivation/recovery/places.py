"""What is known of the places that hold copies: what the policy declares, and what the systems tell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import translate

from scanner.derivation.recovery.arithmetic.points import Point
from scanner.derivation.recovery.reading import text
from scanner.derivation.recovery.scene import Scene
from scanner.model.evidence import Row
from scanner.model.recovery import Place

_Locations = Mapping[tuple[str, str], Row]


def locations(scene: Scene) -> _Locations:
    """Give (target, location) > row of `backup.location`; computed once."""
    if "locations" not in scene.memory:
        scene.memory["locations"] = {
            (target, text(row.get("location"))): row
            for target, found in scene.all("backup.location")
            for row in found.rows
        }
    found: _Locations = scene.memory["locations"]
    return found


class Places:
    """The places that the policy declares; the first whose pattern fits counts."""

    def __init__(self, scene: Scene) -> None:
        self._patterns = [(re.compile(translate(place.location)), place) for place in scene.places]
        self._known: dict[str, Place | None] = {}

    def of(self, point: Point) -> Place | None:
        """Give the place in which a point lies; None where the policy declares none."""
        name = point.place
        if name not in self._known:
            self._known[name] = next((place for pattern, place in self._patterns if pattern.match(name)), None)
        return self._known[name]


def places(scene: Scene) -> Places:
    """Give the declared places of a scene; computed once."""
    if "places" not in scene.memory:
        scene.memory["places"] = Places(scene)
    found = scene.memory["places"]
    assert isinstance(found, Places)
    return found

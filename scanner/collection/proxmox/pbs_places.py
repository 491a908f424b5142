"""Datastores of a Proxmox Backup Server, and how they fill."""

from __future__ import annotations

from scanner.collection.proxmox.asking import Told, joined
from scanner.collection.proxmox.pbs_seen import STORES, Pbs
from scanner.collection.proxmox.words import JsonRow, moment, number, seconds, word
from scanner.model.evidence import ABSENT, Cell, Gap, error

_HISTORY = 5000


def locations(pbs: Pbs) -> Told:
    """Give every datastore with its room."""
    filling = {word(row.get("store")): row for row in pbs.filling.rows}
    gap = pbs.filling.gap
    rows = [_location(pbs, row, filling.get(word(row.get("store"))), gap) for row in pbs.stores.rows]
    return rows, joined(pbs.stores.gap, pbs.hidden(*STORES))


def _location(pbs: Pbs, row: JsonRow, room: JsonRow | None, gap: Gap | None) -> dict[str, Cell]:
    untold = gap or error("the list of usage leaves this datastore out")
    failure = word(room.get("error")) if room is not None else ""
    closed = pbs.closed(row) or failure
    told = word(row.get("maintenance")) or failure
    return {
        "system": "pbs",
        "location": word(row.get("store")),
        "kind": "datastore",
        "usable": False if closed else True if room is not None else untold,
        "message": closed or (f"in maintenance: {told}" if told else ABSENT),
        "total": number(room.get("total")) if room is not None else untold,
        "used": number(room.get("used")) if room is not None else untold,
        "encryption": ABSENT,
        "storage_class": ABSENT,
        "immutable": ABSENT,
        "transport": "tls",
    }


def usage(pbs: Pbs) -> Told:
    """Give how much was taken, at each moment that the server remembers, and now."""
    rows: list[dict[str, Cell]] = []
    gaps = [pbs.filling.gap, pbs.hidden(*STORES)]
    for row in pbs.filling.rows:
        store, total, used = word(row.get("store")), number(row.get("total")), number(row.get("used"))
        if not isinstance(total, int) or not isinstance(used, int):
            why = word(row.get("error")) or "its size is not told"
            gaps.append(error(f"datastore {store}: {why}"))
            continue
        rows += _history(row, store, total)
        rows.append({"system": "pbs", "location": store, "at": pbs.now, "used": used, "total": total})
    return rows, joined(*gaps)


def _history(row: JsonRow, store: str, total: int) -> list[dict[str, Cell]]:
    """Turn shares of the whole into bytes; a moment without a measurement is left out."""
    start, delta, shares = seconds(row.get("history-start")), seconds(row.get("history-delta")), row.get("history")
    if not start or not delta or not isinstance(shares, list):
        return []
    rows: list[dict[str, Cell]] = []
    for at, share in enumerate(shares[:_HISTORY]):
        told = moment(start + at * delta)
        fits = isinstance(share, int | float) and not isinstance(share, bool) and 0 <= share <= 1
        if fits and isinstance(told, str):
            rows.append({"system": "pbs", "location": store, "at": told, "used": round(share * total), "total": total})
    return rows

"""Reads what `kubectl get … -o json` left in a folder, a file a resource, with `export.json` to vouch for them."""

from __future__ import annotations

from typing import Any

from scanner.collection.exported.freshness import collected, stale
from scanner.collection.exported.values import at, mappings, moment, parsed, text, word
from scanner.collection.kubernetes.resources import ALL, Cluster, Found, Resource
from scanner.model.evidence import Gap, error, unknown
from scanner.transport.dropped import Dropped, Folder

SCHEMA = "kubernetes-export/1"
HEAD = "export.json"


def read(folder: Folder, now: str) -> Cluster:
    """Read the folder; `now` is our clock. Raises a CollectionError when it cannot be listed."""
    where = folder.settings.get("folder", "the folder")
    files = {each.name.casefold(): each for each in folder.files([HEAD, *(f"{each.name}.json" for each in ALL)])}
    cluster = Cluster("file", text(None), asked=f"read the output of kubectl in {where}")
    if not files:
        cluster.gap = error(f"there is no export in the folder (no {HEAD} and no list: does the scheduled task run?)")
        return cluster
    head, doubt = _head(files.get(HEAD))
    cluster.version = text(head.get("version"), "version") if head or doubt is None else doubt
    told = moment(head.get("collected_at"), "collected_at")
    for resource in ALL:
        file = files.get(f"{resource.name}.json")
        cluster.lists[resource] = _found(resource, file, head, doubt, (told, now), folder)
    times = [collected(told if isinstance(told, str) else "", each.modified_at) for each in files.values()]
    cluster.collected_at = min(filter(None, times), default="")
    return cluster


def _unread(file: Dropped) -> Gap:
    reason = f"{file.name}: {file.failure}"
    return unknown(reason, f"the right to read {file.name}") if file.denied else error(reason)


def _head(file: Dropped | None) -> tuple[dict[str, Any], Gap | None]:
    """Read what vouches for the lists, with the reason why it does not."""
    if file is None:
        reason = (
            f"nothing says that the lists are of all namespaces, and whole (no {HEAD}: use the script of the manual)"
        )
        return {}, unknown(reason)
    if file.failure:
        return {}, _unread(file)
    try:
        head = parsed(file.data)
    except ValueError as problem:
        return {}, error(f"{file.name}: {problem}")
    if not isinstance(head, dict) or head.get("schema") != SCHEMA:
        return {}, error(f"{file.name}: is no {SCHEMA}")
    if not isinstance(moment(head.get("collected_at")), str):
        return {}, error(f"{file.name}: collected_at is missing, or is no time with its zone")
    if head.get("namespaces") != "all":
        return head, unknown(f"{file.name}: the lists are not of all namespaces")
    return head, None if head.get("complete") is True else error(f"{file.name}: it does not call itself complete")


def _found(
    resource: Resource,
    file: Dropped | None,
    head: dict[str, Any],
    doubt: Gap | None,
    times: tuple[object, str],
    folder: Folder,
) -> Found:
    told, now = times
    state = word(at(head, "resources", resource.name))
    made = told if isinstance(told, str) else ""
    if state == "missing":
        gap = stale(HEAD, made, now, folder.settings)
        lacks = [each for each in (gap, doubt) if each is not None]
        return Found(gaps=lacks) if lacks else Found(installed=False)
    if state == "denied":
        gap = unknown(f"{resource.name}: refused to the export", f"list {resource.name} in all namespaces")
        return Found(gaps=[gap], denied=True)
    if file is None:
        return Found(gaps=[error(f"{resource.name}: the export does not have it")])
    if file.failure:
        return Found(gaps=[_unread(file)])
    if gap := stale(file.name, collected(made, file.modified_at), now, folder.settings):
        return Found(gaps=[gap])
    try:
        document = parsed(file.data)
    except ValueError as problem:
        return Found(gaps=[error(f"{file.name}: {problem}")])
    items = at(document, "items")
    if not isinstance(items, list) or not word(at(document, "kind")).endswith("List"):
        return Found(gaps=[error(f"{file.name}: is no list as kubectl get -o json writes it")])
    found = Found(mappings(items))
    if len(found.items) < len(items):
        found.gaps.append(error(f"{file.name}: the list holds things that are no objects"))
    if at(document, "metadata", "continue"):
        found.gaps.append(error(f"{file.name}: it is the first page of a longer list"))
    if state not in ("", "ok"):
        found.gaps.append(error(f"{file.name}: the export says of it: {state[:60]}"))
    elif doubt is not None or state != "ok":
        found.gaps.append(doubt or error(f"{HEAD}: it does not name {resource.name}"))
    return found

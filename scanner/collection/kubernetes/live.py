"""Asks the API of a cluster for whole lists, page by page; refused ones name the right that is missing."""

from __future__ import annotations

from scanner.collection.exported.values import at, mappings, text, word
from scanner.collection.kubernetes.resources import ALL, Cluster, Found, Resource
from scanner.model.evidence import error, unknown
from scanner.transport.api import Api, Response

_PAGE = "500"
_MOST = 200_000
_GONE = 410


def ask(api: Api) -> Cluster:
    """Ask for every resource; raises a CollectionError when the cluster is out of reach."""
    response = api.get("/version")
    cluster = Cluster("asked", text(at(response.data, "gitVersion"), "gitVersion"), now=response.server_time)
    cluster.asked = "; ".join(f"GET {each.path(each.versions[0])}/{each.plural}" for each in ALL)
    for resource in ALL:
        cluster.lists[resource] = _list(api, resource)
    return cluster


def _list(api: Api, resource: Resource) -> Found:
    for version in resource.versions:
        found = _pages(api, resource, version)
        if found.installed:
            return found
    return _absent(api, resource)


def _absent(api: Api, resource: Resource) -> Found:
    """Tell a resource that is not installed from one that is served in a version that we do not know."""
    if not resource.group:
        return Found(gaps=[error(f"{resource.name}: the API does not know it (is this a cluster's address?)")])
    response = api.get(f"/apis/{resource.group}")
    if response.missing:
        return Found(installed=False)
    if response.failure:
        return _refused(resource, response)
    served = [word(each.get("version")) for each in mappings(at(response.data, "versions"))]
    others = [each for each in served if each not in resource.versions]
    if served and not others:
        # The group is there in the versions that we know, so this kind is truly not among its own.
        return Found(installed=False)
    reason = (
        f"{resource.name}: the cluster serves {', '.join(others) or 'no version'}, and we read {resource.versions[0]}"
    )
    return Found(gaps=[error(reason)])


def _refused(resource: Resource, response: Response) -> Found:
    if response.denied:
        gap = unknown(f"{resource.name}: {response.failure or 'refused'}", f"list {resource.name} in all namespaces")
        return Found(gaps=[gap], denied=True)
    return Found(gaps=[error(f"{resource.name}: {response.failure or 'the answer is no list'}")])


def _pages(api: Api, resource: Resource, version: str) -> Found:
    """Read all pages; a list that went stale on the way (410) is begun once more."""
    found, more, again = Found(), "", True
    path = f"{resource.path(version)}/{resource.plural}"
    while True:
        response = api.get(path, {"limit": _PAGE, **({"continue": more} if more else {})})
        if response.missing and not more:
            return Found(installed=False)
        if response.status == _GONE and more and again:
            found, more, again = Found(), "", False
            continue
        items = at(response.data, "items")
        if response.failure or not isinstance(items, list):
            refused = _refused(resource, response)
            return Found(found.items, refused.gaps, denied=refused.denied)
        page = mappings(items)
        found.items += page
        if len(page) < len(items):
            found.gaps.append(error(f"{resource.name}: the list holds things that are no objects"))
        following = at(response.data, "metadata", "continue")
        if not following:
            return found
        if not isinstance(following, str) or following == more or len(found.items) > _MOST:
            found.gaps.append(error(f"{resource.name}: after {len(found.items)} objects the list had no end"))
            return found
        more = following

"""Asks pgBackRest for its catalogue, and its repositories for what really lies there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scanner.collection.answer import Answer
from scanner.collection.backup import visit
from scanner.collection.backup.pgbackrest_listing import Listing
from scanner.collection.backup.pgbackrest_rows import Copy, Stanza, evidence
from scanner.collection.backup.server import server
from scanner.collection.backup.values import OddError, document, mapping, objects, text, whole, words
from scanner.collection.backup.visit import LOUD, Found, Section
from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.collection.linux.script import Script
from scanner.collection.linux.text import quoted
from scanner.model.evidence import Gap, Query, error
from scanner.transport.shell import Limits
from scanner.transport.tool import Tool

FACTS = ("backup.server", "backup.location", "backup.restore_point", "backup.log_archive")

NEEDS = "the account that owns the repository, such as postgres or pgbackrest"

# Stanzas of the settings are asked for by name as well: a repository that is gone makes a list of all just empty.
_SCRIPT = (
    LOUD
    + r"""
pg() { pgbackrest "$@" --log-level-console=off --log-level-file=off --log-level-stderr=warn; }
command -v pgbackrest >/dev/null || exit 127
only=@stanza@
ask version pgbackrest version
if [ -n "$only" ]; then
  ask info pg info --output=json --stanza="$only"
  info=$(pg info --output=json --stanza="$only" 2>/dev/null | tr -dc ' -~')
else
  ask info pg info --output=json
  info=$(pg info --output=json 2>/dev/null | tr -dc ' -~')
  cat /etc/pgbackrest.conf /etc/pgbackrest/pgbackrest.conf /etc/pgbackrest/conf.d/*.conf 2>/dev/null |
    sed -n 's/^\[\([^]:]*\)[]:].*/\1/p' | grep -v '^global$' | sort -u | head -n 100 |
    while read -r stanza; do
      case $info in *"\"name\":\"$stanza\""*) ;; *) ask "stanza $stanza" pg info --output=json --stanza="$stanza" ;; esac
    done
fi
printf '%s\n' "$info" | grep -o '"key":[0-9]*' | sort -u | head -n 20 | while IFS=: read -r _ repo; do
  if [ -n "$only" ]; then printf '%s\n' "$only"; else
    { pg repo-ls --repo="$repo" archive; pg repo-ls --repo="$repo" backup; } 2>/dev/null | sort -u | head -n 100
  fi | while read -r stanza; do
    [ -n "$stanza" ] || continue
    ask "wal $repo $stanza" pg repo-ls --repo="$repo" --recurse --output=json "archive/$stanza"
    pg repo-ls --repo="$repo" --recurse --filter='\.history$' "archive/$stanza" 2>/dev/null | head -n 100 |
      while read -r file; do
        [ -n "$file" ] && ask "history $repo $stanza/$file" pg repo-get --repo="$repo" "archive/$stanza/$file"
      done
    ask "labels $repo $stanza" pg repo-ls --repo="$repo" "backup/$stanza"
    pg repo-ls --repo="$repo" --filter='^[0-9]{8}-[0-9]{6}F' "backup/$stanza" 2>/dev/null | head -n 500 |
      while read -r label; do
        [ -n "$label" ] &&
          ask "manifest $repo $stanza/$label" pg repo-ls --repo="$repo" --filter='^backup\.manifest$' "backup/$stanza/$label"
      done
  done
done
exit 0
"""
)


def probes(settings: Mapping[str, str]) -> list[Probe]:
    """Give the one probe: the catalogue first, then a loop over repositories and stanzas."""
    script = _SCRIPT.replace("@stanza@", quoted(settings.get("stanza", "")))
    return [Probe("pgbackrest", script, timeout=240, limit=56 * 2**20)]


def describe(queries: Sequence[Query], settings: Mapping[str, str] | None = None) -> Script:
    """Give the script that is run; without settings that of all stanzas."""
    return visit.describe(probes, settings or {})


def collect(queries: Sequence[Query], client: Tool, limits: Limits) -> Answer:
    """Ask; whatever goes wrong becomes gaps, never an exception."""
    return visit.collect(queries, client, limits, probes, lambda settings: read)


@dataclass(slots=True)
class _Told:
    """What the calls of the probe said, by what they were about."""

    stanzas: dict[str, Stanza] = field(default_factory=dict)
    version: str = ""
    gap: Gap | None = None


def read(outputs: Mapping[str, Output], session: Session) -> dict[str, Found]:
    """Read what the probe brought."""
    output = output_of(outputs, "pgbackrest")
    calls = visit.sections(output)
    told = _Told(gap=visit.failure("pgbackrest", output, NEEDS))
    by_label: dict[str, Section] = {}
    for call in calls:
        by_label.setdefault(call.label, call)
    told.version = next(iter(re.findall(r"pgBackRest (\S+)", _body(by_label, "version"))), "")
    for call in calls:
        if call.label == "info" or call.label.startswith("stanza "):
            _catalogue(told, call)
    if told.gap is None and not told.stanzas:
        told.gap = error(
            "pgbackrest lists no stanza (the repository is not where the settings say, holds nothing, "
            "or the settings name no stanza)"
        )
    for stanza in told.stanzas.values():
        for copy in stanza.copies.values():
            _look(copy, stanza.name, by_label)
    name = f"pgBackRest {told.version}".strip()
    found = evidence(list(told.stanzas.values()), told.gap, NEEDS)
    return {"backup.server": server(name, told.version, session, told.gap, found), **found}


def _body(calls: Mapping[str, Section], label: str) -> str:
    return calls[label].text if label in calls else ""


def _catalogue(told: _Told, call: Section) -> None:
    """Take the stanzas of one `info`; words before the JSON are warnings."""
    if call.status != 0:
        told.gap = told.gap or (
            error("the probe ended within pgbackrest info")
            if call.status is None
            else visit.refused("pgbackrest info", call.text, call.status, NEEDS)
        )
        return
    start = re.search(rb"(?m)^[\[{]", call.body)
    try:
        for each in objects(document(call.body[start.start() :] if start else b"")):
            stanza = _stanza(each)
            told.stanzas.setdefault(stanza.name, stanza)
    except OddError as problem:
        told.gap = told.gap or error(f"pgbackrest info: {problem}")


def _stanza(told: Mapping[str, Any]) -> Stanza:
    name = text(told.get("name"), 200)
    if not name:
        raise OddError("a stanza has no name")
    stanza = Stanza(name)
    for repo in objects(told.get("repo", [])):
        key = whole(repo.get("key"))
        if key is None:
            raise OddError("a repository has no key")
        status = mapping(repo.get("status"))
        stanza.copies[key] = Copy(
            key, text(repo.get("cipher")), whole(status.get("code")), words(status.get("message"), 300)
        )
    for each in objects(told.get("db", [])):
        _of(stanza, each.get("repo-key"), "databases").append(each)
    for kind in ("archive", "backup"):
        for each in objects(told.get(kind, [])):
            _of(stanza, mapping(each.get("database")).get("repo-key"), f"{kind}s").append(each)
    return stanza


def _of(stanza: Stanza, key: object, kind: str) -> list[Mapping[str, Any]]:
    """Give the list of a repository that what names it belongs to; very old versions name none, and have just one."""
    number = whole(key)
    known = stanza.copies.get(1 if number is None else number)
    if known is None:
        raise OddError("something belongs to a repository that is not listed")
    found: list[Mapping[str, Any]] = getattr(known, kind)
    return found


def _look(copy: Copy, stanza: str, calls: Mapping[str, Section]) -> None:
    """Put beside the catalogue what lies in the repository."""
    wal = calls.get(f"wal {copy.key} {stanza}")
    copy.listing, copy.lost = _listing(wal)
    for number in copy.listing.histories:
        for file in copy.listing.histories[number]:
            call = calls.get(f"history {copy.key} {stanza}/{file}")
            copy.histories[file] = call.text if call and call.status == 0 else None
    labels = calls.get(f"labels {copy.key} {stanza}")
    copy.labels = set(labels.text.split()) if labels and labels.status == 0 else None
    for label in copy.labels or ():
        call = calls.get(f"manifest {copy.key} {stanza}/{label}")
        if call and call.status == 0 and "backup.manifest" in call.text.split():
            copy.whole.add(label)
        elif call is None or call.status != 0:
            copy.unseen.add(label)


def _listing(call: Section | None) -> tuple[Listing, Gap | None]:
    if call is None or call.status is None:
        return Listing(), error("the repository's archive was not listed")
    if call.status != 0:
        return Listing(), visit.refused("pgbackrest repo-ls", call.text, call.status, NEEDS)
    try:
        return Listing.of(call.body), None
    except OddError as problem:
        return Listing(), error(f"pgbackrest repo-ls: {problem}")

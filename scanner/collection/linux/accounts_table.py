"""Tables of colon-separated lines such as passwd(5): what is odd in them is named, never dropped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from scanner.collection.linux.plainfile import trouble
from scanner.collection.linux.probe import Output
from scanner.model.evidence import Gap, error

_ID = re.compile(r"[0-9]{1,10}")
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """One well-formed line; a field is None where its bytes are not UTF-8."""

    line: int
    fields: tuple[str | None, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The fields, where the broken ones do not matter."""
        return tuple(text or "" for text in self.fields)


@dataclass(frozen=True, slots=True)
class Table:
    """The lines of one file: entries, what was odd, or why there is nothing."""

    path: str
    entries: tuple[Entry, ...] = ()
    odd: tuple[tuple[int, str], ...] = ()
    """Line number, and what is odd in it."""
    lost: Gap | None = None

    def gap(self, also: Sequence[tuple[int, str]] = ()) -> Gap | None:
        """Give why the entries are not all that the file says; `also` are oddities found later."""
        if self.lost is not None:
            return self.lost
        odd = sorted({*self.odd, *also})
        if not odd:
            return None
        named = "; ".join(f"{self.path}:{line}: {what}" for line, what in odd[:_SHOWN])
        more = f"; and {len(odd) - _SHOWN} more such lines" if len(odd) > _SHOWN else ""
        return error(f"{named}{more}")


def table_script(path: str, fields: int, prepare: str, kept: str) -> str:
    """Give a fragment that prints each line of a table as `=FIELDS`, an odd one as `?` with the reason.

    `prepare` is awk run on a good line, `kept` the awk expressions of the fields to print: a secret leaves neither
    a good line nor an odd one.
    """
    return f"""awk -F: '
/^[+-]/ {{ print "?nis"; next }}
NF != {fields} {{ print "?" NF; next }}
{{ {prepare}print "=" {' ":" '.join(kept.split())} }}' <{path}"""


def read_table(output: Output, path: str, fields: int, printed: int, lenient: Sequence[int] = ()) -> Table:
    """Take the output of a `table_script` apart.

    `printed` is how many of the `fields` are kept, `lenient` are positions whose bytes need not be UTF-8.
    """
    lost = trouble(output, path)
    if lost is None and output.status != 0:
        lost = error(f"{path} does not exist")
    if lost is not None:
        return Table(path, lost=lost)
    entries: list[Entry] = []
    odd: list[tuple[int, str]] = []
    lines = output.stdout.removesuffix(b"\n").split(b"\n") if output.stdout else []
    for number, raw in enumerate(lines, 1):
        cells = tuple(_text(cell) for cell in raw[1:].split(b":"))
        if not raw.startswith(b"="):
            odd.append((number, _oddity(raw[1:].decode("utf-8", "replace"), fields)))
        elif len(cells) != printed:
            odd.append((number, "the probe printed it in another form"))
        elif any(cell is None and place not in lenient for place, cell in enumerate(cells)):
            odd.append((number, "it holds bytes that are not UTF-8"))
        elif not cells[0]:
            odd.append((number, "it has no name"))
        else:
            entries.append(Entry(number, cells))
    return Table(path, tuple(entries), tuple(odd))


def number_of(text: str) -> int | None:
    """Give a uid or gid (0 to 2³²-1); None for anything else."""
    if not _ID.fullmatch(text):
        return None
    value = int(text)
    return value if value < 2**32 else None


def _text(raw: bytes) -> str | None:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None


def _oddity(what: str, fields: int) -> str:
    if what == "nis":
        return "it takes entries from a directory service (compat syntax), which this list does not hold"
    if what == "0":
        return "it is blank"
    return f"it has {what} fields instead of {fields}"

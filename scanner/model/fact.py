"""Facts: named, typed tables that can be asked of a target, declared as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar, overload

from scanner.model.errors import ConfigurationError, near

_T = TypeVar("_T")


class Shape(StrEnum):
    """How many rows a fact answers with."""

    ONE = "one"
    """Exactly one row per target."""
    LOOKUP = "lookup"
    """One row per asked key; a key that is not there gives a row with `present: false`."""
    LIST = "list"
    """Any number of rows, possibly none."""


class Kind(StrEnum):
    """The type of a field; `Type` adds lists and enum literals."""

    TEXT = "text"
    ENUM = "enum"
    INT = "int"
    BOOL = "bool"
    DURATION = "duration"
    """Seconds as a number in evidence; `90d`, `1h30m` in YAML."""
    SIZE = "size"
    """Bytes as an int in evidence; `10 MiB` in YAML."""
    TIME = "time"
    """RFC 3339 text in UTC in evidence."""
    VERSION = "version"
    MODE = "mode"
    """Octal text of four digits such as `0644`."""
    ADDRESS = "address"
    """An IPv4 or IPv6 address, or a network in CIDR form."""
    MAP = "map"
    """A map of text to text."""


@dataclass(frozen=True, slots=True)
class Type:
    """A field's type: a kind, perhaps a list of it, and the literals of an enum."""

    kind: Kind
    many: bool = False
    literals: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Render as rule authors write it: `text`, `list[text]`, `enum[a, b]`."""
        inner = f"enum[{', '.join(self.literals)}]" if self.kind is Kind.ENUM else self.kind.value
        return f"list[{inner}]" if self.many else inner


TEXT = Type(Kind.TEXT)
INT = Type(Kind.INT)
BOOL = Type(Kind.BOOL)
DURATION = Type(Kind.DURATION)
SIZE = Type(Kind.SIZE)
TIME = Type(Kind.TIME)
VERSION = Type(Kind.VERSION)
MODE = Type(Kind.MODE)
ADDRESS = Type(Kind.ADDRESS)
MAP = Type(Kind.MAP)
TEXTS = Type(Kind.TEXT, many=True)


def enum(*literals: str) -> Type:
    """Give the enum type of these literals."""
    return Type(Kind.ENUM, literals=literals)


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a fact; `sensitive` cells are masked before evidence is stored."""

    name: str
    type: Type
    says: str
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something a query may (or must) give in `where`."""

    name: str
    type: Type
    says: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class Need:
    """A privilege that a fact takes: `kind` such as root, role or iam, `name` the one of that kind."""

    kind: str
    name: str
    why: str = ""
    platforms: tuple[str, ...] = ()
    """Platforms on which it is needed, of a fact that several answer; empty for all of them."""

    def on(self, platform: str) -> bool:
        """Tell whether a platform asks for it; IAM actions are those of AWS alone."""
        return platform in self.platforms if self.platforms else self.kind != "iam" or platform == "aws"

    def __str__(self) -> str:
        """Render as it stands in reasons: `root`, `role pg_monitor`, `s3:GetBucketPolicy`."""
        return self.name if self.kind in (self.name, "iam") else f"{self.kind} {self.name}"


ROOT = Need("root", "root")


@dataclass(frozen=True, slots=True)
class Input:
    """A fact that a derived fact is computed from.

    `where` maps the input's parameters to the derived query's parameters; `fixed` gives them outright.
    """

    fact: str
    where: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FactSpec:
    """The declaration of one fact: everything a rule's author and a collector must agree on."""

    name: str
    says: str
    shape: Shape
    platforms: tuple[str, ...]
    fields: tuple[Field, ...]
    keys: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    needs: tuple[Need, ...] = ()
    inputs: tuple[Input, ...] = ()
    scope: str = "target"
    """`target`, or `estate` for facts about the whole inventory."""
    example: Mapping[str, object] = field(default_factory=dict)
    shows: tuple[str, ...] = ()
    """Fields that a finding about a row tells too, beside those that its rule looked at: neither absent nor empty ones."""
    tells: tuple[str, ...] = ()
    """Fields that it tells before these, whatever they hold."""
    tagged: tuple[str, ...] = ()
    """Facts whose field `tags` tells the tags of the resources that rows are about, joined by `arn`; see `tag_facts`."""
    unused: str = ""
    """Why no shipped rule uses this fact, for the parity test; empty when one does."""

    @property
    def derived(self) -> bool:
        """True when the fact is computed from other facts instead of being asked."""
        return bool(self.inputs)

    @property
    def tag_facts(self) -> tuple[str, ...]:
        """Facts that tell the tags of what rows are about: those of `tagged`, else itself where it has a map `tags`."""
        return self.tagged or ((self.name,) if self.own_tags else ())

    @property
    def own_tags(self) -> bool:
        """True when the field `tags` of a row holds the tags of the resource itself."""
        if self.tagged not in ((), (self.name,)):
            return False
        return any(each.name == "tags" and each.type == MAP for each in self.fields)

    def field(self, name: str) -> Field | None:
        """Give the field of that name, or None."""
        return next((candidate for candidate in self.fields if candidate.name == name), None)

    def parameter(self, name: str) -> Parameter | None:
        """Give the parameter of that name, or None."""
        return next((candidate for candidate in self.parameters if candidate.name == name), None)


class Vocabulary(Mapping[str, FactSpec]):
    """All facts that rules may name: the built-in ones and those of plug-ins."""

    def __init__(self, specs: Iterable[FactSpec]) -> None:
        self._specs: dict[str, FactSpec] = {}
        for spec in specs:
            if spec.name in self._specs:
                raise ConfigurationError(f"{spec.name}: two facts have this name (rename the plug-in's)")
            self._specs[spec.name] = spec

    def __getitem__(self, name: str) -> FactSpec:
        """Give the spec; an unknown name is a ConfigurationError with a near word."""
        try:
            return self._specs[name]
        except KeyError:
            raise ConfigurationError(f"no fact is called '{name}'{near(name, self._specs)}") from None

    @overload
    def get(self, name: str, default: None = None, /) -> FactSpec | None: ...
    @overload
    def get(self, name: str, default: _T, /) -> FactSpec | _T: ...
    def get(self, name: str, default: object = None, /) -> object:
        """Give the spec, or `default` where no fact has that name: findings speak of values, too."""
        return self._specs.get(name, default)

    def __contains__(self, name: object) -> bool:
        """True when a fact of that name is declared."""
        return name in self._specs

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names in the order of declaration."""
        return iter(self._specs)

    def __len__(self) -> int:
        """Count the facts."""
        return len(self._specs)

"""Drill records: restores that were really done, as people and tools write them down (`drill-record/1`)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema, model_validator

SCHEMA: Final = "drill-record/1"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)")
_LONGEST = 366 * 86_400.0
_EARLIEST = 1990


def _moment(text: str) -> str:
    if not _MOMENT.fullmatch(text):
        raise ValueError("this is no time with its zone (write it as 2026-11-20T02:00:00Z)")
    try:
        when = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("this is no moment of the calendar") from None
    if when.year < _EARLIEST:
        raise ValueError("this lies too far back to be meant")
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError("the text is empty (write it, or drop the key)")
    return text


Moment = Annotated[str, AfterValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
Text = Annotated[str, Field(max_length=2_000, min_length=1), AfterValidator(_filled)]
Seconds = Annotated[float, Field(ge=0, le=_LONGEST, allow_inf_nan=False, strict=False)]


class Shape(BaseModel):
    """A map with known keys and typed values; nothing is converted behind the author's back."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Point(Shape):
    """The restore point that was used."""

    id: Text = Field(description="its id in the backup system")
    data_time: Moment | None = Field(default=None, description="moment of the data in it")


class Step(Shape):
    """A step of the restore."""

    name: Text
    seconds: Seconds | None = Field(default=None, description="how long it took")
    rc: Annotated[int, Field(ge=-(2**31), lt=2**31)] | None = Field(
        default=None, description="exit code; anything but 0 is a failed step"
    )


class Check(Shape):
    """A check of what was restored."""

    kind: Literal["integrity", "function", "performance"]
    result: Literal["passed", "failed"]
    name: Text | None = Field(default=None, description="what was looked at, such as a query")
    at: Moment | None = Field(
        default=None, description="when it was decided; of the first function check it is the RTO"
    )


class DrillRecord(Shape):
    """One restore that was really done."""

    schema_: Literal["drill-record/1"] = Field(alias="schema")
    kind: Literal["restore", "archive", "dr"] = Field(description="what was rehearsed; dr is the loss of a site")
    scenario: Literal["file", "vm", "database-pitr", "kubernetes", "site", "configuration"]
    asset: Text | None = Field(default=None, description="asset of the inventory")
    service_class: Text | None = Field(default=None, description="class that it stands for")
    asset_keys: Annotated[list[Text], Field(max_length=200)] = Field(
        default_factory=list, description="stable keys as restore points have them, such as pbs:store1/vm/101"
    )
    restore_point: Point | None = None
    started: Moment
    finished: Moment
    target: Text = Field(description="where it was restored to")
    to_source: bool = Field(description="true when it went over the original")
    steps: Annotated[list[Step], Field(max_length=500)] = Field(default_factory=list)
    checks: Annotated[list[Check], Field(max_length=500)] = Field(default_factory=list)
    newest_data: Moment | None = Field(
        default=None, description="newest transaction or file that was found after the restore"
    )
    size: Annotated[int, Field(ge=0, lt=2**63)] | None = Field(default=None, description="bytes restored")
    operator: Text = Field(description="who did it")
    tool: Text | None = Field(default=None, description="what it was done with, and its version")
    notes: Annotated[str, Field(max_length=20_000)] | None = None

    @model_validator(mode="after")
    def _together(self) -> DrillRecord:
        if not (self.asset or self.service_class or self.asset_keys):
            raise ValueError("it names neither asset, service_class nor asset_keys (say what was rehearsed)")
        if self.finished < self.started:
            raise ValueError("it finished before it started (check the two times)")
        late = [each.at for each in self.checks if each.at and not self.started <= each.at <= self.finished]
        if late:
            raise ValueError(f"a check was at {late[0]}, which is not within the drill (check the times)")
        if self.newest_data and self.newest_data > self.started:
            raise ValueError("the newest data restored are younger than the restore (check newest_data)")
        if self.restore_point and (self.restore_point.data_time or "") > self.started:
            raise ValueError("the restore point is younger than the restore (check restore_point.data_time)")
        return self

    @property
    def until_usable(self) -> float | None:
        """Seconds until the first function check passed; the whole drill where none tells its time, None without one."""
        passed = [each for each in self.checks if each.kind == "function" and each.result == "passed"]
        if not passed:
            return None
        first = min((each.at for each in passed if each.at), default=self.finished)
        return (datetime.fromisoformat(first) - datetime.fromisoformat(self.started)).total_seconds()

    @property
    def failed(self) -> tuple[str, ...]:
        """Kinds of checks, and names of steps, that failed."""
        kinds = [each.kind for each in self.checks if each.result == "failed"]
        steps = [f"step {each.name}" for each in self.steps if each.rc]
        return tuple(dict.fromkeys([*kinds, *steps]))

    @property
    def passed(self) -> tuple[str, ...]:
        """Kinds of checks of which one passed and none failed."""
        kinds = [each.kind for each in self.checks if each.result == "passed"]
        return tuple(dict.fromkeys(each for each in kinds if each not in self.failed))


def read_record(raw: Any) -> DrillRecord:
    """Check a record; raises ValueError with every problem, each as `where: what is wrong`."""
    try:
        return DrillRecord.model_validate(raw)
    except ValidationError as problem:
        raise ValueError("; ".join(_told(each) for each in problem.errors(include_url=False)[:8])) from None


def _told(problem: Any) -> str:
    where = ".".join(str(part) for part in problem["loc"])[:100]
    what = str(problem["msg"]).removeprefix("Value error, ")[:300]
    if problem["type"] == "extra_forbidden":
        what = "no such key is known"
    elif problem["type"] == "missing":
        what = "it is missing"
    return f"{where}: {what}" if where else what

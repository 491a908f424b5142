"""The bench of AWS: one moto server per session, estates in accounts of their own, verdicts, and denials."""

from __future__ import annotations

import functools
import logging
import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.validate import validate_parameters

from scanner.collection.aws.table import COLLECTORS
from scanner.collection.aws.visit import collect
from scanner.evaluation.judge import compile_rule
from scanner.facts.table import builtin
from scanner.model.asking import queries as queries_of
from scanner.model.evidence import Evidence, Query, Snapshot
from scanner.model.inventory import Endpoint
from scanner.model.rule import FactSubject, Rule
from scanner.operations.content import load_content
from scanner.operations.deriving import derive_all
from scanner.planning.expand import expand
from scanner.transport.aws import BotoClient, open_aws
from scanner.transport.aws_values import plain_page
from scanner.transport.cloud import Call, CloudClient, Operation, Reply
from scanner.transport.shell import Limits
from scanner.transport.sql import Failure
from tests.collection.parity import check

HOME = "eu-central-1"
REGIONS = f"{HOME},us-east-1"
LIMITS = Limits(connect=5, auth=5, run=60)
ACCOUNTS = {
    "weak": "111111111111",
    "hardened": "222222222222",
    "empty": "333333333333",
    "archived": "444444444444",
    "tagged": "555555555555",
}
"""Estate > account; what one module makes must not be seen by another, as moto keeps all accounts while it lives."""
ARCHIVES = {"weak": '{"weak-open/": {"covers": "x"}}', "hardened": '{"hard-data/": {"covers": "x"}}', "empty": ""}
"""Estate on the bench > archives that its inventory names."""
TAKEN_AT = "2026-11-20T02:00:00Z"
SUBJECTS = sorted(path.stem for path in Path(__file__).with_name("estate").glob("*.py") if path.stem != "__init__")
Maker = Callable[..., Any]
"""Takes a service, and a region unless it is the home one; gives boto3's client for the account of an estate."""


@dataclass(frozen=True, slots=True)
class Estate:
    """One account on the bench."""

    name: str
    url: str

    @property
    def account(self) -> str:
        """Number of the account."""
        return ACCOUNTS[self.name]

    def client(self, service: str, region: str = HOME) -> Any:
        """Give a client that may change things, to build the estate."""
        session = boto3.Session("test", "test", region_name=region)
        self.mark(session._session)
        return session.client(service, endpoint_url=self.url)

    def mark(self, session: botocore.session.Session) -> None:
        """Have each request of a session tell moto which account is meant."""

        def tell(request: Any, **_: Any) -> None:
            request.headers["x-moto-account-id"] = self.account

        session.get_component("event_emitter").register("before-send.*", tell)

    def scanner(self, prepare: Callable[[botocore.session.Session], None] | None = None, **options: str) -> BotoClient:
        """Give our own client of the account."""
        given = {"regions": REGIONS, "url": self.url, "archives": ARCHIVES.get(self.name, ""), **options}
        endpoint = Endpoint("aws", user="test", password="env:NONE", options=tuple(sorted(given.items())))
        client = open_aws(endpoint, lambda _: "test", LIMITS)

        def both(session: botocore.session.Session) -> None:
            self.mark(session)
            if prepare:
                prepare(session)

        client.prepare = both
        return client


@contextmanager
def served() -> Iterator[str]:
    """Start moto on a free port of the loopback, give its address, stop it.

    The account stands before the name of the host in calls of s3control: such names lead to the loopback too.
    """
    os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
    from moto.server import ThreadedMotoServer

    plain = socket.getaddrinfo

    def resolve(host: Any, *more: Any, **given: Any) -> Any:
        inside = isinstance(host, str) and host.endswith(".127.0.0.1")
        return plain("127.0.0.1" if inside else host, *more, **given)

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    socket.getaddrinfo = resolve
    try:
        yield f"http://{host}:{port}"
    finally:
        socket.getaddrinfo = plain
        server.stop()


def build(url: str) -> dict[str, Estate]:
    """Build all estates by the scripts in `estate/`; each offers `weak(client)` and `hardened(client)`."""
    estates = {name: Estate(name, url) for name in ARCHIVES}
    modules = [import_module(f"tests.aws.estate.{subject}") for subject in SUBJECTS]
    for module in sorted(modules, key=lambda each: getattr(each, "LAST", False)):
        module.weak(estates["weak"].client)
        module.hardened(estates["hardened"].client)
    return estates


def said(name: str) -> dict[Any, Any]:
    """Join what the estates' scripts say under a name, such as `VALUES` or `STUBBED`."""
    modules = (import_module(f"tests.aws.estate.{subject}") for subject in SUBJECTS)
    return {key: value for module in modules for key, value in getattr(module, name, {}).items()}


def made(estate: str) -> dict[str, Mapping[str, Any]]:
    """Give the answers that the scripts make for an estate where moto lacks the call."""
    return {operation: answers[estate] for operation, answers in said("MADE").items()}


@dataclass(slots=True)
class Replayed:
    """A client that gives the replies of an earlier visit, but denies one operation."""

    replies: Mapping[Call, Reply]
    options: Mapping[str, str]
    home: str = HOME
    denied: Operation | None = None
    failure: Failure = field(default=Failure("AccessDenied", "AccessDenied: not authorized", denied=True))
    told: Mapping[str, Mapping[str, Any] | Failure] = field(default_factory=dict)
    """Operation > what it answers instead, in the shape of the API, or how it fails."""

    def ask_all(self, calls: Sequence[Call]) -> dict[Call, Reply]:
        """Give what was said; what was not asked then is an error."""
        return {call: self._one(call) for call in calls}

    def _one(self, call: Call) -> Reply:
        if call.operation == self.denied:
            return Reply(call, failure=self.failure)
        if str(call.operation) in self.told:
            return _told(call, self.told[str(call.operation)])
        return self.replies.get(call) or Reply(call, cut="it was not asked in the recorded visit")

    def close(self) -> None:
        """Nothing is open."""


def _told(call: Call, answer: Mapping[str, Any] | Failure) -> Reply:
    """Give a made answer, held against the shape that the API's model declares."""
    if isinstance(answer, Failure):
        return Reply(call, failure=answer)
    validate_parameters(dict(answer), _shape(call.operation))
    return Reply(call, (plain_page(answer),))


@functools.cache
def _shape(asked: Operation) -> Any:
    model = botocore.session.get_session().get_service_model(asked.service)
    return model.operation_model(asked.name).output_shape


@dataclass(slots=True)
class Recorder:
    """A client that keeps every reply."""

    client: CloudClient
    replies: dict[Call, Reply] = field(default_factory=dict)
    made: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Operation > what it answers in place of moto, in the shape of the API."""

    @property
    def options(self) -> Mapping[str, str]:
        """Those of the client."""
        return self.client.options

    @property
    def home(self) -> str:
        """That of the client."""
        return self.client.home

    def ask_all(self, calls: Sequence[Call]) -> dict[Call, Reply]:
        """Ask, and keep."""
        made = {call: _told(call, self.made[str(call.operation)]) for call in calls if str(call.operation) in self.made}
        found = {**self.client.ask_all([call for call in calls if call not in made]), **made}
        self.replies.update(found)
        return found

    def close(self) -> None:
        """Close the client."""
        self.client.close()


@functools.cache
def rules() -> dict[str, Rule]:
    """Give the automated rules on AWS by id."""
    found = load_content().rules
    return {name: rule for name, rule in found.items() if "aws" in rule.platforms and not rule.manual}


@functools.cache
def operations() -> dict[str, tuple[str, ...]]:
    """Give each operation (as text) of each collector with the facts that take it."""
    found: dict[str, tuple[str, ...]] = {}
    for fact, module in COLLECTORS.items():
        for each in import_module(module).FACTS[fact]:
            found[str(each)] = (*found.get(str(each), ()), fact)
    return found


def operation(name: str) -> Operation:
    """Give an operation by its text."""
    declared = (each for fact, module in COLLECTORS.items() for each in import_module(module).FACTS[fact])
    return next(each for each in declared if str(each) == name)


def snapshot(client: CloudClient) -> Snapshot:
    """Ask everything that the rules and unused facts need, hold it against the declarations, derive the rest."""
    vocabulary = builtin()
    values = said("VALUES")
    wanted = {
        query for name, rule in rules().items() for query in queries_of(rule, _values(rule, values.get(name, {})), {})
    }
    facts = {name for name in COLLECTORS if not any(each.required for each in vocabulary[name].parameters)}
    base, derived = expand(sorted({*wanted, *(Query.of(name) for name in facts)}, key=str), vocabulary)
    answer = collect(base, client, LIMITS)
    assert answer.started, str(answer.gap)
    for each in answer.evidence:
        check(each)
    found: dict[Query, Evidence] = {each.query: each for each in answer.evidence}
    taken = derive_all(Snapshot("aws", TAKEN_AT, found, answer.identity), derived, vocabulary)
    for query in derived:
        check(taken.get(query))
    return taken


def verdicts(taken: Snapshot) -> dict[str, str]:
    """Give rule > outcome, with the values that the estates set."""
    values, vocabulary = said("VALUES"), builtin()
    return {
        name: str(compile_rule(rule, _values(rule, values.get(name, {})), vocabulary)(taken.get, {"id": "aws"}).outcome)
        for name, rule in rules().items()
    }


def _values(rule: Rule, own: Mapping[str, Any]) -> dict[str, Any]:
    return {**{name: value.default for name, value in rule.values.items()}, **own}


def depends(rule: Rule) -> set[str]:
    """Give the asked facts that a rule is decided by, also through derived ones."""
    asked = {each.subject.fact for each in rule.assertions() if isinstance(each.subject, FactSubject)}
    return _asked(asked)


def _asked(facts: set[str]) -> set[str]:
    vocabulary = builtin()
    found: set[str] = set()
    for name in facts:
        spec = vocabulary[name]
        found |= _asked({each.fact for each in spec.inputs}) if spec.derived else {name}
    return found

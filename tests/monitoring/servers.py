"""Real Prometheus and Alertmanager for tests, on free loopback ports, gone without a trace afterwards.

with stack() as watch:
    watch.silence({"alertname": "TooOld"}, hours=1)
    watch.alertmanager.stop(signal.SIGKILL)
"""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from scanner.collection.monitoring import alertmanager, prometheus
from scanner.derivation.recovery.scene import Scene
from scanner.derivation.recovery.table import derive_estate
from scanner.model.evidence import Evidence, Query, Row
from scanner.model.inventory import Endpoint
from scanner.transport.shell import Limits
from scanner.transport.table import open_client
from tests.databases.places import Place, missing, place
from tests.support.sshd import free_port, until

_PROGRAMS = ("prometheus", "prometheus-alertmanager")
_MODULES = {"prometheus": prometheus, "alertmanager": alertmanager}
_RULES = [
    # Series of Prometheus itself stand in for those of an exporter of backups.
    {
        "alert": "BackupFailed",
        "expr": 'prometheus_ready{job="backup"} == 0',
        "for": "5m",
        "labels": {"severity": "critical"},
    },
    {
        "alert": "BackupTooOld",
        "expr": "time() - pbs_backup_last > 86400",
        "for": "15m",
        "labels": {"severity": "critical"},
    },
    {"alert": "BackupOdd", "expr": 'prometheus_ready{job="backup"} > 1', "labels": {"severity": "info"}},
    {"alert": "BackupGone", "expr": 'absent(pbs_backup_last{job="gone"})', "labels": {"severity": "critical"}},
    {"alert": "BackupDown", "expr": 'up{job="down"} == 0', "for": "1h", "labels": {"severity": "critical"}},
]
_ROUTES = {
    "route": {
        "receiver": "blackhole",
        "group_wait": "10s",
        "routes": [{"receiver": "ops", "matchers": ['severity="critical"']}],
    },
    "receivers": [
        {"name": "blackhole"},
        {"name": "ops", "webhook_configs": [{"url": "http://127.0.0.1:1/?token=sesame"}]},
    ],
}


@dataclass
class Watch:
    """Both servers, and how to ask them as a scan does."""

    prometheus: Place
    alertmanager: Place
    ports: Mapping[str, int]

    def url(self, platform: str) -> str:
        """Give the base address of a server."""
        return f"http://127.0.0.1:{self.ports[platform]}"

    def ask(self, platform: str) -> dict[str, Evidence]:
        """Ask a server for all of its facts over the real transport."""
        endpoint = Endpoint("https", address="127.0.0.1", options=(("url", self.url(platform)),))
        client = open_client(platform, endpoint, str, Limits())
        module: Any = _MODULES[platform]
        try:
            answer = module.collect([Query.of(fact) for fact in module.FACTS], client, Limits())
        finally:
            client.close()
        return {each.query.fact: each for each in answer.evidence}

    def alerts(self) -> dict[str, Row]:
        """Ask both, and follow every alert; name > row."""
        answers = {platform: self.ask(platform) for platform in _MODULES}
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        found = derive_estate(Query.of("monitoring.alert"), Scene(now, "UTC", (), (), answers, {}, {}))
        assert found.gap is None
        return {str(row["rule"]): row for row in found.rows}

    def silence(self, labels: Mapping[str, str], hours: float) -> str:
        """Silence alerts with these labels; give the silence's id."""
        begin = datetime.now(UTC)
        body = {
            "matchers": [
                {"name": name, "value": value, "isRegex": False, "isEqual": True} for name, value in labels.items()
            ],
            "startsAt": begin.isoformat(),
            "endsAt": (begin + timedelta(hours=hours)).isoformat(),
            "createdBy": "test",
            "comment": "test",
        }
        request = urllib.request.Request(
            f"{self.url('alertmanager')}/api/v2/silences",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return str(json.load(answer)["silenceID"])

    def expire(self, silence: str) -> None:
        """End a silence."""
        path = f"{self.url('alertmanager')}/api/v2/silence/{silence}"
        urllib.request.urlopen(urllib.request.Request(path, method="DELETE"), timeout=10).close()

    def reload(self, configuration: Mapping[str, Any]) -> None:
        """Give Alertmanager another configuration."""
        _write(self.alertmanager, "config.yml", configuration)
        assert self.alertmanager.process is not None
        self.alertmanager.process.send_signal(signal.SIGHUP)


def _write(where: Place, name: str, content: Any) -> None:
    path = where.folder / name
    path.write_text(yaml.safe_dump(content))
    where.give(path)


def _ready(url: str) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/-/ready", timeout=2) as answer:
        return bool(answer.status == 200)
    return False


@contextlib.contextmanager
def stack() -> Iterator[Watch]:
    """Start both; wait until Prometheus has scraped and evaluated once."""
    programs = {name: shutil.which(name) for name in _PROGRAMS}
    if not all(programs.values()):
        missing("Prometheus or Alertmanager is not on this machine (call .ci/apt as root)")
    with place("prometheus", "nobody") as first, place("alertmanager", "nobody") as second:
        watch = Watch(first, second, {"prometheus": free_port(), "alertmanager": free_port()})
        _write(second, "config.yml", _ROUTES)
        second.start(
            [
                str(programs["prometheus-alertmanager"]),
                "--config.file=config.yml",
                f"--storage.path={second.folder}",
                f"--web.listen-address=127.0.0.1:{watch.ports['alertmanager']}",
                "--cluster.listen-address=",
            ],
            signal.SIGKILL,
        )
        own = [f"127.0.0.1:{watch.ports['prometheus']}"]
        other = [f"127.0.0.1:{watch.ports['alertmanager']}"]
        jobs = {"backup": own, "alertmanager": other, "down": ["127.0.0.1:1"]}
        configuration = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s", "external_labels": {"site": "lab"}},
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": other}]}]},
            "rule_files": ["rules.yml"],
            "scrape_configs": [{"job_name": name, "static_configs": [{"targets": at}]} for name, at in jobs.items()],
        }
        _write(first, "config.yml", configuration)
        _write(first, "rules.yml", {"groups": [{"name": "backup", "rules": _RULES}]})
        first.start(
            [
                str(programs["prometheus"]),
                "--config.file=config.yml",
                f"--storage.tsdb.path={first.folder}/data",
                f"--web.listen-address=127.0.0.1:{watch.ports['prometheus']}",
            ],
            signal.SIGKILL,
        )
        until(lambda: all(_ready(watch.url(platform)) for platform in watch.ports), 60, "readiness")
        until(lambda: _scraped(watch), 60, "the first scrapes and evaluations")
        yield watch


def _scraped(watch: Watch) -> bool:
    found = watch.ask("prometheus")
    targets, rules = found["prometheus.target"].rows, found["prometheus.alert_rule"].rows
    return (
        len(targets) == 3
        and found["prometheus.delivery"].gap is None
        and all(row["health"] != "unknown" for row in targets)
        and all(row["health"] == "ok" for row in rules)
        and any(row["rule"] == "BackupFailed" and row["missing"] == [] for row in rules)
    )


def scanned(watch: Watch, base: Path, *words: str) -> dict[str, str]:
    """Scan both servers as a person does; rule > outcome of the estate's rules."""
    inventory = base / "inventory.yaml"
    targets = {name: {"platform": name, "url": watch.url(name), "profiles": ["recovery"]} for name in _MODULES}
    inventory.write_text(yaml.safe_dump({"schema": "inventory/1", "targets": targets}))
    out = base / "-".join(("out", *words))
    subprocess.run(
        [sys.executable, "-m", "scanner", "scan", "-i", str(inventory), "-o", str(out), *words],
        capture_output=True,
        check=False,
    )
    results = map(json.loads, (out / "results.jsonl").read_text().splitlines())
    return {str(each["rule"]): str(each["outcome"]) for each in results if each["target"] == "estate"}

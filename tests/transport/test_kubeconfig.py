"""Reading kubeconfig files: the ways in that run nothing, and sentences for the others."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.errors import ConfigurationError
from scanner.model.inventory import Endpoint
from scanner.transport.https import open_https
from scanner.transport.kubeconfig import read_kubeconfig
from scanner.transport.shell import Limits
from tests.databases.certificates import Authority
from tests.support.web import Reply, site


def written(folder: Path, cluster: dict[str, Any], user: dict[str, Any], **more: Any) -> str:
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "lab",
        "contexts": [{"name": "lab", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": "https://k8s.example:6443", **cluster}}],
        "users": [{"name": "u", "user": user}],
        **more,
    }
    path = folder / "config"
    path.write_text(yaml.safe_dump(document))
    return str(path)


def encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def test_token_and_authority(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    path = written(tmp_path, {"certificate-authority": "ca.crt", "tls-server-name": "api"}, {"token": "abc"})
    found = read_kubeconfig(path)
    assert (found.server, found.token, found.server_name) == ("https://k8s.example:6443", "abc", "api")
    assert found.ca_text == authority.certificate.read_text()
    assert "abc" not in repr(found)


def test_client_certificate_in_the_file(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    pair, ours = authority.issue(), authority.issue("scanner")
    user = {"client-certificate-data": encoded(ours.certificate), "client-key-data": encoded(ours.key)}
    with site(lambda asked: Reply.json({"ok": True}), pair, client_ca=str(authority.certificate)) as web:
        cluster = {"server": web.url, "certificate-authority-data": encoded(authority.certificate)}
        endpoint = Endpoint("https", options=(("kubeconfig", written(tmp_path, cluster, user)),))
        client = open_https("kubernetes", endpoint, lambda reference: "", Limits(connect=2, auth=2, run=5))
        assert client.get("api").data == {"ok": True}
        client.close()


@pytest.mark.parametrize(
    ("cluster", "user", "words"),
    [
        ({}, {"exec": {"command": "aws"}}, "logs in by a program"),
        ({}, {"auth-provider": {"name": "gcp"}}, "logs in by a program"),
        ({}, {"username": "a", "password": "geheim"}, "no longer take"),
        ({"insecure-skip-tls-verify": True}, {"token": "geheim"}, "trusts any certificate"),
        ({"certificate-authority": "/nowhere"}, {"token": "geheim"}, "cannot be read"),
        ({"certificate-authority-data": "%%"}, {"token": "geheim"}, "no PEM in base64"),
    ],
)
def test_refused(tmp_path: Path, cluster: dict[str, Any], user: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as problem:
        read_kubeconfig(written(tmp_path, cluster, user))
    assert "geheim" not in str(problem.value)


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no context 'lap'.*did you mean 'lab'"):
        read_kubeconfig(written(tmp_path, {}, {"token": "x"}), "lap")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_kubeconfig(str(tmp_path / "none"))
    (tmp_path / "odd").write_text("token: [geheim")
    with pytest.raises(ConfigurationError, match="no YAML") as problem:
        read_kubeconfig(str(tmp_path / "odd"))
    assert "geheim" not in str(problem.value)


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=6)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=8,
)


@given(st.fixed_dictionaries({"current-context": VALUES, "contexts": VALUES, "clusters": VALUES, "users": VALUES}))
def test_any_document_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, document: dict[str, Any]) -> None:
    path = tmp_path_factory.mktemp("kube") / "config"
    path.write_text(yaml.safe_dump(document))
    with pytest.raises(ConfigurationError):
        read_kubeconfig(str(path))

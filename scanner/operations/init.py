"""Starter files for a new estate, from what is known of its hosts."""

from __future__ import annotations

from pathlib import Path

from scanner.catalog.starter import CONFIGURATION, WAIVERS, inventory_from_ansible, inventory_from_ssh
from scanner.model.errors import ConfigurationError
from scanner.store import atomic


def write_starters(folder: Path, ssh_config: Path | None, ansible: Path | None) -> dict[Path, bool]:
    """Write inventory.yaml, waivers.yaml and controlproof.yaml; give path > whether it was written.

    `ssh_config` is a file other than the user's own. Files that exist are left alone. Raises ContentError for an
    Ansible inventory that cannot be used, ConfigurationError for a file that cannot be read, and ReportError.
    """
    texts = {
        "inventory.yaml": _inventory(ssh_config, ansible),
        "waivers.yaml": WAIVERS,
        "controlproof.yaml": CONFIGURATION,
    }
    atomic.make_folder(folder)
    written: dict[Path, bool] = {}
    for name, text in texts.items():
        path = folder / name
        written[path] = not path.exists()
        if written[path]:
            atomic.write(path, text.encode(), mode=0o644)
    return written


def _inventory(ssh_config: Path | None, ansible: Path | None) -> str:
    if ansible is not None:
        return inventory_from_ansible(str(ansible), _read(ansible))
    own = Path.home() / ".ssh" / "config"
    if ssh_config is not None:
        return inventory_from_ssh(_read(ssh_config).decode(errors="replace"), str(ssh_config.resolve()))
    return inventory_from_ssh(_read(own).decode(errors="replace") if own.is_file() else "")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise ConfigurationError(f"{path}: cannot be read: {problem.strerror} (check the path)") from problem

from __future__ import annotations

import subprocess
import sys

import pytest

from scanner.collection.table import PLATFORMS, platform_module
from scanner.model.errors import ConfigurationError


def test_every_platform_describes_and_collects():
    for platform in PLATFORMS:
        module = platform_module(platform)
        for name in ("describe", "collect"):
            assert callable(getattr(module, name))


def test_an_unknown_platform_is_refused_with_a_near_word():
    with pytest.raises(ConfigurationError, match="did you mean 'linux'"):
        platform_module("linus")


def test_a_plug_in_adds_a_platform_and_cannot_replace_one():
    extra = {"tape": "scanner.collection.table", "linux": "json"}
    assert platform_module("tape", extra).__name__ == "scanner.collection.table"
    assert platform_module("linux", extra).__name__ == PLATFORMS["linux"]


def test_no_client_library_is_loaded():
    code = "import sys, scanner.collection.table as t; [t.platform_module(name) for name in t.PLATFORMS]; print({'paramiko', 'psycopg', 'pymysql', 'pymongo', 'bson', 'httpx', 'boto3'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "set()\n"

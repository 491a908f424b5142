"""Where the packages of Debian and its relatives come from, who signs them, and which updates wait."""

from __future__ import annotations

from scanner.model.fact import BOOL, TEXT, TEXTS, TIME, VERSION, FactSpec, Field, Shape, enum

SPECS = (
    FactSpec(
        name="linux.package_source",
        says="Sources of apt (sources.list(5)) in both formats, one row per address; names and passwords in addresses are cut on the host.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("path", "entry", "uri"),
        fields=(
            Field("path", TEXT, "File that holds the source."),
            Field("entry", TEXT, "Line where the source begins."),
            Field("format", enum("one-line", "deb822"), "Format of the file."),
            Field("enabled", BOOL, "True when the source is in use; lines that are comments are left out."),
            Field("types", TEXTS, "`deb` for programs, `deb-src` for their source code."),
            Field("uri", TEXT, "Address of the archive."),
            Field("suites", TEXTS, "Suites, such as `noble-security`."),
            Field("components", TEXTS, "Components, such as `main`."),
            Field(
                "signed_by",
                TEXT,
                "Key files that alone may sign it, or `embedded`; absent when any trusted key may.",
            ),
            Field(
                "verified",
                BOOL,
                "True when apt refuses what no trusted key has signed: neither the source (trusted, allow-insecure, allow-weak, allow-downgrade-to-insecure) nor the configuration of apt allows otherwise.",
            ),
        ),
        example={
            "path": "/etc/apt/sources.list.d/ubuntu.sources",
            "entry": "1",
            "format": "deb822",
            "enabled": True,
            "uri": "http://archive.ubuntu.com/ubuntu",
            "suites": ["noble", "noble-updates"],
            "verified": True,
        },
    ),
    FactSpec(
        name="linux.package_key",
        says="OpenPGP keys in files that apt trusts for all sources, and in files that a source names.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("path", "fingerprint"),
        fields=(
            Field("path", TEXT, "File that holds the key."),
            Field("fingerprint", TEXT, "Fingerprint of the primary key, hexadecimal in capital letters."),
            Field("user", TEXT, "First user id; absent when the key has none."),
            Field("everywhere", BOOL, "True when the key may sign for every source that names no key file."),
        ),
        example={
            "path": "/usr/share/keyrings/ubuntu-archive-keyring.gpg",
            "fingerprint": "F6ECB3762474EDA9D21B7022871920D1991BC93C",
            "user": "Ubuntu Archive Automatic Signing Key (2018) <ftpmaster@ubuntu.com>",
            "everywhere": False,
        },
    ),
    FactSpec(
        name="linux.package_list",
        says="Package lists that apt has fetched, with the date that the archive gave them; empty when none was.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("path",),
        fields=(
            Field("path", TEXT, "File of the list."),
            Field("origin", TEXT, "Who publishes it; absent when not told."),
            Field("suite", TEXT, "Suite, such as `noble-security`; absent when not told."),
            Field("codename", TEXT, "Code name, such as `bookworm-security`; absent when not told."),
            Field("date", TIME, "When the archive made it; absent when not told."),
        ),
        example={
            "path": "/var/lib/apt/lists/archive.ubuntu.com_ubuntu_dists_noble-security_InRelease",
            "origin": "Ubuntu",
            "suite": "noble-security",
            "codename": "noble",
            "date": "2026-11-20T01:29:49Z",
        },
    ),
    FactSpec(
        name="linux.package_update",
        says="Installed packages for which the fetched lists have a newer version (`apt list --upgradable`, asked so that nothing is written); an error when there are no lists.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("name", "architecture"),
        fields=(
            Field("name", TEXT, "Name of the package."),
            Field("architecture", TEXT, "Architecture of the package."),
            Field("installed", VERSION, "Installed version."),
            Field("candidate", VERSION, "Version that an upgrade would install."),
            Field("suites", TEXTS, "Suites that have this version."),
            Field("security", BOOL, "True when one of them is a suite of security updates."),
        ),
        example={
            "name": "openssl",
            "architecture": "amd64",
            "installed": "3.0.13-0ubuntu3.1",
            "candidate": "3.0.13-0ubuntu3.4",
            "suites": ["noble-updates", "noble-security"],
            "security": True,
        },
    ),
)

"""Facts about the inventory itself, for rules of scope estate."""

from __future__ import annotations

from scanner.model.fact import BOOL, MAP, TEXT, TEXTS, FactSpec, Field, Shape

SPECS = (
    FactSpec(
        name="inventory.target",
        says="Targets of the inventory and whether this run reached them.",
        shape=Shape.LIST,
        scope="estate",
        platforms=("estate",),
        keys=("target",),
        fields=(
            Field("target", TEXT, "Id of the target."),
            Field("platform", TEXT, "Platform it is scanned as."),
            Field("groups", TEXTS, "Groups of the inventory that it belongs to."),
            Field("labels", MAP, "Labels, its groups' included."),
            Field("owner", TEXT, "Label `owner`; absent when it has none."),
            Field("service_class", TEXT, "Service class; absent when it has none."),
            Field("state", TEXT, "`assessed`, `unreachable`, `excluded` or `not selected`."),
            Field("host_key", TEXT, "Fingerprint of the host key seen; absent where the transport has none."),
            Field("duplicate_key", BOOL, "True when another target of the run showed the same host key."),
        ),
        example={
            "target": "db01",
            "platform": "linux",
            "owner": "ops",
            "service_class": "critical",
            "state": "assessed",
        },
    ),
    FactSpec(
        name="inventory.asset",
        says="Assets of the inventory: protected things with stable keys.",
        shape=Shape.LIST,
        scope="estate",
        platforms=("estate",),
        keys=("asset",),
        fields=(
            Field("asset", TEXT, "Id of the asset."),
            Field("kind", TEXT, "Kind, such as `windows-vm` or `dataset`."),
            Field("owner", TEXT, "Owner; absent when none is named."),
            Field("service_class", TEXT, "Service class; absent when it has none."),
            Field("ids", MAP, "Keys under which other systems know it."),
        ),
        example={"asset": "win03", "kind": "windows-vm", "service_class": "development", "ids": {"pve": "lab/103"}},
    ),
)

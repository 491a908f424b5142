"""Facts about the inventory itself, for rules of scope estate."""

from __future__ import annotations

from scanner.model.fact import BOOL, DURATION, INT, MAP, TEXT, TEXTS, TIME, FactSpec, Field, Shape

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
    FactSpec(
        name="inventory.waiver",
        says="Waivers of the run, with what they covered.",
        shape=Shape.LIST,
        scope="estate",
        platforms=("estate",),
        keys=("waiver",),
        fields=(
            Field("waiver", TEXT, "Id of the waiver."),
            Field("rule", TEXT, "Rule that it waives."),
            Field("approver", TEXT, "Who approved it."),
            Field("expires", TIME, "Last day on which it holds."),
            Field("expired", BOOL, "True when that day has passed at the time of judging."),
            Field("length", DURATION, "Time from approval to expiry."),
            Field("covered", INT, "Findings that it covered in this run."),
            Field(
                "unused", BOOL, "True when it holds, everything it could cover was assessed, and it covered nothing."
            ),
            Field("void", TEXT, "Why it was not applied, such as more targets than it allows; absent otherwise."),
        ),
        example={"waiver": "W12", "rule": "sshd_root_login_disabled", "expired": False, "covered": 3, "unused": False},
    ),
    FactSpec(
        name="inventory.attestation",
        says="Attestations of the run.",
        shape=Shape.LIST,
        scope="estate",
        platforms=("estate",),
        keys=("subject", "by"),
        fields=(
            Field("subject", TEXT, "Control or rule that it answers."),
            Field("by", TEXT, "Who states it."),
            Field("on", TIME, "Day of the statement."),
            Field("valid_until", TIME, "Last day on which it holds."),
            Field("expired", BOOL, "True when that day has passed at the time of judging."),
        ),
        example={"subject": "cis-controls-v8.1/14.1", "by": "Ada", "expired": False},
    ),
)

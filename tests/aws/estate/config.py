"""AWS Config: a weak region that records a little, another that records nothing, hardened ones that record all."""

from __future__ import annotations

from typing import Any

from tests.aws.bench import ACCOUNTS, REGIONS, Maker

VALUES: dict[str, dict[str, Any]] = {}
_RECORDERS, _STATUS, _CHANNELS = (
    "config:DescribeConfigurationRecorders",
    "config:DescribeConfigurationRecorderStatus",
    "config:DescribeDeliveryChannels",
)
_OTHER = "it is told by another call"
STILL: dict[tuple[str, str], str] = {
    (_RECORDERS, "config_delivery_sound"): _OTHER,
    (_STATUS, "config_resources_all_recorded"): _OTHER,
    (_CHANNELS, "config_recorder_on"): _OTHER,
    (_CHANNELS, "config_resources_all_recorded"): _OTHER,
    (_CHANNELS, "config_global_resources_recorded"): _OTHER,
}
STUBBED: dict[str, str] = {}
UNUSUAL: dict[str, tuple[str, str]] = {"config_delivery_sound": ("notapplicable", "pass")}


def _recorder(config: Any, account: str, group: dict[str, Any]) -> None:
    role = f"arn:aws:iam::{account}:role/config"
    config.put_configuration_recorder(
        ConfigurationRecorder={"name": "default", "roleARN": role, "recordingGroup": group}
    )


def weak(client: Maker) -> None:
    """Record one kind of resource in one region, stopped."""
    _recorder(client("config"), ACCOUNTS["weak"], {"allSupported": False, "resourceTypes": ["AWS::EC2::Volume"]})


def hardened(client: Maker) -> None:
    """Record everything everywhere."""
    for region in REGIONS.split(","):
        config = client("config", region)
        _recorder(config, ACCOUNTS["hardened"], {"allSupported": True, "includeGlobalResourceTypes": True})
        config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "hard-logs"})
        config.start_configuration_recorder(ConfigurationRecorderName="default")

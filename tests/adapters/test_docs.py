from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from publisher.adapters._network import NetworkSettings, OwnLimits
from publisher.adapters.registry import adapter_names, find_adapter
from publisher.adapters.webhook import FIELDS
from publisher.ports.adapter import ChannelSettings

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "channels.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))


def keys_in(section: str) -> set[str]:
    rows = re.findall(r"^\| (`[^|]+) \|", SECTIONS[section], re.MULTILINE)
    return {key for row in rows for key in re.findall(r"`([a-z_]+)`", row)}


def test_common_keys() -> None:
    """What every channel has is described once."""
    assert keys_in("Every channel") == set(ChannelSettings.model_fields)
    assert keys_in("Channels for posts") == set(NetworkSettings.model_fields) - set(ChannelSettings.model_fields)
    for key in OwnLimits.model_fields:
        assert f"`{key}`" in SECTIONS["Channels for posts"]


@pytest.mark.parametrize("name", ["folder", "smtp", "webhook"])
def test_every_key_of_an_adapter(name: str) -> None:
    """Each adapter has a section that describes exactly its own keys."""
    settings = find_adapter(name).settings
    shared = NetworkSettings if issubclass(settings, NetworkSettings) else ChannelSettings
    assert keys_in(name) == set(settings.model_fields) - set(shared.model_fields)


def test_every_adapter_has_a_section() -> None:
    """No adapter of ours is missing on the page."""
    assert set(adapter_names()) <= set(SECTIONS)


def test_placeholders_and_examples() -> None:
    """The placeholders of a webhook's body are all named, and the page's examples are valid."""
    assert [name for name in FIELDS if f"`{{{name}}}`" not in SECTIONS["webhook"]] == []
    for example in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL):
        for section in tomllib.loads(example)["channels"].values():
            find_adapter(section["adapter"]).settings.model_validate(section)

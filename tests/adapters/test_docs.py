from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from publisher.adapters._network import NetworkSettings, OwnLimits
from publisher.adapters.registry import adapter_names, find_adapter
from publisher.adapters.webhook import FIELDS
from publisher.ports.adapter import ChannelSettings

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
PAGE = (REFERENCE / "channels.md").read_text(encoding="utf-8")
PAGES = {file.stem: file.read_text(encoding="utf-8") for file in sorted((REFERENCE / "channels").glob("*.md"))}
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)) | PAGES


def keys_in(section: str) -> set[str]:
    tables = "".join(re.findall(r"^\| key \|.*\n((?:\|.*\n)+)", SECTIONS[section], re.MULTILINE))
    rows = re.findall(r"^\| (`[^|]+) \|", tables, re.MULTILINE)
    return {key for row in rows for key in re.findall(r"`([a-z_]+)`", row)}


def test_common_keys() -> None:
    """What every channel has is described once."""
    assert keys_in("Every channel") == set(ChannelSettings.model_fields)
    assert keys_in("Channels for posts") == set(NetworkSettings.model_fields) - set(ChannelSettings.model_fields)
    for key in OwnLimits.model_fields:
        assert f"`{key}`" in SECTIONS["Channels for posts"]


@pytest.mark.parametrize("name", ["folder", "smtp", "webhook", *PAGES])
def test_every_key_of_an_adapter(name: str) -> None:
    """Each adapter has a section that describes exactly its own keys."""
    settings = find_adapter(name).settings
    shared = NetworkSettings if issubclass(settings, NetworkSettings) else ChannelSettings
    assert keys_in(name) == set(settings.model_fields) - set(shared.model_fields)


def test_every_adapter_has_a_section() -> None:
    """No adapter of ours is missing, on the page or with a page of its own, which the page links to."""
    assert set(adapter_names()) <= set(SECTIONS)
    listed = PAGE.split("<!-- networks: begin -->")[1].split("<!-- networks: end -->")[0]
    assert re.findall(r"^\| \[([a-z_]+)\]\(channels/\1\.md\) \| (.+) \|$", listed, re.MULTILINE) == [
        (name, find_adapter(name).summary) for name in PAGES
    ]


@pytest.mark.parametrize("name", PAGES)
def test_every_network_page(name: str) -> None:
    """A page has its parts, and says that nothing was tried on a live account."""
    text = " ".join(PAGES[name].split()).lower()
    assert re.search(r"not tested against a live (account|server)", text)
    assert PAGES[name].startswith(f"# {name}\n")
    assert "## What is posted" in PAGES[name]
    assert "## What is not possible" in PAGES[name]


def test_placeholders_and_examples() -> None:
    """The placeholders of a webhook's body are all named, and the page's examples are valid."""
    assert [name for name in FIELDS if f"`{{{name}}}`" not in SECTIONS["webhook"]] == []
    for example in re.findall(r"```toml\n(.*?)```", "".join([PAGE, *PAGES.values()]), re.DOTALL):
        for section in tomllib.loads(example)["channels"].values():
            find_adapter(section["adapter"]).settings.model_validate(section)


def test_example_config_has_every_adapter() -> None:
    """Each adapter has a section in config.example.toml; one that is commented out is valid once it is not."""
    text = (REFERENCE.parents[1] / "config.example.toml").read_text(encoding="utf-8")
    commented = re.findall(r"^# (\[channels\.\w+\]\n(?:# .+\n)+)", text, re.MULTILINE)
    examples = [tomllib.loads(text), *(tomllib.loads(block.replace("\n# ", "\n")) for block in commented)]
    sections = [section for example in examples for section in example["channels"].values()]
    for section in sections:
        find_adapter(section["adapter"]).settings.model_validate(section)
    assert {section["adapter"] for section in sections} >= set(adapter_names())

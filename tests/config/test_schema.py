from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from publisher.bootstrap import installed_adapters
from publisher.config.show import config_schema

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    made = config_schema(installed_adapters())
    Draft202012Validator.check_schema(made)
    return made


@pytest.fixture
def example() -> dict[str, Any]:
    return tomllib.loads((ROOT / "config.example.toml").read_text(encoding="utf-8"))


def test_the_example_passes(schema: dict[str, Any], example: dict[str, Any]) -> None:
    """What we show to people is what editors accept."""
    assert not [error.message for error in Draft202012Validator(schema).iter_errors(example)]


@pytest.mark.parametrize(
    ("section", "key", "value", "passes"),
    [
        (("digests", "daily"), "schedule", "Mon-Fri 07:00", True),
        (("digests", "daily"), "max_articles", {"env": "MAX"}, True),
        (("digests", "daily"), "max_articles", "many", False),
        (("notify",), "kinds", "held", True),
        (("notify",), "kinds", ["held", "sent"], True),
        (("notify",), "kinds", "sold", False),
        (("digests", "daily"), "titel", "x", False),
        (("organisation",), "name", {"file": "name.txt"}, True),
        (("organisation",), "name", {"envv": "NAME"}, False),
        (("channels", "newsletter"), "password", "literal", True),
        (("channels", "newsletter"), "password", 5, False),
        (("channels", "newsletter"), "network", "x", False),
        ((), "rehearse", {"env": "REHEARSE"}, True),
    ],
)
def test_an_editor_takes_what_the_program_takes(
    schema: dict[str, Any], example: dict[str, Any], section: tuple[str, ...], key: str, value: Any, passes: bool
) -> None:
    """References and single texts for lists are allowed; slips are not."""
    changed = copy.deepcopy(example)
    place = changed
    for name in section:
        place = place.setdefault(name, {})
    place[key] = value
    assert Draft202012Validator(schema).is_valid(changed) is passes


def nodes(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, definition in [("", schema), *schema["$defs"].items()]:
        for key, node in definition.get("properties", {}).items():
            yield f"{name}.{key}", node


def test_every_key_is_described(schema: dict[str, Any]) -> None:
    """Editors show the description; a key without one is a riddle."""

    def described(node: dict[str, Any]) -> bool:
        target = node.get("$ref", "").rpartition("/")[2]
        inner = [option for option in node.get("anyOf", ()) if described(option)]
        return bool(node.get("description") or inner or schema["$defs"].get(target, {}).get("description"))

    assert [name for name, node in nodes(schema) if not described(node)] == []

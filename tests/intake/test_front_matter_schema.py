"""The published JSON schema is the loader's own, and both agree on the samples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from publisher.intake.front_matter import front_matter_schema, read_article, split_front_matter
from tests.intake.test_front_matter import FULL, ONE_LINE

ROOT = Path(__file__).parents[2]
SAMPLES = sorted((ROOT / "queue").glob("*.md"))


class Yaml12(yaml.CBaseLoader):
    """What an editor reads: texts, whole numbers, true, false and null, as in YAML 1.2."""


Yaml12.add_implicit_resolver("tag:yaml.org,2002:int", __import__("re").compile("^[-+]?[0-9]+$"), list("-+0123456789"))
Yaml12.add_implicit_resolver("tag:yaml.org,2002:null", __import__("re").compile("^(~|null|)$"), ["~", "n", ""])
Yaml12.add_implicit_resolver("tag:yaml.org,2002:bool", __import__("re").compile("^(true|false)$"), ["t", "f"])
Yaml12.add_constructor("tag:yaml.org,2002:bool", lambda loader, node: node.value == "true")
Yaml12.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))
Yaml12.add_constructor("tag:yaml.org,2002:null", lambda loader, node: None)


def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(front_matter_schema())


def data_of(text: str) -> Any:
    return yaml.load(split_front_matter(text.replace("\r\n", "\n"))[0], Yaml12)


def test_the_published_schema_is_the_one_in_force() -> None:
    published = json.loads((ROOT / "docs/reference/front-matter.schema.json").read_text("utf-8"))
    assert published == front_matter_schema()


def test_it_is_a_schema_and_describes_every_field() -> None:
    jsonschema.Draft202012Validator.check_schema(front_matter_schema())
    assert all(field["description"] for field in front_matter_schema()["properties"].values())


def test_the_reference_page_names_every_field() -> None:
    page = (ROOT / "docs/reference/queue-files.md").read_text("utf-8")
    assert [name for name in front_matter_schema()["properties"] if f"`{name}`" not in page] == []


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_the_samples_are_valid_for_editors_and_for_the_loader(path: Path) -> None:
    if path.name == "README.md":
        return
    text = path.read_text("utf-8")
    validator().validate(data_of(text))
    assert read_article(text, f"queue/{path.name}").title


def test_every_field_is_valid() -> None:
    validator().validate(data_of(FULL))


# Names are known to the config only; the rest of these is no matter of shape.
NOT_IN_THE_SCHEMA = (
    "digests: [dayly]",
    "channels: [fax]",
    "posts: {mastodn",
    "expires_at: 2026-02-30",
    "date: 2026-02",
)
SHAPES = [line for line in ONE_LINE if not line.startswith((*NOT_IN_THE_SCHEMA, "image: {src", "kicker: ", "title: "))]


@pytest.mark.parametrize("line", [line for line in SHAPES if line.split(":")[0] not in ("teaser", "Nur ein Satz")])
def test_an_editor_marks_what_the_loader_refuses(line: str) -> None:
    if line == "tags: [a, b":
        return
    assert list(validator().iter_errors({"title": "Pumpe", **yaml.load(line, Yaml12)}))

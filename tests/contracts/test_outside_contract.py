"""The adapter of docs/adding-an-adapter.md, built from that page, installed beside the program, under the contract."""

from __future__ import annotations

import configparser
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from publisher.adapters.registry import adapter_names, find_adapter
from tests.contracts.adapter_contract import AdapterContract

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs" / "adding-an-adapter.md").read_text(encoding="utf-8")
PACKAGE = "publisher_noticeboard"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def install(folder: Path) -> None:
    """Make what an installer makes out of the page: the module, and metadata with its entry points."""
    project = tomllib.loads(blocks("toml")[0])["project"]
    info = folder / f"{PACKAGE}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    entry_points = configparser.ConfigParser()
    entry_points.read_dict(project["entry-points"])
    with (info / "entry_points.txt").open("w") as stream:
        entry_points.write(stream)
    (folder / f"{PACKAGE}.py").write_text(blocks("python")[0], encoding="utf-8")


def contract_of_the_page() -> type[AdapterContract]:
    namespace: dict[str, Any] = {"__name__": "page"}
    exec(compile(blocks("python")[1], "docs/adding-an-adapter.md", "exec"), namespace)
    found: type[AdapterContract] = namespace["TestNoticeboard"]
    return found


class TestOutside(contract_of_the_page()):  # type: ignore[misc]
    @pytest.fixture(autouse=True)
    def installed(self, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = tmp_path_factory.mktemp("site-packages")
        install(folder)
        monkeypatch.syspath_prepend(str(folder))
        monkeypatch.delitem(sys.modules, PACKAGE, raising=False)

    def test_comes_from_outside(self) -> None:
        """It is found by its entry point alone: no file of the program knows its name."""
        assert "noticeboard" in adapter_names()
        assert find_adapter("noticeboard").make.__module__ == PACKAGE
        files = [*(PROJECT / "publisher").rglob("*.py"), PROJECT / "pyproject.toml"]
        assert [file.name for file in files if "noticeboard" in file.read_text(encoding="utf-8")] == []

    def test_settings_of_the_page(self) -> None:
        """The section for config.toml on the page is valid."""
        section = tomllib.loads(blocks("toml")[1])["channels"]["board"]
        assert find_adapter("noticeboard").settings.model_validate(section).articles == "all"

"""`publish config`: what is in force, or what could be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from publisher.cli.frame import Result, publish_command


@publish_command("config", summary="Show what is in force, secrets hidden.")
@click.option("--schema", is_flag=True, help="Print the JSON schema of config.toml for your editor instead.")
def config(config_file: Path, schema: bool) -> Result:
    """Show the settings, or the schema."""
    data = _schema() if schema else _settings(config_file)
    return Result(data, lambda console: console.print(json.dumps(data, ensure_ascii=False, indent=2), markup=False))


def _schema() -> dict[str, Any]:
    from publisher.bootstrap import installed_adapters
    from publisher.config.show import config_schema

    return config_schema(installed_adapters())


def _settings(config_file: Path) -> dict[str, Any]:
    from publisher.bootstrap import read_settings
    from publisher.config.show import shown_settings

    return shown_settings(read_settings(config_file))


commands = {"config": config}

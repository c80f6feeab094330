"""Read a config text as the program does."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from publisher.adapters.registry import adapter_names, find_adapter
from publisher.config.installed import Installed
from publisher.config.reader import ConfigReader
from publisher.config.settings import Settings
from publisher.errors import Problems, PublisherError
from publisher.rendering.preflight.support import chosen_clients

ORGANISATION = '[organisation]\nname = "Verband"\npostal_address = "Am Ring 12"\n'
DIGEST = '[digests.daily]\ntitle = "Dienst"\nchannel = "mail"\nfrom_address = "news@example.org"\n'
MAIL = '[channels.mail]\nadapter = "smtp"\nhost = "smtp.example.org"\n'
WHOLE = ORGANISATION + DIGEST + MAIL


def designs(folder: Path) -> list[str]:
    return ["digest", "letter", *(page.parent.name for page in folder.glob("email/*/html.j2"))]


INSTALLED = Installed(find_adapter, adapter_names, designs, chosen_clients)


def read(folder: Path, text: str, environ: Mapping[str, str] = os.environ) -> Settings:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return ConfigReader(INSTALLED, environ).read(file)


def errors_in(folder: Path, text: str, environ: Mapping[str, str] = os.environ) -> list[PublisherError]:
    """Give everything that is wrong with a config text."""
    try:
        read(folder, text, environ)
    except Problems as problems:
        return list(problems.errors)
    except PublisherError as error:
        return [error]
    return []

"""What config.toml says of the web."""

from __future__ import annotations

import re
from collections.abc import Iterator

from publisher.config.places import Places
from publisher.config.settings import WebSettings
from publisher.errors import ConfigError

_BASE_ADDRESS = re.compile(r"https://[a-z0-9.-]+(:\d+)?(/[A-Za-z0-9._~/-]*)?")


def check_web(web: WebSettings, places: Places) -> Iterator[ConfigError]:
    """Check where things are on the web."""
    yield from _check_archive_folder(web, places)
    if web.public_url is not None and not _BASE_ADDRESS.fullmatch(web.public_url):
        what = f'"public_url" is not the https address of a folder: "{web.public_url}"'
        hint = 'Write it in full, for example public_url = "https://www.example.org/newsletter".'
        yield ConfigError(what, where=places.where(("web", "public_url")), hint=hint)
    if web.assets_url is not None and not _BASE_ADDRESS.fullmatch(web.assets_url):
        what = f'"assets_url" is not the https address of a folder: "{web.assets_url}"'
        hint = 'Write it in full, for example assets_url = "https://www.example.org/newsletter/assets".'
        yield ConfigError(what, where=places.where(("web", "assets_url")), hint=hint)


def _check_archive_folder(web: WebSettings, places: Places) -> Iterator[ConfigError]:
    """Refuse a folder that holds the project itself: the web server would show queue and ledger."""
    folder = web.archive_folder
    if folder is not None and set(folder.replace("\\", "/").split("/")) <= {"", ".", ".."}:
        what = f'"archive_folder" holds the whole project: "{folder}"'
        hint = 'Name a folder of its own, for example archive_folder = "public".'
        yield ConfigError(what, where=places.where(("web", "archive_folder")), hint=hint)

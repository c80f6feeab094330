"""What config.toml says of the web."""

from __future__ import annotations

import re
from collections.abc import Iterator

from publisher.config.places import Places
from publisher.config.settings import WebSettings
from publisher.errors import ConfigError

_BASE_ADDRESS = re.compile(r"https://[a-z0-9.-]+(:\d+)?(/[A-Za-z0-9._~/-]*)?")


def check_web(web: WebSettings, places: Places) -> Iterator[ConfigError]:
    """Check where images are hosted."""
    if web.assets_url is not None and not _BASE_ADDRESS.fullmatch(web.assets_url):
        what = f'"assets_url" is not the https address of a folder: "{web.assets_url}"'
        hint = 'Write it in full, for example assets_url = "https://www.example.org/newsletter/assets".'
        yield ConfigError(what, where=places.where(("web", "assets_url")), hint=hint)

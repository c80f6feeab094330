from __future__ import annotations

import json
from pathlib import Path

import pytest

from publisher.config.show import shown_settings
from tests.config.reading import WHOLE, errors_in, read

HOOK = '[channels.hook]\nadapter = "webhook"\nurl = "https://example.org/hook"\n'


def test_what_is_in_force_shows_no_secret(tmp_path: Path) -> None:
    """Wherever a secret stands, also in a group of headers; where it comes from may be seen."""
    text = WHOLE + 'username = "news"\npassword = "sesam1"\n' + HOOK
    text += 'secret = {env = "HOOK_SECRET"}\nheaders = {X-Token = "plain", X-Key = {file = "key.txt"}}\n'
    shown = json.dumps(shown_settings(read(tmp_path, text, {})))
    assert "sesam1" not in shown
    assert '"password": "(hidden)"' in shown
    assert '"secret": {"env": "HOOK_SECRET"}' in shown
    assert '{"file": "key.txt"}' in shown


@pytest.mark.parametrize(
    "line",
    [
        "secret = 4711471147114711",
        'secret = ["4711471147114711"]',
        "url = 4711471147114711",
        "headers = {X-Token = 4711471147114711}",
        'secret = {env = "A", file = "4711471147114711"}',
        'secret = {literal = "4711471147114711", env = "A"}',
    ],
)
def test_no_error_shows_what_stands_where_a_secret_belongs(tmp_path: Path, line: str) -> None:
    """Errors are sent around in e-mails."""
    hook = HOOK.replace('url = "https://example.org/hook"\n', "") if line.startswith("url") else HOOK
    errors = errors_in(tmp_path, f"{WHOLE}{hook}{line}\n", {})
    assert errors
    assert "4711" not in " ".join(str(error) for error in errors)
    assert '{env = "' in str(errors[0])


def test_a_secret_in_a_list_of_groups_is_read_at_its_use_and_never_shown(tmp_path: Path) -> None:
    """The file need not be there yet: `publish dkim new` makes it with this very config."""
    keys = '{domain = "example.org", selector = "a", key = {file = "key.pem"}}'
    literal = '{domain = "example.org", selector = "b", key = "sesam1"}'
    settings = read(tmp_path, f"{WHOLE}dkim = [{keys}, {literal}]\n", {})
    assert [str(one.key) for one in settings.channels["mail"].dkim] == ["Secret(file=key.pem)", "Secret(hidden)"]
    shown = json.dumps(shown_settings(settings))
    assert "sesam1" not in shown
    assert "key.pem" in shown

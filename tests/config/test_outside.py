from __future__ import annotations

from pathlib import Path

import pytest

from publisher.ports.credentials import Secret
from tests.config.reading import DIGEST, MAIL, ORGANISATION, WHOLE, errors_in, read


def test_values_come_from_the_environment_and_from_files(tmp_path: Path) -> None:
    """Any value may; numbers and lists, too; a file's last line break does not count."""
    (tmp_path / "host.txt").write_text("smtp.example.net\n")
    text = WHOLE.replace('"smtp.example.org"', '{file = "host.txt"}') + 'port = {env = "PORT"}\n'
    text = text.replace('channel = "mail"', 'channel = "mail"\nrecipients = {env = "READER"}')
    settings = read(
        tmp_path,
        'rehearse = {env = "REHEARSE"}\n' + text,
        {"PORT": "2525", "READER": "a@example.org", "REHEARSE": "true"},
    )
    assert (
        settings.channels["mail"].model_dump() | {"host": "smtp.example.net", "port": 2525}
        == settings.channels["mail"].model_dump()
    )
    assert settings.digests["daily"].recipients == ("a@example.org",)
    assert settings.document.rehearse is True


def test_a_secret_stays_a_reference_until_it_is_used(tmp_path: Path) -> None:
    """Reading the config reads no secret: the variable need not even be set."""
    text = WHOLE + 'username = "news"\npassword = {env = "NOT_SET"}\n'
    settings = read(tmp_path, text, {})
    assert settings.channels["mail"].model_dump()["password"] == Secret(env="NOT_SET").model_dump()


@pytest.mark.parametrize("section", ["store", "queue", "templates", "rehearsal"])
def test_a_section_with_the_one_key_file_is_no_reference(tmp_path: Path, section: str) -> None:
    """`[store]` with `file = ...` is a section."""
    key = "file" if section == "store" else "folder"
    assert not errors_in(tmp_path, f'{WHOLE}\n[{section}]\n{key} = "x.db"\n')


@pytest.mark.parametrize(
    ("reference", "what"),
    [
        ('{env = "NOT_SET"}', 'the environment variable "NOT_SET" is not set'),
        ('{file = "none.txt"}', 'cannot read the file "none.txt": it is not there'),
        ('{file = "latin.txt"}', 'cannot read the file "latin.txt": it is not UTF-8 text'),
        ('{file = "."}', 'cannot read the file ".": Is a directory'),
    ],
)
def test_what_cannot_be_got_is_said_once(tmp_path: Path, reference: str, what: str) -> None:
    """And not again as an empty value."""
    (tmp_path / "latin.txt").write_bytes("Wärme".encode("latin-1"))
    text = WHOLE.replace('"smtp.example.org"', reference)
    (error,) = errors_in(tmp_path, text, {})
    assert (error.what, error.where) == (what, "config.toml:10 [channels.mail.host]")


@pytest.mark.parametrize(
    "channels", ["channels = 5\n", "channels = [{a = {b = {env = 'X'}}}]\n", "channels = {mail = [1]}\n"]
)
def test_a_broken_shape_around_a_reference_is_an_error_like_any_other(tmp_path: Path, channels: str) -> None:
    """No traceback, whatever stands where the channels should be."""
    assert errors_in(tmp_path, channels + ORGANISATION + DIGEST, {})


def test_the_adapter_says_what_is_secret(tmp_path: Path) -> None:
    """Under an adapter that is not known nothing is read: it could be a secret."""
    text = ORGANISATION + DIGEST + MAIL.replace('"smtp"', '"smpt"') + 'password = {env = "NOT_SET"}\n'
    (error, *_) = errors_in(tmp_path, text, {})
    assert error.what == 'there is no adapter "smpt"'

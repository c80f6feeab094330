"""DKIM keys: make a new one in the project folder, and show the DNS records of those in use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from publisher.errors import ChannelMisconfigured, PublisherError, UsageError
from publisher.signing.keys import KeyType, SigningKey, new_private_key, parse_private_key, txt_strings, zone_line
from publisher.workflow.application import Application


@dataclass(frozen=True, slots=True)
class DkimRecord:
    """What has to stand in the DNS: `strings` together are the record's text; `line` is it for a zone file."""

    name: str
    strings: tuple[str, ...]
    line: str


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A new key's file, its record, and the line for config.toml."""

    file: Path
    record: DkimRecord
    config_line: str


def make_key(folder: Path, domain: str, selector: str, kind: KeyType) -> MadeKey:
    """Write a new key into the project folder, for its owner only. Errors: UsageError if the file is there."""
    file = folder / f"dkim-{selector}.{domain}.pem"
    pem = new_private_key(kind)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        hint = "Choose another selector, for example one with the year: --selector news2027."
        raise UsageError(
            "there is a key of this name, and keys are never overwritten", where=str(file), hint=hint
        ) from None
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(pem)
    key = parse_private_key(pem.decode("ascii"))
    line = f'dkim = [{{domain = "{domain}", selector = "{selector}", key = {{file = "{file.name}"}}}}]'
    return MadeKey(file, _record(domain, selector, key), line)


def records_in_use(app: Application) -> tuple[dict[str, list[DkimRecord]], list[PublisherError]]:
    """Give the records of all channels' keys, by channel, and what is wrong with single keys."""
    records: dict[str, list[DkimRecord]] = {}
    problems: list[PublisherError] = []
    for name, channel in sorted(app.channels.items()):
        for one in getattr(channel.settings, "dkim", ()):
            try:
                key = parse_private_key(app.credentials.read(one.key), where=f"[channels.{name}.dkim]")
            except ChannelMisconfigured as error:
                problems.append(error)
            else:
                records.setdefault(name, []).append(_record(one.domain, one.selector, key))
    return records, problems


def _record(domain: str, selector: str, key: SigningKey) -> DkimRecord:
    strings = tuple(txt_strings(key.record))
    return DkimRecord(f"{selector}._domainkey.{domain}", strings, zone_line(domain, selector, key.record))


def lines_of(record: DkimRecord) -> Iterator[str]:
    """Say in lines what to put into the DNS."""
    yield f"name:   {record.name}"
    yield "type:   TXT"
    yield "value:  " + " ".join(f'"{string}"' for string in record.strings)
    yield f"zone:   {record.line}"

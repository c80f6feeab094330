"""What one section says about another, and values that a type alone cannot check."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from publisher.config.approval import check_approval
from publisher.config.calendar import check_calendar
from publisher.config.counts import check_counts
from publisher.config.examples import example_of
from publisher.config.explain import nearest_hint
from publisher.config.installed import Installed
from publisher.config.limits import check_limits
from publisher.config.looks import check_digest_looks, check_organisation_looks
from publisher.config.notify import check_notify
from publisher.config.places import Places
from publisher.config.settings import Document, Settings
from publisher.config.waits import check_delivery
from publisher.config.web import check_web
from publisher.domain.article import slug_of
from publisher.domain.digest import USUAL_CLIENTS, Digest
from publisher.domain.message import MessageKind
from publisher.domain.organisation import Organisation
from publisher.domain.spelling import nearest_word
from publisher.errors import ConfigError

if TYPE_CHECKING:
    from publisher.ports.adapter import AdapterType, ChannelSettings

NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
LANGUAGES = ("de", "en")


def cross_check(settings: Settings, installed: Installed, places: Places) -> list[ConfigError]:
    """Check what one section says about another, and values that a type alone cannot check.

    `settings` may lack the channels that are wrong in themselves.
    """
    document, channels = settings.document, settings.channels
    errors = [*_check_names(document, places), *_check_organisation(document.organisation, places)]
    errors += check_web(document.web, places)
    errors += check_delivery(document.delivery, places)
    errors += check_notify(settings, installed, places)
    errors += check_limits(document, places)
    for name, digest in document.digests.items():
        errors += _check_digest(name, digest, document, places)
        if digest.channel in channels:
            errors += _check_kind(name, digest, installed.find_adapter(channels[digest.channel].adapter), places)
        errors += _check_template(name, digest, installed.designs(settings.template_folder), places)
        errors += _check_clients(name, digest, installed, places)
    for name, channel in channels.items():
        errors += _check_domain_pace(name, channel, installed.find_adapter(channel.adapter), places)
    defaults = [name for name, digest in document.digests.items() if digest.default]
    for name in defaults[1:]:
        what = f'the digest "{defaults[0]}" is the default already'
        where = places.where(("digests", name, "default"))
        errors.append(ConfigError(what, where=where, hint="Leave default = true on one digest only."))
    return errors


def _check_names(document: Document, places: Places) -> Iterator[ConfigError]:
    for kind, names in (("digests", document.digests), ("channels", document.channels)):
        for name in names:
            if not NAME.fullmatch(name):
                hint = f'Use small letters a to z, digits, "-" and "_", for example [{kind}.daily].'
                yield ConfigError(f'"{name}" cannot be a name', where=places.where((kind, name)), hint=hint)


def _check_organisation(organisation: Organisation, places: Places) -> Iterator[ConfigError]:
    path = ("organisation",)
    for key in ("name", "postal_address"):
        yield from _check_filled(getattr(organisation, key), (*path, key), places)
    yield from _check_language(organisation.language, (*path, "language"), places)
    yield from _check_time_zone(organisation.time_zone, (*path, "time_zone"), places)
    for key in ("website", "imprint_url"):
        address = getattr(organisation, key)
        if address is not None and not re.match(r"https://[^\s/]+", address):
            hint = f'Write the whole address, for example {key} = "https://www.example.org".'
            what = f'"{key}" is not an https address: "{address}"'
            yield ConfigError(what, where=places.where((*path, key)), hint=hint)
    yield from check_organisation_looks(organisation, places)


def _check_filled(text: str, path: tuple[str, ...], places: Places) -> Iterator[ConfigError]:
    if not text.strip():
        key = path[-1]
        hint = f"Write for example {key} = {example_of(key, {}, {})}."
        yield ConfigError(f'"{key}" is empty', where=places.where(path), hint=hint)


def _check_language(language: str | None, path: tuple[str, ...], places: Places) -> Iterator[ConfigError]:
    if language is not None and language not in LANGUAGES:
        what = f'"language" is neither "de" nor "en": "{language}"'
        yield ConfigError(what, where=places.where(path), hint='Write language = "de" or language = "en".')


def _check_time_zone(time_zone: str | None, path: tuple[str, ...], places: Places) -> Iterator[ConfigError]:
    import zoneinfo

    if time_zone is None:
        return
    known = zoneinfo.available_timezones()
    if time_zone not in known:
        example = nearest_word(time_zone, sorted(known)) or "Europe/Berlin"
        what = f'"time_zone" is not known: "{time_zone}"'
        yield ConfigError(what, where=places.where(path), hint=f'Write it for example as time_zone = "{example}".')


def _check_digest(name: str, digest: Digest, document: Document, places: Places) -> Iterator[ConfigError]:
    path = ("digests", name)
    yield from _check_filled(digest.title, (*path, "title"), places)
    yield from _check_language(digest.language, (*path, "language"), places)
    yield from _check_time_zone(digest.time_zone, (*path, "time_zone"), places)
    yield from _check_addresses(digest, path, places)
    yield from check_calendar(digest, path, places)
    yield from check_approval(digest, path, places)
    yield from check_digest_looks(name, digest, document.organisation, places)
    yield from check_counts(digest, path, places)
    if digest.channel not in document.channels:
        what = f'there is no channel "{digest.channel}"'
        hint = nearest_hint(digest.channel, list(document.channels)) if document.channels else "Add [channels.NAME]."
        yield ConfigError(what, where=places.where((*path, "channel")), hint=hint)


def _check_kind(name: str, digest: Digest, adapter: AdapterType, places: Places) -> Iterator[ConfigError]:
    if MessageKind.EMAIL not in adapter.kinds:
        what = f'the channel "{digest.channel}" cannot deliver e-mails: it is of the kind "{adapter.name}"'
        hint = 'Name a channel with adapter = "smtp", or adapter = "folder" to try things out.'
        yield ConfigError(what, where=places.where(("digests", name, "channel")), hint=hint)


def _check_domain_pace(
    name: str, channel: ChannelSettings, adapter: AdapterType, places: Places
) -> Iterator[ConfigError]:
    if channel.domain_pace and MessageKind.EMAIL not in adapter.kinds:
        what = f'"domain_pace" is for e-mail, and the channel "{name}" posts to one account'
        hint = "Write pace = {per_minute = 10} for the channel itself."
        yield ConfigError(what, where=places.where(("channels", name, "domain_pace")), hint=hint)


def _check_template(name: str, digest: Digest, designs: Collection[str], places: Places) -> Iterator[ConfigError]:
    if digest.template not in designs:
        folder = slug_of(digest.template) or "mine"
        hint = f"Use one of: {', '.join(sorted(designs))}; or put your own into templates/email/{folder}/."
        where = places.where(("digests", name, "template"))
        yield ConfigError(f'there is no e-mail template "{digest.template}"', where=where, hint=hint)


def _check_clients(name: str, digest: Digest, installed: Installed, places: Places) -> Iterator[ConfigError]:
    """Look up the mail programs that are written down; the table behind them is large."""
    if digest.required_clients == USUAL_CLIENTS:
        return
    for pattern in digest.required_clients:
        try:
            installed.choose_clients([pattern], places.where(("digests", name, "required_clients")))
        except ConfigError as error:
            yield error


def _check_addresses(digest: Digest, path: tuple[str, ...], places: Places) -> Iterator[ConfigError]:
    from publisher.domain.address import AddressError, normalise_address

    keys = [("from_address", [digest.from_address]), ("recipients", list(digest.recipients))]
    keys += [
        (key, [value]) for key in ("reply_to", "unsubscribe_address", "return_path") if (value := getattr(digest, key))
    ]
    for key, addresses in keys:
        for address in addresses:
            try:
                normalise_address(address)
            except AddressError as error:
                what = f'"{key}" is not an e-mail address: "{address}": {error}'
                hint = "Write the bare address, for example name@example.org."
                yield ConfigError(what, where=places.where((*path, key)), hint=hint)
    yield from _check_return_path(digest, path, places)


def _check_return_path(digest: Digest, path: tuple[str, ...], places: Places) -> Iterator[ConfigError]:
    """Leave room for the token: servers take 64 characters before the @."""
    from publisher.domain.personal import MAX_BOUNCE_PREFIX

    local = (digest.return_path or "").rpartition("@")[0]
    if len(local) > MAX_BOUNCE_PREFIX:
        what = f'"return_path" has {len(local)} characters before the @; {MAX_BOUNCE_PREFIX} leave room for its token'
        hint = 'Shorten it, for example return_path = "bounces@bounces.example.org".'
        yield ConfigError(what, where=places.where((*path, "return_path")), hint=hint)

"""What config.toml says of notices: channels that can take them, addresses, numbers within which they make sense."""

from __future__ import annotations

from collections.abc import Iterator

from publisher.config.explain import nearest_hint
from publisher.config.installed import Installed
from publisher.config.places import Places
from publisher.config.settings import NotifySettings, Settings
from publisher.domain.message import MessageKind
from publisher.errors import ConfigError

# key -> least, most, an example that works
_LIMITS = {"interval_minutes": (1, 1440, 15), "bounce_percent": (1, 100, 5), "expiry_days": (1, 90, 14)}


def check_notify(settings: Settings, installed: Installed, places: Places) -> Iterator[ConfigError]:
    """Check what is said of notices. Channels that are wrong in themselves are told elsewhere."""
    notify = settings.document.notify
    for name in notify.channels:
        yield from _check_channel(name, "channels", settings, installed, places)
    if notify.email_channel is not None:
        yield from _check_channel(notify.email_channel, "email_channel", settings, installed, places)
    yield from _check_addresses(notify, places)
    yield from _check_numbers(notify, places)
    if not notify.kinds:
        hint = 'Leave it out to be told everything, or name some: kinds = ["missed", "held"].'
        yield ConfigError(
            '"kinds" is empty: nobody would be told anything', where=places.where(("notify", "kinds")), hint=hint
        )
    if notify.recipients:
        yield from _check_sender(settings, places)


def _check_channel(
    name: str, key: str, settings: Settings, installed: Installed, places: Places
) -> Iterator[ConfigError]:
    where = places.where(("notify", key))
    if name not in settings.document.channels:
        known = list(settings.document.channels)
        hint = nearest_hint(name, known) if known else "Add [channels.NAME]."
        yield ConfigError(f'there is no channel "{name}"', where=where, hint=hint)
        return
    if name not in settings.channels:
        return
    kinds = installed.find_adapter(settings.channels[name].adapter).kinds
    takes_mail = MessageKind.EMAIL in kinds
    if MessageKind.NOTICE not in kinds or (key == "email_channel" and not takes_mail):
        what = f'the channel "{name}" cannot deliver notices: it is of the kind "{settings.channels[name].adapter}"'
        hint = "Name a channel of a chat, such as slack or teams; for e-mails set recipients and email_channel."
        yield ConfigError(what, where=where, hint=hint)
    elif key == "channels" and takes_mail and MessageKind.POST not in kinds:
        what = f'the channel "{name}" delivers e-mails, and those need addresses'
        hint = f'Write recipients = ["name@example.org"] and email_channel = "{name}" instead.'
        yield ConfigError(what, where=where, hint=hint)


def _check_addresses(notify: NotifySettings, places: Places) -> Iterator[ConfigError]:
    from publisher.domain.address import AddressError, normalise_address

    senders = (notify.from_address,) if notify.from_address is not None else ()
    for key, addresses in (("recipients", notify.recipients), ("from_address", senders)):
        for address in addresses:
            try:
                normalise_address(address)
            except AddressError as error:
                what = f'"{key}" is not an e-mail address: "{address}": {error}'
                hint = "Write the bare address, for example name@example.org."
                yield ConfigError(what, where=places.where(("notify", key)), hint=hint)


def _check_numbers(notify: NotifySettings, places: Places) -> Iterator[ConfigError]:
    for key, (least, most, example) in _LIMITS.items():
        value = getattr(notify, key)
        if not least <= value <= most:
            what = f'"{key}" must be from {least} to {most}, not {value}'
            yield ConfigError(what, where=places.where(("notify", key)), hint=f"Write for example {key} = {example}.")
    if notify.language is not None and notify.language not in ("de", "en"):
        what = f'"language" is neither "de" nor "en": "{notify.language}"'
        where = places.where(("notify", "language"))
        yield ConfigError(what, where=where, hint='Write language = "de" or language = "en".')


def _check_sender(settings: Settings, places: Places) -> Iterator[ConfigError]:
    """Without a digest nothing says over which channel, and in whose name, e-mails leave."""
    notify = settings.document.notify
    if settings.notice_digest is None:
        for key, example in (("email_channel", "newsletter"), ("from_address", "newsletter@example.org")):
            if getattr(notify, key) is None:
                what = f'"recipients" needs "{key}", because there is no digest to take it from'
                where = places.where(("notify", "recipients"))
                yield ConfigError(what, where=where, hint=f'Add {key} = "{example}" to [notify].')

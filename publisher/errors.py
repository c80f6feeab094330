"""Every exception the program raises on purpose, in one tree.

    PublisherError              exit 2: nothing was sent
    |- ConfigError              config.toml is wrong
    |- QueueError               one queue file, or one field of it, is wrong
    |- TemplateError            a template is wrong
    |- PreflightError           an e-mail breaks a rule of the preflight, and nobody has forced that rule
    |- PostTooLong              a post cannot be made short enough, or an author's own text is too long
    |- SourceError              `publish add` cannot read or understand a source
    |- SubscriberError          one line of subscribers is wrong
    |- UsageError               the command was called with something that does not exist
    |- StoreError               the ledger is missing, damaged or of another version
    |  |- MessageGone           a message is not there any more: what it belonged to was discarded
    |  `- SendingStopped        exit 4: it failed while messages went out
    |- Problems                 several of the above, shown together
    |- ChannelMisconfigured     the remote refuses our credentials; the channel stops
    |- WaitsForPerson           exit 3
    `- TryAgain                 exit 4
       `- StoreBusy             another process holds the ledger for too long

A remote's answer to a delivery is not an exception but an Outcome (`domain/attempt.py`).
"""

from __future__ import annotations

from collections.abc import Iterable


class PublisherError(Exception):
    """Stop with one clear line of *what*, one place *where*, and a *hint* in the imperative."""

    exit_code = 2

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        hint = f"\nhint: {self.hint}" if self.hint else ""
        return f"{place}{self.what}{hint}"


class ConfigError(PublisherError):
    """The configuration is wrong."""


class QueueError(PublisherError):
    """A queue file, or one field of it, is wrong; `field` names the field if there is one, `quoted` stands in it."""

    def __init__(self, what: str, *, where: str = "", hint: str = "", field: str = "", quoted: str = "") -> None:
        super().__init__(what, where=where, hint=hint)
        self.field = field
        self.quoted = quoted


class InsecureAddress(QueueError):
    """An article links to an address that is not https, which this digest does not send."""

    def __init__(self, address: str, *, where: str, field: str) -> None:
        hint = f"Write {address.replace('http://', 'https://', 1)[:200]} if that page is there, or take the link out"
        hint += "; http_links = true in the digest's section of config.toml sends such links as they are."
        what = f'"{field}" links to a page that is not https: {address[:200]}'
        super().__init__(what, where=where, hint=hint, field=field, quoted=address)


class TemplateError(PublisherError):
    """A template is wrong."""


class PreflightError(PublisherError):
    """A finished e-mail breaks a rule of the preflight."""


class PostTooLong(PublisherError):
    """A post cannot be made to fit its network, or an author's own text for it is too long."""


class SourceError(PublisherError):
    """A source given to `publish add` cannot be read or understood."""


class SubscriberError(PublisherError):
    """A line of subscribers is wrong."""


class UsageError(PublisherError):
    """The command names something that does not exist or does not go together."""


class StoreError(PublisherError):
    """The ledger is missing, damaged, or written by another version."""


class MessageGone(StoreError):
    """A message is not there any more: what it belonged to was discarded, by another process perhaps."""


class SendingStopped(StoreError):
    """The ledger failed while messages went out: what it has of them stays, the rest goes out another time."""

    exit_code = 4


class LogLost(StoreError):
    """The disk has not taken what the ledger has recorded: this process must end, and begin anew from the disk."""

    exit_code = 4


class ChannelMisconfigured(PublisherError):
    """The remote refuses our credentials or our set-up: the channel stops, its deliveries stay queued."""


class Problems(PublisherError):
    """Several errors found in one look, shown together."""

    def __init__(self, errors: Iterable[PublisherError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(str(error) for error in self.errors))


class WaitsForPerson(PublisherError):
    """Nothing is done until a person has decided something."""

    exit_code = 3


class TryAgain(PublisherError):
    """Nothing is wrong, but it cannot be done now."""

    exit_code = 4


class StoreBusy(TryAgain):
    """Another process holds the ledger for longer than we wait."""

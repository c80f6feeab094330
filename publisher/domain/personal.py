"""What differs between two recipients' e-mails: the values of the placeholders, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote
from zoneinfo import ZoneInfo

from publisher.domain.delivery import DeliveryKey
from publisher.domain.digest import Digest
from publisher.domain.header_words import MAX_LINE, is_control, mailbox
from publisher.domain.message import Context
from publisher.domain.token import TOKEN_CHARACTERS, Purpose, TokenSubject, make_token

# What templates may use, as `{{ placeholders.NAME }}`, with where it stands in the HTML part.
TEMPLATE_PLACEHOLDERS = {
    "greeting": Context.HTML,
    "name": Context.HTML,
    "unsubscribe_url": Context.URL,
    "web_version_url": Context.URL,
}
# What the header block and the envelope are filled with.
MESSAGE_PLACEHOLDERS = {
    "to": Context.HEADER,
    "message_id": Context.HEADER,
    "date": Context.HEADER,
    "list_unsubscribe": Context.HEADER,
    "return_path": Context.ENVELOPE,
}
NAME_MARK = "%(name)s"
UNSUBSCRIBE_PATH = "unsubscribe"
MAX_LOCAL_PART = 64  # octets before the @; RFC 5321 section 4.5.3.1.1 (checked 2026-11-23)
MAX_BOUNCE_PREFIX = MAX_LOCAL_PART - 1 - TOKEN_CHARACTERS
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Greetings:
    """How readers are addressed in one language: by name (in the place of `NAME_MARK`), and where none is known.

    `nameless` stands for the name alone, as in "Guten Tag, liebe Leserin, lieber Leser".
    """

    by_name: str
    without_name: str
    nameless: str

    def greet(self, name: str) -> str:
        """Greet by name, or without one."""
        return self.by_name.replace(NAME_MARK, name) if name else self.without_name


class SignedAddresses:
    """What a recipient's own addresses are made of: this installation's secret, and which delivery they are for.

    Without `public_url` there is no page, and people unsubscribe by e-mail. Without `secret` bounces go to From.
    """

    def __init__(self, secret: str = "", public_url: str = "", delivery_id: int = 0) -> None:
        self.secret = secret
        self.public_url = public_url
        self.delivery_id = delivery_id

    def page(self, path: str, purpose: Purpose, subject: TokenSubject) -> str:
        """Give the address of a recipient's own page; empty where there are no pages."""
        if not self.public_url:
            return ""
        return f"{self.public_url.rstrip('/')}/{path}/{make_token(self.secret, purpose, subject)}"

    def archive_page(self, edition: str) -> str:
        """Give the address of an edition's page in the archive, the same for everyone: it holds nothing personal."""
        return f"{self.public_url.rstrip('/')}/{edition}.html" if self.public_url else ""

    def return_path(self, digest: Digest, subject: TokenSubject) -> str:
        """Give the sender in the envelope: where bounces go, with whom they are about."""
        if not digest.return_path or not self.secret:
            return digest.from_address
        local, _, domain = digest.return_path.rpartition("@")
        return f"{local}+{make_token(self.secret, Purpose.BOUNCE, subject)}@{domain}"


NO_PAGES = SignedAddresses()


def recipient_values(  # noqa: PLR0913 - each is one thing that a recipient's message is made of
    *,
    key: DeliveryKey,
    recipient: str,
    name: str | None,
    greetings: Greetings,
    digest: Digest,
    digest_name: str,
    queued_at: datetime,
    time_zone: str,
    signed: SignedAddresses = NO_PAGES,
) -> dict[str, str]:
    """Give one recipient's value for every placeholder; the same on every attempt.

    `queued_at` is aware; it becomes the Date, in `time_zone`.
    """
    clean_name = visible_name(name)
    mailto = unsubscribe_mailto(digest, digest_name)
    subject = TokenSubject(signed.delivery_id, digest_name, recipient, key.occurrence)
    page = signed.page(UNSUBSCRIBE_PATH, Purpose.UNSUBSCRIBE, subject)
    return {
        "to": _to(clean_name, recipient),
        "message_id": f"<{key.text()[:32]}@{domain_of(digest.from_address)}>",
        "date": header_date(queued_at, time_zone),
        "return_path": signed.return_path(digest, subject),
        "list_unsubscribe": f"<{page}>, <{mailto}>" if page else f"<{mailto}>",
        "unsubscribe_url": page or mailto,
        "web_version_url": signed.archive_page(key.occurrence),
        "name": clean_name or greetings.nameless,
        "greeting": greetings.greet(clean_name),
    }


def notice_values(key: DeliveryKey, queued_at: datetime, time_zone: str) -> dict[str, str]:
    """Give one recipient's value for every placeholder of a notice by e-mail; the same on every attempt."""
    return {"to": key.recipient, "delivery_key": key.text()[:32], "date": header_date(queued_at, time_zone)}


def unsubscribe_mailto(digest: Digest, digest_name: str) -> str:
    """Give the address of an empty e-mail that unsubscribes."""
    return _unsubscribe_mailto(digest.unsubscribe_address or digest.from_address, digest_name)


@lru_cache(maxsize=64)
def _unsubscribe_mailto(address: str, digest_name: str) -> str:
    return f"mailto:{quote(address, safe='@.+-_')}?subject=unsubscribe%20{quote(digest_name, safe='')}"


def visible_name(name: str | None) -> str:
    """Put a name into one line without invisible control characters."""
    line = " ".join((name or "").split())
    return line if line.isprintable() else "".join(character for character in line if not is_control(character))


def domain_of(address: str) -> str:
    """Give the part of an address after its @."""
    return address.rpartition("@")[2].lower()


@lru_cache(maxsize=64)  # all deliveries of an edition were queued in one moment
def header_date(moment: datetime, time_zone: str) -> str:
    """Write an aware moment as RFC 5322 section 3.3 wants it, with a real zone (checked 2026-11-23)."""
    local = moment.astimezone(ZoneInfo(time_zone))
    day, month = _DAYS[local.weekday()], _MONTHS[local.month - 1]
    return f"{day}, {local.day} {month} {local:%Y %H:%M:%S %z}"


def _to(name: str, address: str) -> str:
    """Write To. A name that does not fit on the line is left out: nobody has to read their own name there."""
    whole = mailbox(name, address)
    return whole if len("To: ") + len(whole) <= MAX_LINE else address


def nobody_values(greetings: Greetings) -> dict[str, str]:
    """Give what stands for the words that address a reader where nobody is addressed: on a page for all."""
    return {"greeting": greetings.without_name, "name": greetings.nameless}

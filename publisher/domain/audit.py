"""The audit log: who decided what, and when. Each entry is sealed with a key and names the hash of the one before it.

Whoever can write the database but has not the key cannot change, take out, add or move an entry without its being
seen; that the newest ones were cut off is seen by a head that was kept elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from publisher.errors import StoreError

FIRST_SEQ = 1
NO_HASH = "0" * 64
KEY_ID_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class AuditNote:
    """A decision to be told. `about` names what it is about: an edition, an article, a channel, a file.

    `details` are for people; no address of a subscriber belongs there.
    """

    actor: str
    action: str
    about: str = ""
    content_hash: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    def with_details(self, **more: Any) -> AuditNote:
        """Add what is known only when it is done."""
        return replace(self, details={**self.details, **more})


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A decision as it stands in the log. `at` and `details` are the very text that is sealed."""

    seq: int
    at: str
    actor: str
    action: str
    about: str
    content_hash: str
    details: str
    key_id: str
    prev_hash: str
    hash: str

    @property
    def moment(self) -> datetime:
        """Give the time of the decision."""
        return datetime.fromisoformat(self.at)

    @property
    def facts(self) -> dict[str, Any]:
        """Give the details."""
        return dict(json.loads(self.details))


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The newest entry of a log at some moment: what the log must still have later on."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class AuditFault:
    """The first thing that is wrong with a log: the number of the entry and what it is, in plain words."""

    seq: int
    what: str


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """What a look through the whole log found. `newest` is the last entry that is right."""

    entry_count: int
    newest: AuditHead | None = None
    fault: AuditFault | None = None


def key_id_of(key: bytes) -> str:
    """Name a key without telling it."""
    return hashlib.sha256(b"publisher audit key\0" + key).hexdigest()[:KEY_ID_CHARACTERS]


def time_text(moment: datetime) -> str:
    """Write an aware time as it is sealed: UTC, microseconds, one fixed width, which sorts as time does."""
    return moment.astimezone(UTC).isoformat("T", "microseconds")[:26] + "Z"


def seal(note: AuditNote, at: datetime, before: AuditHead | None, key: bytes) -> AuditEntry:
    """Make the entry that follows on `before`, which is None for the first of a log."""
    details = json.dumps(dict(note.details), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    unsealed = AuditEntry(
        seq=before.seq + 1 if before else FIRST_SEQ,
        at=time_text(at),
        actor=note.actor,
        action=note.action,
        about=note.about,
        content_hash=note.content_hash,
        details=details,
        key_id=key_id_of(key),
        prev_hash=before.hash if before else NO_HASH,
        hash="",
    )
    return replace(unsealed, hash=seal_of(unsealed, key))


def seal_of(entry: AuditEntry, key: bytes) -> str:
    """Compute the hash of an entry: HMAC-SHA-256 in hex over everything else of it. Source: RFC 2104."""
    content = [
        entry.seq,
        entry.at,
        entry.actor,
        entry.action,
        entry.about,
        entry.content_hash,
        entry.details,
        entry.key_id,
        entry.prev_hash,
    ]
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def verify(
    entries: Iterable[AuditEntry | int], keys: Mapping[str, bytes], heads: Iterable[AuditHead] = ()
) -> AuditVerdict:
    """Go through a whole log, oldest first, and find the first thing that is wrong.

    An entry that cannot be read stands there as its number. `keys` are those at hand, by id. Each of `heads` must be
    part of the log.
    """
    heads_by_seq: dict[int, set[str]] = {}
    for head in heads:
        heads_by_seq.setdefault(head.seq, set()).add(head.hash)
    newest, count = None, 0
    for entry in entries:
        count += 1
        fault = _fault_of(entry, newest, keys, heads_by_seq)
        if fault:
            return AuditVerdict(count, newest, fault)
        assert isinstance(entry, AuditEntry)
        newest = AuditHead(entry.seq, entry.hash)
    return AuditVerdict(count, newest, _cut_off(newest, heads_by_seq))


def _fault_of(
    entry: AuditEntry | int, before: AuditHead | None, keys: Mapping[str, bytes], heads: Mapping[int, set[str]]
) -> AuditFault | None:
    expected = before.seq + 1 if before else FIRST_SEQ
    seq = entry if isinstance(entry, int) else entry.seq
    if seq != expected:
        what = "is missing" if seq > expected else "was put in"
        return AuditFault(min(seq, expected), what)
    if isinstance(entry, int) or not all(isinstance(value, str) for value in _texts(entry)):
        return AuditFault(seq, "cannot be read: it is damaged")
    key = keys.get(entry.key_id)
    if key is None:
        return AuditFault(seq, "was sealed with a key that is not here, so that it cannot be checked")
    if not hmac.compare_digest(seal_of(entry, key).encode(), entry.hash.encode("utf-8", "surrogatepass")):
        return AuditFault(seq, "was changed: its seal does not fit")
    if entry.prev_hash != (before.hash if before else NO_HASH):
        return AuditFault(seq, "does not follow on the entry before it: one of the two was put in from another log")
    if any(known != entry.hash for known in heads.get(seq, ())):
        return AuditFault(seq, "is not the one that was there when the head was kept")
    return None


def _texts(entry: AuditEntry) -> Iterator[Any]:
    yield from (entry.at, entry.actor, entry.action, entry.about, entry.content_hash)
    yield from (entry.details, entry.key_id, entry.prev_hash, entry.hash)


def _cut_off(newest: AuditHead | None, heads: Mapping[int, set[str]]) -> AuditFault | None:
    last = newest.seq if newest else 0
    if max(heads, default=0) <= last:
        return None
    return AuditFault(last + 1, "is missing: everything from here on was cut off")


def head_text(head: AuditHead) -> str:
    """Write a head as it is kept: one line of JSON."""
    return json.dumps({"seq": head.seq, "hash": head.hash}) + "\n"


def parse_head(content: bytes, where: str) -> AuditHead:
    """Read it back. Errors: StoreError."""
    try:
        values = json.loads(content)
        seq, digest = values["seq"], values["hash"]
    except (ValueError, TypeError, KeyError, RecursionError):
        seq, digest = None, None
    if type(seq) is not int or not isinstance(digest, str):
        raise StoreError(
            "this is not the head of an audit log",
            where=where,
            hint='Name a file that "publish audit --head" has written, or take this one away.',
        )
    return AuditHead(seq, digest)

"""What a notice says of each kind of event: a headline, rows of facts, and the commands that it asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from publisher.domain.notice import Event, NoticeKind
from publisher.rendering.notice_reasons import reason_text
from publisher.rendering.texts import Texts, date_text, moment_text, number_text

Row = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Speaker:
    """Puts events into words of one language."""

    say: Texts
    language: str
    zone: ZoneInfo

    def number(self, value: object) -> str:
        """Write a count."""
        return number_text(value, self.language) if isinstance(value, int) else str(value)

    def moment(self, value: object) -> str:
        """Write a time that is given as ISO text; what is none stays as it is."""
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            return str(value)
        return moment_text(moment.replace(tzinfo=moment.tzinfo or UTC), self.language, self.zone.key)

    def day(self, value: object) -> str:
        """Write the day of a time that is given as ISO text."""
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            return str(value)
        return date_text(moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(self.zone).date(), self.language)

    def reason(self, value: object) -> str:
        """Translate a reason of our own, and quote the words of others."""
        return reason_text(self.say, str(value or ""))


Words = tuple[str, list[Row], list[str]]


def _ready(speaker: Speaker, event: Event) -> Words:
    say, facts = speaker.say, event.facts
    rows = [
        (say("Subject"), str(facts["subject"])),
        (say("Goes out"), speaker.moment(facts["due_at"]) if facts["due_at"] else ""),
        (say("Preview"), str(facts.get("page") or "")),
        (say("Checksum"), str(facts["content_hash"])[:12]),
    ]
    reject = f'publish reject {event.about} --reason "..."'
    headline = say("Edition %(edition)s is waiting for your approval", edition=event.about)
    return headline, rows, [f"publish preview {event.about} --open", f"publish approve {event.about}", reject]


def _voided(speaker: Speaker, event: Event) -> Words:
    say, facts = speaker.say, event.facts
    rows = [(say("Subject"), str(facts["subject"])), (say("Reason"), speaker.reason(facts["reason"]))]
    headline = say("The approval of %(about)s does not hold any more", about=event.about)
    return headline, rows, [f"publish approve {event.about.partition(' ')[0]}"]  # an article's hash follows its name


def _sent(speaker: Speaker, event: Event) -> Words:
    say, facts = speaker.say, event.facts
    labels = {
        "accepted_count": say("Accepted"),
        "rejected_count": say("Rejected"),
        "expired_count": say("Given up"),
        "unknown_count": say("Unknown"),
        "skipped_count": say("Left out"),
    }
    rows = [(say("Subject"), str(facts["subject"]))]
    rows += [(label, speaker.number(facts[name])) for name, label in labels.items() if facts.get(name)]
    times = {"planned_at": say("Began"), "sent_at": say("Ended")}
    rows += [(label, speaker.moment(facts[name])) for name, label in times.items() if facts.get(name)]
    failed = facts.get("rejected_count") or facts.get("expired_count")
    commands = [f"publish deliveries --edition {event.about} --state rejected"] if failed else []
    return say("Edition %(edition)s was sent", edition=event.about), rows, commands


def _skipped(speaker: Speaker, event: Event) -> Words:
    say = speaker.say
    rows = [
        (say("Was due"), speaker.moment(event.facts["due_at"])),
        (say("Reason"), speaker.reason(event.facts["reason"])),
    ]
    return say("No edition of “%(digest)s” this time", digest=_digest_of(event)), rows, []


def _missed(speaker: Speaker, event: Event) -> Words:
    say = speaker.say
    rows = [
        (say("Was due"), speaker.moment(event.facts["due_at"])),
        (say("Reason"), speaker.reason(event.facts["reason"])),
    ]
    headline = say("An edition of “%(digest)s” was missed: nothing was sent", digest=_digest_of(event))
    return headline, rows, [f"publish now {_digest_of(event)}"]


def _held(speaker: Speaker, event: Event) -> Words:
    say, facts = speaker.say, event.facts
    rows = [(say("Subject"), str(facts["subject"])), (say("Reason"), speaker.reason(facts["reason"]))]
    headline = say("Edition %(edition)s is held back: nothing was sent", edition=event.about)
    return headline, rows, [f"publish approve {event.about}"]


def _paused(speaker: Speaker, event: Event) -> Words:
    say = speaker.say
    rows = [(say("Reason"), speaker.reason(event.facts["reason"]))]
    if event.facts.get("until"):
        rows.append((say("Tried again"), speaker.moment(event.facts["until"])))
    headline = say("The channel “%(channel)s” is paused", channel=event.about)
    return headline, rows, [f"publish resume {event.about}"]


def _bounces(speaker: Speaker, event: Event) -> Words:
    say, facts = speaker.say, event.facts
    bounced, tried = facts["bounced_count"], facts["tried_count"]
    headline = say(
        "%(about)s: %(bounced)s of %(tried)s messages came back",
        about=event.about,
        bounced=speaker.number(bounced),
        tried=speaker.number(tried),
    )
    rows = [(say("Subject"), str(facts.get("subject") or ""))]
    return headline, rows, [f"publish deliveries --edition {event.about} --state rejected"]


def _expiring(speaker: Speaker, event: Event) -> Words:
    say, facts = speaker.say, event.facts
    about, day = str(facts.get("name") or event.about), speaker.day(facts["expires_at"])
    if facts.get("thing") == "certificate":
        headline = say("The certificate of %(about)s ends on %(day)s", about=about, day=day)
    elif facts.get("thing") == "token":
        headline = say("The access token of %(about)s ends on %(day)s", about=about, day=day)
    else:
        headline = say("%(about)s ends on %(day)s", about=about, day=day)
    return headline, [(say("Needed by"), str(facts.get("channel") or ""))], []


def _stopped(speaker: Speaker, event: Event) -> Words:
    say, facts = speaker.say, event.facts
    rows = [(say("Error"), str(facts["error"])), (say("What to do"), str(facts.get("hint") or ""))]
    return say("%(about)s has stopped with an error", about=event.about), rows, ["publish status"]


def _digest_of(event: Event) -> str:
    return str(event.facts.get("digest") or event.about.partition(" ")[0])


K = NoticeKind
WORDS: Mapping[NoticeKind, Callable[[Speaker, Event], Words]] = {
    K.READY_FOR_APPROVAL: _ready,
    K.APPROVAL_VOIDED: _voided,
    K.SENT: _sent,
    K.SKIPPED: _skipped,
    K.MISSED: _missed,
    K.HELD: _held,
    K.CHANNEL_PAUSED: _paused,
    K.BOUNCES: _bounces,
    K.EXPIRING: _expiring,
    K.STOPPED: _stopped,
}
URGENT = frozenset({K.APPROVAL_VOIDED, K.MISSED, K.HELD, K.CHANNEL_PAUSED, K.BOUNCES, K.STOPPED})

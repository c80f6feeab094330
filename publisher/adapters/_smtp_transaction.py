"""One message's transaction: the envelope in one write where the server allows it, then body and final dot in another.

Only once the final dot is being written may the message have been taken: a loss before is Deferred, a loss after it is
Unknown, and a write that fails has not handed the dot over.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence

from publisher.adapters._smtp_dialogue import Dialogue
from publisher.adapters._smtp_nonsense import NonsenseReply
from publisher.adapters._smtp_opening import code_and_reply, evidence_of
from publisher.adapters._smtp_replies import Reply
from publisher.adapters._smtp_steps import Ask, Steps
from publisher.domain.attempt import Accepted, Deferred, Evidence, Outcome, Rejected, Unknown
from publisher.domain.message import SealedMessage
from publisher.domain.refusal import is_gone

MAX_PATH_OCTETS = 254  # RFC 5321 4.5.3.1.3 with erratum 1690, without the angle brackets, checked 2026-11-23

# "Authentication required", "mechanism too weak", "credentials invalid", "encryption required". Source: RFC 4954 6,
# checked 2026-11-23.
_NOT_US = frozenset({530, 534, 535, 538})

SENDER, RECIPIENT, DATA, BODY, FINAL_DOT = "sender", "recipient", "data", "body", "final dot"
# The stages of an envelope, and the hundred of the reply to each that lets it go on.
_STAGES, _EXPECTED = (SENDER, RECIPIENT, DATA), (2, 2, 3)
# Errors that are more than the end of a connection: silence, nonsense, and that we have broken it ourselves.
_SAYS_MORE = (TimeoutError, NonsenseReply, ConnectionAbortedError)
_PATH = re.compile(r"[!-;=?-~\u00a1-\uffff]+@[!-;=?-~]+")


class RefusesUs(Exception):
    """The server wants a login, or encryption, that it was not given: this says nothing of the message."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class LostAtOnce(Exception):
    """A kept connection was gone, or said goodbye, before the first reply: nothing has been said of the message."""


class Envelope:
    """Who sends and who gets it, fit to stand in a command. ValueError if one cannot."""

    def __init__(self, mail_from: str, rcpt_to: str) -> None:
        if mail_from:  # an empty one is the null sender
            _check_path(mail_from, "sender")
        _check_path(rcpt_to, "recipient")
        self.mail_from = mail_from
        self.rcpt_to = rcpt_to

    @classmethod
    def of(cls, message: SealedMessage) -> Envelope:
        """Take it from a message."""
        return cls(message.sections["return_path"].decode("utf-8", "replace"), message.recipient)

    @property
    def is_ascii(self) -> bool:
        """Say whether every server can take it."""
        return self.mail_from.isascii() and self.rcpt_to.isascii()


def _may_go_on_after(refusal: Reply) -> bool:
    return refusal.code // 100 in (4, 5) and refusal.code != 421


def _check_path(address: str, role: str) -> None:
    octet_count = len(address) if address.isascii() else len(address.encode())
    if octet_count > MAX_PATH_OCTETS or not (_PATH.fullmatch(address) and address.isprintable()):
        raise ValueError(f"the {role}'s address cannot stand in an SMTP command")


class Transaction:
    """One message on one connection; `stage` says how far it came, `is_clean` whether the next one may follow."""

    def __init__(self, dialogue: Dialogue, relay: str, reply_seconds: float, final_seconds: float) -> None:
        self.dialogue = dialogue
        self.relay = relay
        self.reply_seconds = reply_seconds
        self.final_seconds = final_seconds
        self.stage = SENDER
        self.is_clean = False

    def open(self, envelope: Envelope, size: int, *, is_ascii: bool, is_kept: bool) -> Steps[Outcome | None]:
        """Come as far as the server's wait for the body; give its refusal, if it refuses.

        Errors: LostAtOnce, RefusesUs.
        """
        missing = self._missing_extension(envelope, is_ascii=is_ascii)
        if missing:
            self.is_clean = True
            return Rejected(missing, evidence=Evidence(stage="envelope", relay=self.relay))
        commands = self._commands(envelope, size, is_ascii=is_ascii)
        try:
            if self.dialogue.offers("pipelining"):
                refusal = yield from self._pipeline(commands, is_kept=is_kept)
            else:
                refusal = yield from self._one_by_one(commands, is_kept=is_kept)
        except OSError as error:
            return self._lost(error)
        return None if refusal is None else self._refused(refusal)

    def hand_over(self, wire: Sequence[bytes]) -> Steps[Outcome]:
        """Write body and final dot and wait for the one reply that counts."""
        ask = Ask(self.dialogue, wire, (2,), self.final_seconds)
        self.stage = BODY
        early = self.dialogue.said_early()
        # Some refuse at once whatever may follow. Anything else would be taken for the answer to this message.
        if early and not early.startswith((b"4", b"5")):
            return self._lost(NonsenseReply(early))
        try:
            yield ask
        except OSError as error:
            if ask.is_written:
                self.stage = FINAL_DOT
            return self._lost(error)
        self.stage = FINAL_DOT
        (reply,) = ask.replies
        self.is_clean = reply.code != 421
        if reply.code // 100 != 2:
            return self._refusal(reply)
        evidence = evidence_of(self.relay, FINAL_DOT, reply.code, reply.text, self.dialogue.secrets)
        return Accepted(receipt=f"{reply.code} {evidence.reply}", evidence=evidence)

    def _missing_extension(self, envelope: Envelope, *, is_ascii: bool) -> str:
        if not envelope.is_ascii and not self.dialogue.offers("smtputf8"):
            return "the address has letters that this mail server cannot take: it does not offer SMTPUTF8"
        if not is_ascii and not self.dialogue.offers("8bitmime"):
            return "the message has 8-bit text, and this mail server takes 7 bits only: it does not offer 8BITMIME"
        return ""

    def _commands(self, envelope: Envelope, size: int, *, is_ascii: bool) -> list[bytes]:
        parameters = f" SIZE={size}" if self.dialogue.offers("size") else ""
        if not is_ascii:
            parameters += " BODY=8BITMIME"
        if not envelope.is_ascii:
            parameters += " SMTPUTF8"
        mail, rcpt = f"MAIL FROM:<{envelope.mail_from}>{parameters}\r\n", f"RCPT TO:<{envelope.rcpt_to}>\r\n"
        return [mail.encode(), rcpt.encode(), b"DATA\r\n"]

    def _pipeline(self, commands: list[bytes], *, is_kept: bool) -> Steps[Reply | None]:
        """Write all commands at once, and read all replies; give the first that refuses.

        A server may wait for a body although it has refused the recipient. Whatever was written now would be one: so
        this connection is of no more use. *Source:* RFC 2920 3.1 (checked 2026-11-23).
        """
        ask = Ask(self.dialogue, [b"".join(commands)], _EXPECTED, self.reply_seconds)
        yield from self._ask(ask, 0, is_kept=is_kept)
        refusal = self._refusal_among(ask, 0)
        if refusal is not None:
            for _ in commands[len(ask.replies) :]:
                if self.is_clean:
                    further = yield from self._further_reply()
                    self.is_clean = further is not None and _may_go_on_after(further)
            yield from self._start_over()
        return refusal

    def _one_by_one(self, commands: list[bytes], *, is_kept: bool) -> Steps[Reply | None]:
        """Write each command after the reply to the one before; give the reply that refuses one."""
        for index, command in enumerate(commands):
            ask = Ask(self.dialogue, [command], _EXPECTED[index : index + 1], self.reply_seconds)
            yield from self._ask(ask, index, is_kept=is_kept)
            refusal = self._refusal_among(ask, index)
            if refusal is not None:
                yield from self._start_over()
                return refusal
        return None

    def _ask(self, ask: Ask, first: int, *, is_kept: bool) -> Steps[None]:
        """Go through stages of the envelope, the first with this index. Errors: OSError, LostAtOnce."""
        try:
            yield ask
        except OSError as error:
            self.stage = _STAGES[first + len(ask.replies)]
            is_at_once = is_kept and self.stage is SENDER and not isinstance(error, _SAYS_MORE)
            if is_at_once:
                raise LostAtOnce from None
            raise
        if is_kept and first == 0 and ask.replies[0].code == 421:
            raise LostAtOnce

    def _refusal_among(self, ask: Ask, first: int) -> Reply | None:
        """Give the last reply if it refuses, and note at which stage."""
        index = len(ask.replies) - 1
        last = ask.replies[index]
        self.stage = _STAGES[first + index]
        if last.code // 100 == ask.expected[index]:
            return None
        self.is_clean = _may_go_on_after(last)
        return last

    def _further_reply(self) -> Steps[Reply | None]:
        """Read a reply that does not count any more."""
        ask = Ask(self.dialogue, [], (2,), self.reply_seconds)
        try:
            yield ask
        except OSError:
            return None
        return ask.replies[0]

    def _start_over(self) -> Steps[None]:
        """Make the connection fit for the next message after a refusal, or leave it as of no use."""
        if not self.is_clean:
            return
        self.is_clean = False
        ask = Ask(self.dialogue, [b"RSET\r\n"], (2,), self.reply_seconds)
        with contextlib.suppress(OSError):
            yield ask
            self.is_clean = ask.replies[0].code == 250

    def _refused(self, reply: Reply) -> Outcome:
        if reply.code in _NOT_US:
            evidence = evidence_of(self.relay, self.stage, reply.code, reply.text, self.dialogue.secrets)
            raise RefusesUs(f"{reply.code} {evidence.reply}")
        return self._refusal(reply)

    def _refusal(self, reply: Reply) -> Outcome:
        """Sort a reply that is not the one hoped for."""
        evidence = evidence_of(self.relay, self.stage, reply.code, reply.text, self.dialogue.secrets)
        reason = f"{reply.code} {evidence.reply}"
        match reply.code // 100:
            case 4:
                return Deferred(reason, evidence=evidence)
            case 5:
                return Rejected(reason, recipient_gone=is_gone(evidence), evidence=evidence)
        self.is_clean = False  # a reply that has no place here: who knows what comes next
        if self.stage == FINAL_DOT:
            return Unknown(f"nonsense after the message: {reason}", evidence)
        return Deferred(f"nonsense before the message: {reason}", evidence=evidence)

    def _lost(self, error: OSError) -> Outcome:
        """A lost connection or a nonsense reply is an outcome, too, and the final dot decides which."""
        self.is_clean = False
        code, reply = code_and_reply(error)
        evidence = evidence_of(self.relay, self.stage, code, reply, self.dialogue.secrets)
        if self.stage == FINAL_DOT:
            return Unknown(f"the message may have been taken: {evidence.reply}", evidence)
        return Deferred(f"the message was not handed over: {evidence.reply}", evidence=evidence)

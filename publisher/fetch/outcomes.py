"""What an HTTP answer means for a delivery: one table for every adapter that speaks HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from publisher.domain.attempt import Accepted, Deferred, Evidence, Outcome, Rejected, Unknown
from publisher.domain.reply import quote_reply
from publisher.errors import ChannelMisconfigured, TryAgain
from publisher.ports.http import AddressRefused, HttpAnswer, HttpClient, HttpRequest, NoAnswer, NotReached

LONGEST_RETRY_AFTER_SECONDS = 86_400.0

# 408 and 425 say by definition that the request was not processed. Source: RFC 9110 15.5.9, RFC 8470 5.2,
# checked 2026-11-23.
_NOT_NOW = frozenset({408, 425, 429, 503})
_NOT_US = frozenset({401, 403})


def accepted(answer: HttpAnswer) -> Outcome:
    """Take any 2xx for an acceptance; the receipt is the status and the beginning of the reply."""
    return Accepted(receipt=f"HTTP {answer.status} {quote_reply(answer.body)}".strip())


def deliver(
    http: HttpClient,
    request: HttpRequest,
    *,
    channel: str,
    now: datetime,
    secrets: Iterable[str] = (),
    accept: Callable[[HttpAnswer], Outcome] = accepted,
) -> Outcome:
    """Send the one request that makes a delivery happen, and say what came of it.

    `accept` reads a 2xx answer: it gives Accepted with the remote's id, or Unknown where the answer is nonsense.
    `secrets` are hidden in what is quoted. Errors: ChannelMisconfigured.
    """
    secrets = tuple(secrets)
    relay = urlsplit(request.url).hostname or ""
    try:
        answer = http.send(request)
    except AddressRefused as error:
        raise _wrong_address(error, channel) from None
    except NotReached as error:
        return Deferred(quote_reply(str(error), secrets), evidence=Evidence(stage="connect", relay=relay))
    except NoAnswer as error:
        reply = quote_reply(str(error), secrets)
        return Unknown(reply, evidence=Evidence(stage="request", reply=reply, relay=relay))
    answer = _without_secrets(answer, secrets)
    return accept(answer) if 200 <= answer.status < 300 else _refused(answer, channel, relay, now)


def ask(http: HttpClient, request: HttpRequest, *, channel: str) -> HttpAnswer:
    """Send a request that delivers nothing, for `verify`. Errors: ChannelMisconfigured, TryAgain if nobody answers."""
    try:
        return http.send(request)
    except AddressRefused as error:
        raise _wrong_address(error, channel) from None
    except (NotReached, NoAnswer) as error:
        host = urlsplit(request.url).hostname
        raise TryAgain(f"{host}: {error}", where=f"[channels.{channel}]") from None


def _wrong_address(error: AddressRefused, channel: str) -> ChannelMisconfigured:
    hint = "Correct the address of this channel in the config."
    return ChannelMisconfigured(str(error), where=f"[channels.{channel}]", hint=hint)


def _refused(answer: HttpAnswer, channel: str, relay: str, now: datetime) -> Outcome:
    reply = quote_reply(answer.body)
    evidence = Evidence(stage="response", reply=reply, code=answer.status, relay=relay)
    reason = f"HTTP {answer.status} from {relay}: {reply}" if reply else f"HTTP {answer.status} from {relay}"
    match answer.status:
        case status if status in _NOT_US:
            hint = "Check the address, the secret and the access rights of this channel."
            raise ChannelMisconfigured(
                f"{relay} refuses us with HTTP {status}: {reply}", where=f"[channels.{channel}]", hint=hint
            )
        case status if status in _NOT_NOW:
            return Deferred(reason, retry_after_seconds(answer.headers.get("retry-after", ""), now), evidence)
        case 410:
            return Rejected(f"{reason} (the address is gone for good)", evidence=evidence)
        case status if 300 <= status < 400:
            return Rejected(f"{reason} (redirects are not followed: put the new address in)", evidence=evidence)
        case status if 400 <= status < 500:
            return Rejected(reason, evidence=evidence)
    return Unknown(reason, evidence)


def retry_after_seconds(header: str, now: datetime) -> float | None:
    """Read a Retry-After header, seconds or an HTTP date; None if there is none that makes sense. At most one day.

    Source: RFC 9110 10.2.3, checked 2026-11-23.
    """
    header = header.strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,6})?", header, re.ASCII):
        return min(float(header), LONGEST_RETRY_AFTER_SECONDS)
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    seconds = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - now.timestamp()
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER_SECONDS)


def _without_secrets(answer: HttpAnswer, secrets: tuple[str, ...]) -> HttpAnswer:
    body = answer.body
    for secret in filter(None, secrets):
        body = body.replace(secret.encode(), b"(hidden)")
    return HttpAnswer(answer.status, answer.headers, body, answer.url)

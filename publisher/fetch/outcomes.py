"""What an HTTP answer means for a delivery: one table for every adapter that speaks HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
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


def by_the_table(answer: HttpAnswer) -> Outcome | None:
    """Leave a refusal to the table of statuses."""
    return None


def nonsense(answer: HttpAnswer, what: str) -> Unknown:
    """Make the outcome of a 2xx answer that cannot be read: the message may have been taken."""
    reply = quote_reply(answer.body)
    relay = urlsplit(answer.url).hostname or ""
    return Unknown(f"{what}: {reply}", Evidence("response", reply, answer.status, relay=relay))


def json_of(answer: HttpAnswer) -> Any:
    """Read a body as JSON; None if it is none."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def deliver(
    http: HttpClient,
    request: HttpRequest,
    *,
    channel: str,
    now: datetime,
    secrets: Iterable[str] = (),
    accept: Callable[[HttpAnswer], Outcome] = accepted,
    refuse: Callable[[HttpAnswer], Outcome | None] = by_the_table,
) -> Outcome:
    """Send the one request that makes a delivery happen, and say what came of it.

    `accept` reads a 2xx answer: it gives Accepted with the remote's id, or Unknown where the answer is nonsense.
    `refuse` reads any other one where the network says more than its status does: it gives an outcome, raises
    ChannelMisconfigured, or gives None to leave it to the table. `secrets` are hidden in what is quoted.
    Errors: ChannelMisconfigured.
    """
    secrets = tuple(secrets)
    answer = _exchange(http, request, channel, secrets)
    if not isinstance(answer, HttpAnswer):
        return answer
    answer = _without_secrets(answer, secrets)
    if 200 <= answer.status < 300:
        return accept(answer)
    return refuse(answer) or _refused(answer, channel, urlsplit(request.url).hostname or "", now)


def take_step(
    http: HttpClient,
    request: HttpRequest,
    *,
    channel: str,
    now: datetime,
    secrets: Iterable[str] = (),
    refuse: Callable[[HttpAnswer], Outcome | None] = by_the_table,
) -> HttpAnswer | Outcome:
    """Send a request that comes before the delivery itself, such as an upload: give its 2xx answer, else an outcome.

    Nothing is public yet, so what may or may not have arrived is Deferred, not Unknown. A 2xx answer is given as it
    came: it may hold a new token, which may be the old one. Errors: ChannelMisconfigured.
    """
    secrets = tuple(secrets)
    answer = _exchange(http, request, channel, secrets)
    if isinstance(answer, HttpAnswer):
        if 200 <= answer.status < 300:
            return answer
        answer = _without_secrets(answer, secrets)
        outcome = refuse(answer) or _refused(answer, channel, urlsplit(request.url).hostname or "", now)
    else:
        outcome = answer
    return Deferred(outcome.reason, evidence=outcome.evidence) if isinstance(outcome, Unknown) else outcome


def _exchange(
    http: HttpClient, request: HttpRequest, channel: str, secrets: tuple[str, ...]
) -> HttpAnswer | Deferred | Unknown:
    relay = urlsplit(request.url).hostname or ""
    try:
        return http.send(request)
    except AddressRefused as error:
        raise _wrong_address(error, channel) from None
    except NotReached as error:
        return Deferred(quote_reply(str(error), secrets), evidence=Evidence(stage="connect", relay=relay))
    except NoAnswer as error:
        reply = quote_reply(str(error), secrets)
        return Unknown(reply, evidence=Evidence(stage="request", reply=reply, relay=relay))


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
            return Deferred(reason, wait_seconds(answer, now), evidence)
        case 410:
            return Rejected(f"{reason} (the address is gone for good)", evidence=evidence)
        case status if 300 <= status < 400:
            return Rejected(f"{reason} (redirects are not followed: put the new address in)", evidence=evidence)
        case status if 400 <= status < 500:
            return Rejected(reason, evidence=evidence)
    return Unknown(reason, evidence)


# When a used-up allowance comes back, as the networks say it: seconds since 1970 (X; Bluesky), a time in ISO 8601
# (Mastodon), or seconds from now (the IETF draft on RateLimit headers). Source: docs.x.com "Rate limits", the PDS of
# bluesky-social/atproto, docs.joinmastodon.org "Rate limits"; checked 2026-11-23.
_RESET_HEADERS = ("x-rate-limit-reset", "x-ratelimit-reset", "ratelimit-reset")
_SURELY_SINCE_1970 = 1_000_000_000


def wait_seconds(answer: HttpAnswer, now: datetime) -> float | None:
    """Say for how long a refusal for now asks us to wait: Retry-After, else at 429 when the allowance comes back."""
    wait = retry_after_seconds(answer.headers.get("retry-after", ""), now)
    if wait is not None or answer.status != 429:
        return wait
    waits = (reset_seconds(answer.headers.get(name, ""), now) for name in _RESET_HEADERS)
    return next((wait for wait in waits if wait is not None), None)


def reset_seconds(header: str, now: datetime) -> float | None:
    """Read when an allowance comes back, in seconds from now; None if that makes no sense. At most one day."""
    header = header.strip()
    if re.fullmatch(r"\d{1,12}(\.\d{1,6})?", header, re.ASCII):
        number = float(header)
        seconds = number - now.timestamp() if number > _SURELY_SINCE_1970 else number
    else:
        try:
            at = datetime.fromisoformat(header)
        except ValueError:
            return None
        seconds = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - now.timestamp()
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER_SECONDS)


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

"""Microsoft Teams: a workflow ("When a Teams webhook request is received") posts an Adaptive Card.

Every line of the post is a text run, which knows no Markdown, so that an asterisk stays an asterisk; and no `<at>` can
mention anyone, because the card names no entities.
Source: learn.microsoft.com/connectors/teams (envelope, 28 KB), adaptivecards.io schema 1.4 (RichTextBlock, TextRun,
Image, Action.OpenUrl), MicrosoftDocs/AdaptiveCards authoring-cards/text-features.md; checked 2026-11-23. Not tested
against a live account.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from publisher.adapters._incoming_hook import HookAdapter, HookSession, HookSettings
from publisher.adapters._posting import Outgoing, find_in, json_bytes, outgoing
from publisher.domain.attempt import Accepted, Outcome
from publisher.domain.message import SealedMessage
from publisher.fetch import json_of
from publisher.ports.adapter import AdapterType, Mark
from publisher.ports.http import HttpAnswer

MAX_MESSAGE_BYTES = 28_000  # "about 28 KB", in all
_LINK = re.compile(r"https?://[^\s<>\"“”«»]+")
_AFTER_LINK = ".,;:!?'…"

# Codes of the workflow service; a flow that was deleted or switched off says WorkflowTriggerIsNotEnabled with a 400.
# Source: error texts in public bug reports, checked 2026-11-23.
_BROKEN_SET_UP = {
    "WorkflowTriggerIsNotEnabled": "the workflow was switched off or deleted",
    "WorkflowNotFound": "the workflow was deleted",
    "WorkflowTriggerNotFound": "the workflow has no such trigger any more",
    "DirectApiAuthorizationRequired": "the address lacks its signature, or the trigger is not open to anyone",
    "AuthorizationFailed": "the address's signature is not valid any more",
}


class TeamsSettings(HookSettings):
    """`[channels.NAME]` with `adapter = "teams"`."""


class TeamsSession(HookSession):
    """Post one message after the other."""

    def send(self, message: SealedMessage, mark: Mark) -> Outcome:
        """Post once. Errors: ChannelMisconfigured."""
        body = teams_message(outgoing(message))
        return self._post(body, HttpAnswer(202), accept=_accept, refuse=self._refuse)

    def _refuse(self, answer: HttpAnswer) -> Outcome | None:
        document = json_of(answer)
        code = str(find_in(document, "error", "code") or find_in(document, "code"))
        why = _BROKEN_SET_UP.get(code, "there is no workflow at this address" if answer.status == 404 else "")
        if not why:
            return None
        hint = "In Teams, open the Workflows app, switch the workflow on or make a new one, and put its address in."
        raise self._misconfigured(f"Teams refuses us: {why}", hint)


class TeamsAdapter(HookAdapter):
    """One channel or chat of Teams."""

    network = "teams"
    make_session = TeamsSession


def teams_message(out: Outgoing) -> bytes:
    """Make the request's body: the richest card that Teams takes, and always the whole text."""
    fitting = (body for body in map(json_ascii, _cards(out)) if len(body) <= MAX_MESSAGE_BYTES)
    return next(fitting, json_ascii(_plain_card(out)))


def json_ascii(card: dict[str, Any]) -> bytes:
    """Write a card in its envelope. ASCII only: it is not documented whether 28 KB are counted before or after."""
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return json_bytes({"type": "message", "attachments": [attachment]}, ascii_only=True)


def _cards(out: Outgoing) -> Iterator[dict[str, Any]]:
    """Give cards from rich to plain: with picture and links, without the picture, without links in the text."""
    linked, plain = _lines(out.text, with_links=True), _lines(out.text, with_links=False)
    button = _button(out)
    yield _card([*linked, *_image(out)], button)
    yield _card(linked, button)
    yield _card(plain, button)


def _plain_card(out: Outgoing) -> dict[str, Any]:
    run = {"type": "TextRun", "text": out.text}
    return _card([{"type": "RichTextBlock", "inlines": [run]}], [])


def _card(body: list[dict[str, Any]], actions: list[dict[str, Any]]) -> dict[str, Any]:
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": body,
    }
    return {**card, "actions": actions} if actions else card


def _lines(text: str, *, with_links: bool) -> list[dict[str, Any]]:
    """Make a block of every line: a blank line before it shows as a gap."""
    blocks: list[dict[str, Any]] = []
    spacing = "None"
    for line in text.split("\n"):
        if line.strip():
            runs = _runs(line) if with_links else [{"type": "TextRun", "text": line}]
            blocks.append({"type": "RichTextBlock", "spacing": spacing, "inlines": runs})
        spacing = "None" if line.strip() else "Medium"
    return blocks


def _runs(line: str) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = []
    position = 0
    for found in _LINK.finditer(line):
        url = _without_end(found[0])
        link = {"type": "Action.OpenUrl", "url": url}
        runs.append({"type": "TextRun", "text": line[position : found.start()]})
        runs.append({"type": "TextRun", "text": url, "color": "Accent", "selectAction": link})
        position = found.start() + len(url)
    runs.append({"type": "TextRun", "text": line[position:]})
    return [run for run in runs if run["text"]]


def _without_end(url: str) -> str:
    """Leave punctuation behind a link to the sentence, and a bracket that was opened before the link."""
    while url[-1] in _AFTER_LINK or (url[-1] == ")" and url.count(")") > url.count("(")):
        url = url[:-1]
    return url


def _image(out: Outgoing) -> list[dict[str, Any]]:
    if out.image is None or out.image_url is None:
        return []
    return [{"type": "Image", "url": out.image_url, "altText": out.image.alt, "size": "Stretch"}]


def _button(out: Outgoing) -> list[dict[str, Any]]:
    if not out.is_first or not out.post.url:
        return []
    title = "Read the article" if out.post.lang.startswith("en") else "Zum Artikel"
    return [{"type": "Action.OpenUrl", "title": title, "url": out.post.url}]


def _accept(answer: HttpAnswer) -> Outcome:
    """Take 202 for what it is: the workflow was started, and whether it posts, nobody tells us."""
    run = answer.headers.get("x-ms-workflow-run-id", "")
    started = f"workflow run {run}" if run else "workflow started"
    return Accepted(receipt=f"{started} (HTTP {answer.status}; Teams does not say whether it was posted)")


ADAPTER = AdapterType(
    name="teams",
    summary="a channel or chat of Microsoft Teams, by workflow",
    settings=TeamsSettings,
    make=TeamsAdapter,
    kinds=TeamsAdapter.kinds,
)

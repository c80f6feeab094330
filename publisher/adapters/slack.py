"""Slack: an incoming webhook posts into one channel.

The text goes as plain text (`mrkdwn` off), so that an asterisk stays an asterisk; the picture goes as an image block
beneath it. Source: docs.slack.dev "Sending messages using incoming webhooks", "Formatting message text", "Image
block", checked 2026-11-23. Not tested against a live account.
"""

from __future__ import annotations

from typing import Any

from publisher.adapters._incoming_hook import HookAdapter, HookSession, HookSettings
from publisher.adapters._posting import Outgoing, json_bytes, outgoing, shortened
from publisher.domain.attempt import Accepted, Outcome
from publisher.domain.message import SealedMessage
from publisher.domain.networks import escape_slack
from publisher.fetch import nonsense
from publisher.ports.adapter import AdapterType, Mark
from publisher.ports.http import HttpAnswer

# "Handling errors" in the document on incoming webhooks, checked 2026-11-23. An archived channel is not among them:
# it refuses the message, and a person can open it again.
_BROKEN_SET_UP = {
    "invalid_token": "the webhook's address is not valid any more",
    "no_service": "the webhook was removed or disabled",
    "no_service_id": "the webhook's address is incomplete",
    "no_active_hooks": "the webhook was disabled",
    "no_team": "the workspace does not exist",
    "team_disabled": "the workspace was disabled",
    "action_prohibited": "an admin has restricted posting to this channel",
    "posting_to_general_channel_denied": "an admin has restricted posting to the general channel",
    "channel_not_found": "the webhook's channel does not exist",
    "user_not_found": "the webhook's user does not exist",
}
MAX_ALT_CHARACTERS = 2_000  # "alt_text", Image block
MAX_IMAGE_URL_CHARACTERS = 3_000  # "image_url", Image block


class SlackSettings(HookSettings):
    """`[channels.NAME]` with `adapter = "slack"`."""


class SlackSession(HookSession):
    """Post one message after the other."""

    def send(self, message: SealedMessage, mark: Mark) -> Outcome:
        """Post once. Errors: ChannelMisconfigured."""
        body = json_bytes(slack_message(outgoing(message)))
        return self._post(body, HttpAnswer(200, body=b"ok"), accept=_accept, refuse=self._refuse)

    def _refuse(self, answer: HttpAnswer) -> Outcome | None:
        word = answer.body.decode("utf-8", "replace").strip().lower().replace(" ", "_")
        if word not in _BROKEN_SET_UP:
            return None
        hint = "In Slack, open the app's Incoming Webhooks, make a new one, and put its address in."
        raise self._misconfigured(f"Slack refuses us: {word}: {_BROKEN_SET_UP[word]}", hint)


class SlackAdapter(HookAdapter):
    """One channel of a Slack workspace."""

    network = "slack"
    make_session = SlackSession


def slack_message(out: Outgoing) -> dict[str, Any]:
    """Make the JSON of a message; a link's preview is shown where there is no picture of our own."""
    blocks = _image_blocks(out)
    document: dict[str, Any] = {
        "text": escape_slack(out.text),
        "mrkdwn": False,
        "link_names": False,
        "unfurl_links": not blocks,
        "unfurl_media": not blocks,
    }
    return {**document, "attachments": [{"blocks": blocks}]} if blocks else document


def _image_blocks(out: Outgoing) -> list[dict[str, Any]]:
    url = out.image_url
    if out.image is None or url is None or len(url) > MAX_IMAGE_URL_CHARACTERS:
        return []
    return [{"type": "image", "image_url": url, "alt_text": shortened(out.image.alt, MAX_ALT_CHARACTERS)}]


def _accept(answer: HttpAnswer) -> Outcome:
    if answer.body.strip() == b"ok":
        return Accepted(receipt="ok (Slack gives webhooks no id)")
    return nonsense(answer, "Slack answered something else than ok")


ADAPTER = AdapterType(
    name="slack",
    summary="a channel of Slack, by incoming webhook",
    settings=SlackSettings,
    make=SlackAdapter,
    kinds=SlackAdapter.kinds,
)

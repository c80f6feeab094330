"""How long a post may be on each network that we know: what adapters declare, and what a `folder` or `webhook` channel
may name as its network.

The numbers were gathered from the networks' documents and source code and checked on 2026-11-23; none was tried on a
live account. Where sources disagree the stricter reading stands here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from types import MappingProxyType

from publisher.domain.text_limits import TextLimits, Unit

_LINKEDIN_MARKUP = re.compile(r"(?<!\w)#(?=[^\W\d_])|([\\|{}@\[\]()<>#*_~])")
# Within a link an escape would become part of the address, and so would one right behind it.
_DISCORD_MARKUP = re.compile(r"(?<!\w)https?://[^\s<]+|([\\*_~|>#\[\]()<`-])")
_MATTERMOST_MARKUP = re.compile(
    r"(?P<link>(?<!\w)https?://\S+)"
    r"|(?P<mention>@(?=(?:here|channel|all)(?![^\W_])))"
    r"|(?P<start>^(?:#+(?=\s)|[>+-]|\d+(?=\.\s)))"
    r"|(?P<sign>[\\`*_~|\[\]])",
    re.IGNORECASE | re.MULTILINE,
)
_MASS_MENTION = re.compile(r"@(?=(?:here|channel|all)(?![^\W_]))", re.IGNORECASE)
_GOOGLE_CHAT_MARKUP = re.compile(r"<(?=users/|[a-z][a-z0-9+.-]*:)", re.IGNORECASE)
WORD_JOINER = "\u2060"  # invisible and without a width: it takes a special word apart for the machine only


def escape_linkedin(text: str) -> str:
    """Put a backslash before what LinkedIn reads as markup; an unescaped "(" cuts the rest of a post off silently.

    Hashtags stay as they are: `HashtagElement ::= '#' SINGLE_WORD`.
    Source: LinkedIn's "little text format", checked 2026-11-23.
    """
    return _LINKEDIN_MARKUP.sub(_with_backslash, text)


def _with_backslash(found: re.Match[str]) -> str:
    return "\\" + found[0] if found[1] else found[0]


def escape_slack(text: str) -> str:
    """Escape the three characters that Slack reads as markup, so that no `<!channel>` can come about.

    Source: docs.slack.dev "Formatting message text", checked 2026-11-23.
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escape_discord(text: str) -> str:
    """Put a backslash before what Discord reads as Markdown, but for links.

    Source: Discord's help article on Markdown, checked 2026-11-23.
    """
    return _DISCORD_MARKUP.sub(_with_backslash, text)


def escape_mattermost(text: str) -> str:
    """Put a backslash before what Mattermost reads as Markdown, but for links; take @here, @channel and @all apart.

    Source: mattermost/mattermost, server/channels/app/mention_parser_standard.go, which splits at everything but
    letters, numbers and `:.-_@`, also within links; docs.mattermost.com "Format messages"; checked 2026-11-23.
    """
    return _MATTERMOST_MARKUP.sub(_for_mattermost, text)


def _for_mattermost(found: re.Match[str]) -> str:
    match found.lastgroup:
        case "link":
            return _MASS_MENTION.sub("%40", found[0])
        case "mention":
            return found[0] + WORD_JOINER
        case "start" if found[0].isdigit():
            return found[0] + "\\"
    return "\\" + found[0]


def disarm_google_chat(text: str) -> str:
    """Take `<users/all>` and `<address|text>` apart, which Google Chat reads as a mention and a link.

    It knows no escape. Source: developers.google.com/workspace/chat/format-messages, checked 2026-11-23.
    """
    return _GOOGLE_CHAT_MARKUP.sub("<" + WORD_JOINER, text)


def _escape_google_chat(text: str) -> str:
    return _as_json(disarm_google_chat(text))


def _as_json(text: str) -> str:
    return json.dumps(text)[1:-1]


# What the rest of a card or a message takes: frame, button, image address.
_TEAMS_FRAME_BYTES = 4_000
_GOOGLE_CHAT_FRAME_BYTES = 2_000

KNOWN_LIMITS: Mapping[str, TextLimits] = MappingProxyType(
    {
        "x": TextLimits(
            unit=Unit.X_WEIGHTED,
            max_length=280,
            link_length=23,
            source="twitter-text config/v3.json, docs.x.com counting-characters; checked 2026-11-23",
        ),
        "mastodon": TextLimits(
            unit=Unit.GRAPHEMES,
            max_length=500,
            link_length=23,
            short_mentions=True,
            source="Mastodon StatusLengthValidator; an instance may allow more (configuration.statuses.max_characters) "
            "; checked 2026-11-23",
        ),
        "bluesky": TextLimits(
            unit=Unit.GRAPHEMES,
            max_length=300,
            max_bytes=3_000,
            source="lexicons/app/bsky/feed/post.json of bluesky-social/atproto; checked 2026-11-23",
        ),
        "threads": TextLimits(
            unit=Unit.BYTES,
            max_length=500,
            source="Threads API overview: 500 characters, emoji as UTF-8 bytes; production counts bytes of all; "
            "checked 2026-11-23",
        ),
        "linkedin": TextLimits(
            unit=Unit.UTF16,
            max_length=3_000,
            escape=escape_linkedin,
            source="LinkedIn help a528176; unit not documented, so UTF-16 of the escaped text; checked 2026-11-23",
        ),
        "facebook": TextLimits(
            unit=Unit.UTF16,
            max_length=5_000,
            source="no primary source found: 63,206 by several schedulers, 5,000 by Buffer; checked 2026-11-23",
        ),
        "telegram": TextLimits(
            unit=Unit.UTF16,
            max_length=4_096,
            source="Telegram Bot API sendMessage; core.telegram.org/api/entities for the unit; checked 2026-11-23",
        ),
        "slack": TextLimits(
            unit=Unit.UTF16,
            max_length=4_000,
            escape=escape_slack,
            source="Slack chat.postMessage: 4,000 advised, cut above 40,000; checked 2026-11-23",
        ),
        "discord": TextLimits(
            unit=Unit.UTF16,
            max_length=2_000,
            escape=escape_discord,
            source="Discord resources/message: content 2,000; checked 2026-11-23",
        ),
        "google_chat": TextLimits(
            unit=Unit.BYTES,
            max_length=32_000 - _GOOGLE_CHAT_FRAME_BYTES,
            escape=_escape_google_chat,
            source="Google Chat spaces.messages.create: 32,000 bytes with cards, 2,000 kept for the frame; "
            "checked 2026-11-23",
        ),
        "mattermost": TextLimits(
            unit=Unit.UTF16,
            max_length=16_383,
            max_bytes=65_535,
            escape=escape_mattermost,
            source="Mattermost product-limits, important-upgrade-notes; checked 2026-11-23",
        ),
        "teams": TextLimits(
            unit=Unit.BYTES,
            max_length=28_000 - _TEAMS_FRAME_BYTES,
            escape=_as_json,
            source="learn.microsoft.com connectors/teams: about 28 KB for the whole card; text as JSON, "
            "4,000 kept for the rest of the card; checked 2026-11-23",
        ),
        "generic": TextLimits(
            unit=Unit.CODE_POINTS,
            max_length=100_000,
            source="our own bound for a webhook of any kind, 2026-11-23",
        ),
    }
)

"""Examples that work, for the hints of errors."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from publisher.config.shape import follow, is_secret, is_text_list, options_of

Schema = Mapping[str, Any]

_BY_KEY = {
    "adapter": '"folder"',
    "addresses_days": "90",
    "approval_lead": '"3h"',
    "attempts_days": "90",
    "blackout": '["12-24..01-06"]',
    "body": '{text = "{text}"}',
    "ca_file": '"our-server.pem"',
    "catch_up": '"1h"',
    "channel": '"newsletter"',
    "contact": '"presse@example.org"',
    "domain": '"example.org"',
    "domain_pace": '{"t-online.de" = {per_minute = 60}}',
    "env": '"SMTP_PASSWORD"',
    "file": '"publisher.db"',
    "folder": '"outbox"',
    "from_address": '"newsletter@example.org"',
    "from_name": '"Fachverband Wärme"',
    "headers": '{X-Token = "abc"}',
    "helo_name": '"mail.example.org"',
    "host": '"smtp.example.org"',
    "imprint_url": '"https://www.example.org/impressum"',
    "kinds": '["missed", "held"]',
    "key": '{file = "dkim-news1.pem"}',
    "language": '"de"',
    "limits": '{unit = "code points", max_length = 500}',
    "logo": '"logo.png"',
    "max_length": "500",
    "name": '"Fachverband Wärme"',
    "pause_until": '"2027-01-07"',
    "pace": "{per_second = 10, per_hour = 2000}",
    "per_hour": "2000",
    "per_minute": "60",
    "per_second": "10",
    "port": "587",
    "postal_address": '"Musterstraße 1, 44135 Dortmund"',
    "quiet_hours": '"20:00-07:00"',
    "recipients": '["redaktion@example.org"]',
    "reply_to": '"presse@example.org"',
    "schedule": '["Mon-Fri 07:00"]',
    "skip_holidays": '["DE-NW"]',
    "selector": '"news1"',
    "tags": '["Technik", "Recht"]',
    "time_zone": '"Europe/Berlin"',
    "title": '"Branchendienst am Morgen"',
    "unsubscribe_address": '"abmelden@example.org"',
    "return_path": '"bounces@bounces.example.org"',
    "url": '"https://www.example.org/hook"',
    "username": '"newsletter@example.org"',
    "website": '"https://www.example.org"',
}
_BY_TYPE = {"string": '"text"', "integer": "1", "number": "1.5", "boolean": "true"}


def example_of(key: str, node: Schema, schema: Schema) -> str:
    """Give a value that may stand behind `key =`, as TOML; empty for a section.

    What an adapter's field has as its own example comes first: `Field(examples=["@fachverband"])`.
    """
    if node.get("examples"):
        return json.dumps(node["examples"][0], ensure_ascii=False)
    if key in _BY_KEY:
        return _BY_KEY[key]
    if is_secret(node, schema):
        return f'{{env = "{key.upper()}"}}'
    if "enum" in node:
        return json.dumps(node["enum"][0], ensure_ascii=False)
    if isinstance(node.get("default"), str | int | float) and node["default"] != "":
        return json.dumps(node["default"], ensure_ascii=False)
    if is_text_list(node, schema):
        words = follow(node["items"], schema).get("enum", ["text"])
        return json.dumps(words[:1], ensure_ascii=False)
    return next((_BY_TYPE[str(option.get("type"))] for option in options_of(node, schema) if _is_simple(option)), "")


def _is_simple(option: Schema) -> bool:
    return option.get("type") in _BY_TYPE


def section_hint(location: Sequence[str | int], node: Schema) -> str:
    """Say how a section is written; digests and channels have a name."""
    path = [str(part) for part in location]
    if path in (["digests"], ["channels"]):
        name = "daily" if path == ["digests"] else "newsletter"
        return f"Give it a name: a line such as [{path[0]}.{name}], and its keys in the lines below it."
    required = node.get("required", [])
    if location and isinstance(location[-1], int):
        members = ", ".join(f"{name} = {_BY_KEY.get(name, _BY_TYPE['string'])}" for name in required)
        return f"Write it for example as {path[-2]} = [{{{members}}}]."
    keys = f"with {' and '.join(required)}" if required else "and its keys"
    return f"Begin it with a line [{'.'.join(path)}], {keys} in the lines below it."

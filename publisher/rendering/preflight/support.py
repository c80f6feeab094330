"""Rules K: which of what the mail is made of works in the mail programs that the digest's readers use.

*Source:* caniemail's data (data/caniemail.json, MIT licence). Many of its tests are old, so every finding has its date.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files

from publisher.errors import ConfigError
from publisher.rendering.preflight.css import Declaration, StyleRule
from publisher.rendering.preflight.features import FEATURES, Feature, Weight
from publisher.rendering.preflight.page import Page
from publisher.rendering.preflight.parts import EmailParts
from publisher.rendering.preflight.rules import Finding, found

_SHOWN_CLIENTS = 4


@dataclass(frozen=True, slots=True)
class Tested:
    """What is known of a feature: support by mail program ("n #1": no, see note 1), and when it was looked at."""

    title: str
    tested_on: str
    clients: Mapping[str, str]
    notes: Mapping[str, str]


@cache
def read_features() -> Mapping[str, Tested]:
    """Read the data, by feature."""
    text = files("publisher.rendering").joinpath("data/caniemail.json").read_text("utf-8")
    return {slug: _tested(entry) for slug, entry in json.loads(text)["features"].items()}


def _tested(entry: Mapping[str, object]) -> Tested:
    grouped: Mapping[str, str] = entry["support"]  # type: ignore[assignment]
    clients = {client: support for support, names in grouped.items() for client in names.split()}
    return Tested(str(entry["title"]), str(entry["tested_on"]), clients, entry["notes"])  # type: ignore[arg-type]


@cache
def known_clients() -> tuple[str, ...]:
    """Name all mail programs of the data as FAMILY.PLATFORM."""
    return tuple(sorted({client for tested in read_features().values() for client in tested.clients}))


def chosen_clients(patterns: Iterable[str], where: str) -> tuple[str, ...]:
    """Give the mail programs that patterns such as "gmail.*" name. Errors: ConfigError for one that names none."""
    chosen: dict[str, None] = {}
    for pattern in patterns:
        names = [client for client in known_clients() if fnmatchcase(client, pattern)]
        if not names:
            families = ", ".join(sorted({client.split(".")[0] for client in known_clients()}))
            raise ConfigError(
                f'"{pattern}" names no mail program',
                where=where,
                hint=f'Write for example "gmail.*". Known: {families}.',
            )
        chosen |= dict.fromkeys(names)
    return tuple(chosen)


def check_support(email: EmailParts, page: Page) -> Iterator[Finding]:
    """Look up everything that the mail is made of. Errors: ConfigError for an unknown mail program."""
    where = f"config.toml [digests.{email.content.digest_name}.required_clients]"
    clients = chosen_clients(email.content.digest.required_clients, where)
    for feature, use in _features_of(uses_of(page)):
        yield from _finding(feature, use, clients)


def _features_of(uses: Mapping[str, str]) -> Iterator[tuple[Feature, tuple[str, str]]]:
    """Give each feature once, with the first use of it and where that is."""
    seen: set[Feature] = set()
    for use, where in uses.items():
        for feature in FEATURES:
            if feature not in seen and feature.pattern.fullmatch(use):
                seen.add(feature)
                yield feature, (use, where)


def _finding(feature: Feature, use: tuple[str, str], clients: tuple[str, ...]) -> Iterator[Finding]:
    if feature.weight is Weight.ALLOWED:
        return
    tested = read_features()[feature.slug]
    supports = {client: tested.clients[client] for client in clients if client in tested.clients}
    lacking = [client for client, support in supports.items() if support.startswith("n")]
    partly = [client for client, support in supports.items() if support.startswith("a")]
    essential = feature.weight is Weight.ESSENTIAL
    if lacking:
        rule = "K1-essential" if essential else "K2-helpful"
        yield _told(rule, tested, use, "does not work", lacking)
    elif partly and essential:
        yield _told("K3-partial", tested, use, "works only partly", partly)


def _told(rule: str, tested: Tested, use: tuple[str, str], how: str, clients: list[str]) -> Finding:
    more = f" and {len(clients) - _SHOWN_CLIENTS} more" if len(clients) > _SHOWN_CLIENTS else ""
    names = ", ".join(clients[:_SHOWN_CLIENTS]) + more
    what = f"{tested.title} ({use[0]}) {how} in {names} (tested {tested.tested_on})"
    numbers = dict.fromkeys(number for client in clients for number in re.findall(r"#(\d+)", tested.clients[client]))
    notes = " ".join(re.sub(r"[`<>]", "", tested.notes[number]) for number in numbers if number in tested.notes)
    return found(rule, use[1], what, notes or "Do without it, or take the program out of required_clients.")


def uses_of(page: Page) -> dict[str, str]:
    """List everything the mail is made of, each with the place of its first use."""
    uses: dict[str, str] = {}
    for element in page.everything:
        where = f"html:{element.sourceline or 0} <{element.tag}>"
        names = [f"element {element.tag}", *_attributes(element)]
        names += [use for declaration in page.inline(element).values() for use in _declaration(declaration)]
        for name in names:
            uses.setdefault(name, where)
    for sheet in page.sheets:
        for name in (use for rule in sheet.rules for use in _rule(rule)):
            uses.setdefault(name, f"html:{sheet.line} <style>")
    return uses


def _attributes(element: object) -> Iterator[str]:
    for name, value in element.items():  # type: ignore[attr-defined]
        if name not in ("style", "class", "content", "alt"):
            yield f"attribute {name}={value}"
        if name == "href":
            yield f"link {'#' if value.startswith('#') else value.split(':')[0]}"
        if name == "src":
            ending = value.rsplit(".", 1)[-1].split("?")[0]
            yield "image data" if value.startswith("data:") else f"image {ending}"


def _declaration(declaration: Declaration) -> Iterator[str]:
    yield f"property {declaration.name}: {declaration.value}"
    for function in re.findall(r"([a-z-]+)\(", declaration.value):
        yield f"function {function}"
    for unit in re.findall(r"(?<![#\w])-?[0-9.]+(%|[a-z]+)", declaration.value):
        yield f"unit {unit}"


def _rule(rule: StyleRule) -> Iterator[str]:
    yield from (f"at-rule {condition}" for condition in rule.media)
    for selector in rule.selectors:
        yield from _selector(selector)
    for declaration in rule.declarations:
        yield from _declaration(declaration)


def _selector(selector: str) -> Iterator[str]:
    if selector.startswith("@"):
        yield f"at-rule {selector}"
        return
    yield from (f"selector {mark}" for mark in (">", "+", "~", "*") if mark in re.sub(r"\[[^\]]*\]", "", selector))
    yield from (f"selector {pseudo}" for pseudo in re.findall(r"::?[a-z-]+", selector))
    if "[" in selector:
        yield "selector []"
    if "#" in selector:
        yield "selector id"

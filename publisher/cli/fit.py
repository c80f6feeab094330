"""`publish fit`: a text as each channel, or each network, would post it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from publisher.cli.frame import Result, plural, publish_command
from publisher.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from publisher.domain.article import Article
    from publisher.domain.text_limits import Measure
    from publisher.workflow.fit import FittedPost

BAR_CELLS = 20
SHOWN_LEFT_OUT = 60
STANDARD_INPUT = "standard input"

CUTS = {
    "paragraph": "cut at the end of a paragraph",
    "sentence": "cut at the end of a sentence",
    "clause": "cut at the end of a clause",
    "word": "cut at the end of a word",
    "title": "only the title is left",
    "title word": "only the beginning of the title is left",
}


@publish_command("fit", summary="Show a text as each channel would post it: cut, counted, with warnings.")
@click.argument("article", metavar="ARTICLE|-")
@click.option("--channel", "channels", multiple=True, help="Only this channel; may be repeated.")
@click.option("--network", "networks", multiple=True, help="This network's rules, without any config; may be repeated.")
def fit(config_file: Path, article: str, channels: tuple[str, ...], networks: tuple[str, ...]) -> Result:
    """Show what would be posted; "-" reads an article or a plain text from standard input. Nothing is sent."""
    if channels and networks:
        raise UsageError("--channel and --network do not go together", hint="Leave one of them out.")
    posts = _for_networks(article, networks) if networks else _for_channels(config_file, article, channels)
    problems = [post.problem for post in posts if post.problem]
    data = {"posts": [_data(post) for post in posts]}
    return Result(data, lambda console: _show(console, posts), 2 if problems else 0, problems)


def _for_channels(config_file: Path, name: str, channels: tuple[str, ...]) -> list[FittedPost]:
    from publisher.bootstrap import open_application
    from publisher.workflow.fit import fit_everywhere, rules_of_channels
    from publisher.workflow.prepare import parse_wanted

    with open_application(config_file) as app:
        places = rules_of_channels(app, channels)
        text: Article | str
        if name == "-":
            text = _read_standard_input()
        else:
            reading = app.read_queue()
            wanted = parse_wanted(app, [name], [], reading)
            if not wanted.articles:
                raise UsageError(f'"{name}" is a digest', hint='Name an article; "publish preview" shows a digest.')
            text = next(article for article in reading.articles if article.slug == wanted.articles[0])
        language = app.settings.organisation.language
        return list(fit_everywhere(text, places, app.templates, language=language, path=STANDARD_INPUT))


def _for_networks(name: str, networks: tuple[str, ...]) -> list[FittedPost]:
    """Fit standard input, or a file, with what comes with the program."""
    from publisher.bootstrap import installed_adapters, shipped_templates
    from publisher.workflow.fit import fit_everywhere, rules_of_networks

    text = _read_standard_input() if name == "-" else _read_file(Path(name))
    places = rules_of_networks(networks, installed_adapters)
    return list(fit_everywhere(text, places, shipped_templates(), language="de", path=STANDARD_INPUT))


def _read_standard_input() -> Article | str:
    from publisher.workflow.fit import MAX_TEXT_BYTES

    content = sys.stdin.buffer.read(MAX_TEXT_BYTES + 1)
    return _parsed(content, STANDARD_INPUT, "text.md")


def _read_file(file: Path) -> Article | str:
    if not file.is_file():
        hint = "Give the path of a file, or - for standard input; without --network, an article of the queue."
        raise UsageError(f'there is no file "{file}"', hint=hint)
    return _parsed(file.read_bytes(), str(file), file.name)


def _parsed(content: bytes, shown: str, name: str) -> Article | str:
    from publisher.intake.front_matter import read_article
    from publisher.workflow.fit import decode_text, is_article

    text = decode_text(content, shown)
    return read_article(text, name) if is_article(text) else text


def _data(post: FittedPost) -> dict[str, Any]:
    rendered = post.rendered
    texts = rendered.post.segments or (rendered.post.text,) if rendered else ()
    return {
        "channel": post.rules.name,
        "network": post.rules.network,
        "posts": [
            {
                "text": text,
                "count": measured.length,
                "limit": measured.max_length,
                "unit": measured.unit,
                "bytes": measured.byte_length,
                "max_bytes": measured.max_bytes,
            }
            for text, measured in zip(texts, rendered.measures if rendered else (), strict=True)
        ],
        "cut": rendered.cut if rendered else None,
        "left_out": rendered.left_out if rendered else "",
        "dropped_hashtags": rendered.dropped_hashtags if rendered else (),
        "warnings": rendered.warnings if rendered else (),
        "problem": post.problem.what if post.problem else None,
    }


def _show(console: Console, posts: Sequence[FittedPost]) -> None:
    for number, post in enumerate(posts):
        if number:
            console.print()
        _show_post(console, post)


def _show_post(console: Console, post: FittedPost) -> None:
    rules, rendered = post.rules, post.rendered
    name = rules.name if rules.name == rules.network else f"{rules.name} ({rules.network})"
    if rendered is None:
        _print_head(console, name, None)
    else:
        segments = rendered.post.segments
        for number, measured in enumerate(rendered.measures, start=1):
            if number > 1:
                console.print()
            part = f", post {number} of {len(segments)}" if segments else ""
            _print_head(console, name + part, measured)
            _print_text(console, rendered.post.text_of(number))
        for note in _notes(post):
            console.print(f"  {note}", markup=False, style="dim")
        for warning in rendered.warnings:
            console.print(f"  warning: {warning}", markup=False, style="yellow")
    if post.problem:
        console.print(f"  cannot be posted: {post.problem.what}", markup=False, style="red")


def _notes(post: FittedPost) -> list[str]:
    """Say what was cut, and where."""
    rendered = post.rendered
    if rendered is None or rendered.cut is None:
        return []
    left_out = " ".join(rendered.left_out.split())
    shown = left_out if len(left_out) <= SHOWN_LEFT_OUT else left_out[:SHOWN_LEFT_OUT].rsplit(" ", 1)[0] + " ..."
    return [f'{CUTS[rendered.cut]}; left out: {plural(len(rendered.left_out), "character")}, from "{shown}"']


def _print_head(console: Console, name: str, measured: Measure | None) -> None:
    from rich.text import Text

    head = Text(name, style="bold")
    if measured:
        head.append("  ")
        if console.is_terminal:
            head.append_text(_bar(measured))
        head.append(_count_text(measured), style="" if measured.fits else "red")
    console.print(head)


def _bar(measured: Measure) -> Any:
    """Draw how full a post is, by the limit that it is nearest to."""
    from rich.text import Text

    fill = min(1.0, max(length / most for length, most in _lengths(measured)))
    cells = max(1, round(fill * BAR_CELLS)) if fill else 0
    colour = "green" if fill < 0.9 else "yellow"
    return Text("━" * cells, style=colour) + Text("━" * (BAR_CELLS - cells) + "  ", style="bright_black")


def _lengths(measured: Measure) -> list[tuple[int, int]]:
    second = [(measured.byte_length or 0, measured.max_bytes)] if measured.max_bytes else []
    return [(measured.length, measured.max_length), *second]


def _count_text(measured: Measure) -> str:
    first = f"{measured.length:,} of {measured.max_length:,} {measured.unit}"
    if measured.max_bytes is None:
        return first
    return f"{first}, {measured.byte_length:,} of {measured.max_bytes:,} UTF-8 bytes"


def _print_text(console: Console, text: str) -> None:
    """Print a post, indented; nothing in it is taken for markup."""
    from rich.padding import Padding
    from rich.text import Text

    if console.is_terminal:
        console.print(Padding(Text(text), (0, 0, 0, 2)))
    else:
        console.file.write("".join(f"  {line}".rstrip() + "\n" for line in text.split("\n")))


commands = {"fit": fit}

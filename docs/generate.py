"""Write the reference pages that come out of the program: `python docs/generate.py`, or with `--check` only compare.

docs/reference/config.md comes from the settings' own descriptions, docs/reference/commands.md from the commands' help,
docs/reference/fit.md from `publish fit` on the samples in queue/.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner
from pydantic import TypeAdapter

from publisher.bootstrap import installed_adapters
from publisher.cli.group import publish
from publisher.cli.overview import COMMANDS, overview
from publisher.config.settings import Document
from publisher.config.shape import follow, is_secret, options_of
from publisher.domain.article import split_file_stem
from publisher.ports.adapter import ChannelSettings

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference"
COLUMNS = 88
NOTE = "<!-- Written by docs/generate.py; do not edit. -->"
Schema = Mapping[str, Any]

INTRODUCTION = f"""{NOTE}

# Every key of `config.toml`

`config.example.toml` is a complete, commented example. `publish check` says what is wrong with a config,
`publish config` shows what is in force, and `publish config --schema` prints a JSON schema with which editors
complete and check it.

* Every value may come from outside: `password = {{env = "SMTP_PASSWORD"}}` takes an environment variable,
  `password = {{file = "smtp-password.txt"}}` a file. A secret is read at the moment of use and never shown.
* Relative paths start at the folder of `config.toml`.
* One text may stand for a list of one: `schedule = "Mon-Fri 07:00"`."""


def main(arguments: Sequence[str]) -> int:
    pages = {"config.md": config_page(), "commands.md": commands_page(), "fit.md": fit_page()}
    stale = [name for name, text in pages.items() if read(REFERENCE / name) != text]
    if "--check" in arguments:
        for name in stale:
            print(f"docs/reference/{name} is not what the program says: run python docs/generate.py")
        return 1 if stale else 0
    for name in stale:
        (REFERENCE / name).write_text(pages[name], encoding="utf-8")
    return 0


def read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


def config_page() -> str:
    document = TypeAdapter(Document).json_schema()
    parts = [INTRODUCTION, *sections("", document, document, title="Top level")]
    digest = follow(document["properties"]["digests"]["additionalProperties"], document)
    parts += sections("digests.NAME", digest, document)
    common = ChannelSettings.model_json_schema()
    parts += sections("channels.NAME", common, common, title="`[channels.NAME]`, whatever its kind")
    for adapter in installed_adapters():
        schema = adapter.settings.model_json_schema()
        own = {name: node for name, node in schema["properties"].items() if name not in common["properties"]}
        title = f'`[channels.NAME]` with `adapter = "{adapter.name}"`'
        kind = {"properties": own, "required": schema.get("required", []), "description": f"{adapter.summary}."}
        parts += sections("channels.NAME", kind, schema, title=title)
    return "\n\n".join(parts) + "\n"


def sections(path: str, section: Schema, schema: Schema, *, title: str = "", level: int = 2) -> Iterator[str]:
    """Describe a section, and after it those within it."""
    required = section.get("required", [])
    keys = {name: node for name, node in section["properties"].items() if name not in ("digests", "channels")}
    inner = {name: follow(node, schema) for name, node in keys.items()}
    yield f"{'#' * level} {title or f'`[{path}]`'}"
    if path:
        description = section.get("description", "").split("\n")[0]
        yield description[:1].upper() + description[1:]
    rows = [row(name, node, schema, required=name in required) for name, node in keys.items() if is_key(inner[name])]
    if rows:
        yield "\n".join(["| key | value | if left out | meaning |", "|---|---|---|---|", *rows])
    for name, node in inner.items():
        if not is_key(node):
            yield from sections(f"{path}.{name}".lstrip("."), node, schema, level=3 if path else 2)


def is_key(node: Schema) -> bool:
    """Tell a key with a value from a section with keys."""
    return "properties" not in node or node.get("title") == "Secret"


def row(name: str, node: Schema, schema: Schema, *, required: bool) -> str:
    default = "**must be there**" if required else default_text(node.get("default"))
    meaning = node.get("description") or follow(node, schema).get("description", "")
    cells = (f"`{name}`", value_text(node, schema), default, meaning.replace("\n", " "))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def default_text(default: Any) -> str:
    return "" if default in (None, [], {}) else f"`{json.dumps(default, ensure_ascii=False)}`"


TYPES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "object": "group"}


def value_text(node: Schema, schema: Schema) -> str:
    """Say in words what may stand there."""
    here = follow(node, schema)
    return " or ".join(dict.fromkeys(option_text(option, schema) for option in options_of(here, schema)))


def option_text(option: Schema, schema: Schema) -> str:
    if is_secret(option, schema):
        return "secret"
    if "enum" in option:
        return ", ".join(f'`"{word}"`' for word in option["enum"])
    if option.get("type") == "array":
        return "list of texts"
    return TYPES[str(option["type"])] + limits_text(option)


def limits_text(option: Schema) -> str:
    low, above, high = (option.get(name) for name in ("minimum", "exclusiveMinimum", "maximum"))
    least = f" from {low:g}" if low is not None else f" above {above:g}" if above is not None else ""
    return least + (f" to {high:g}" if high is not None else "")


def commands_page() -> str:
    parts = [NOTE, "# Every command", f"```text\n{overview().rstrip()}\n```"]
    context = click.Context(publish, info_name="publish")
    for name in (name for group in COMMANDS.values() for name in group):
        command = publish.get_command(context, name)
        parts += command_parts(command, context, name)
    return "\n\n".join(parts) + "\n"


def command_parts(command: click.Command, parent: click.Context, name: str) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent, terminal_width=COLUMNS, max_content_width=COLUMNS)
    yield f"## `{context.command_path}`"
    yield f"```text\n{command.get_help(context).rstrip()}\n```"
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            yield from command_parts(command.commands[inner], context, inner)


FIT_INTRODUCTION = f"""{NOTE}

# `publish fit`

Shows a text as each channel would post it: cut, counted by the network's own law, with what was left out and with
warnings. Nothing is sent. `publish preview` and `publish check` use the same functions.

```console
$ publish fit waermetag-2026                   # an article of the queue, for every channel
$ publish fit waermetag-2026 --channel x       # for one channel
$ publish fit - --network x --network threads  # a text from standard input, for networks, without any config
```

`-` reads an article with front matter, or a plain text, which is fitted as it stands. On a terminal a bar shows how
full each post is; `--json` gives the same for programs. The exit code is 2 if one of the posts cannot be made.

How each network counts is in [text limits](text-limits.md), how a text is shortened in
[edit the post templates](../how-to/edit-the-post-templates.md), and threads in
[post a long text as a thread](../how-to/post-a-thread.md)."""

ODD_TEXT = "Am Montag ist heute.In Köln läuft die Pumpe. Mehr auf wilo.de und in der README.md steht das auch."


def fit_page() -> str:
    """Run the command on a plain text, on a thread, and on every sample."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "queue", folder / "queue")
        config = (ROOT / "config.example.toml").read_text(encoding="utf-8")
        (folder / "config.toml").write_text(config, encoding="utf-8")
        split = config.replace("[channels.bluesky]", "[channels.bluesky]\nsplit = true", 1)
        (folder / "split.toml").write_text(split, encoding="utf-8")
        parts = [
            FIT_INTRODUCTION,
            "## Warnings",
            shown(folder, ["-", "--network", "x", "--network", "mastodon"], ODD_TEXT),
        ]
        parts += ["## A thread", "With `split = true` in `[channels.bluesky]`:"]
        parts += [shown(folder, ["interview-nachwuchs", "--channel", "bluesky"], config="split.toml")]
        for file in sorted((folder / "queue").glob("2*.md")):
            slug = split_file_stem(file.stem)[1]
            parts += [f"## {slug}", shown(folder, [slug])]
    return "\n\n".join(parts) + "\n"


def shown(folder: Path, words: Sequence[str], text: str = "", config: str = "config.toml") -> str:
    """Give the command and what it prints."""
    done = CliRunner().invoke(publish, ["fit", *words, "--config", str(folder / config)], input=text)
    typed = f"echo '{text}' | " if text else ""
    return f"```console\n$ {typed}publish fit {' '.join(words)}\n{done.output.rstrip()}\n```"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

"""`publish init`: a new folder to work in, or templates of its own for the one that is there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from publisher.cli.frame import Result, publish_command
from publisher.errors import UsageError

_LOGO = "images/logo.png"  # the example config names it
_NEW_NAME = "Name another folder, or move them away first."
_NEW_FOLDER = "Move them away first, or have the templates in a new folder: publish init NEW --templates."


@publish_command("init", summary="Make a new folder to work in, with config and samples.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option(
    "--templates", is_flag=True, help="Copy the templates, too; only them where FOLDER has a config.toml already."
)
@click.option("--samples/--no-samples", default=True, help="Copy the sample articles and subscribers (default: yes).")
def init(config_file: Path, folder: Path, templates: bool, samples: bool) -> Result:
    """Copy what is shipped to FOLDER, or to the current one.

    Where anything of it is there already, refuse and change nothing.
    """
    if templates and (folder / "config.toml").exists():
        return _add_templates(folder)
    copies = list(_copies(folder, templates=templates, samples=samples))
    _copy_all(copies, hint=_NEW_NAME)
    made = [str(target.relative_to(folder)) for _, target in copies]
    return Result({"folder": folder, "made": made}, lambda console: console.print(_text(folder, samples), markup=False))


def _add_templates(folder: Path) -> Result:
    """Copy the templates to where the config looks for them."""
    from publisher.bootstrap import read_settings
    from publisher.shipped import shipped

    target = folder / read_settings(folder / "config.toml").document.templates.folder
    source = shipped("templates")
    files = sorted(file for file in source.rglob("*") if file.is_file() and not file.name.startswith("."))
    copies = [(file, target / file.relative_to(source)) for file in files]
    _copy_all(copies, hint=_NEW_FOLDER)
    made = [str(file) for _, file in copies]
    text = f"Copied {len(copies)} templates to {target}. A file in there wins over the shipped one of the same name."
    return Result({"folder": folder, "made": made}, lambda console: console.print(text, markup=False))


def _copies(folder: Path, *, templates: bool, samples: bool) -> Iterator[tuple[Path, Path]]:
    from publisher.shipped import shipped

    yield shipped("config.example.toml"), folder / "config.toml"
    if templates:
        yield shipped("templates"), folder / "templates"
    if samples:
        yield shipped("queue"), folder / "queue"
        yield shipped("subscribers.example.csv"), folder / "subscribers.csv"
    else:
        yield shipped("queue") / _LOGO, folder / "queue" / _LOGO


def _copy_all(copies: Sequence[tuple[Path, Path]], *, hint: str) -> None:
    """Copy all, or nothing where one is there already. Errors: UsageError names those."""
    existing = [target for _, target in copies if target.exists()]
    if existing:
        raise UsageError(f"these are there already: {', '.join(map(str, existing))}", hint=hint)
    for source, target in copies:
        target.parent.mkdir(parents=True, exist_ok=True)
        _copy(source, target)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("archive", ".*"))
    else:
        shutil.copyfile(source, target)


def _text(folder: Path, samples: bool) -> str:
    enter = "" if folder.resolve() == Path.cwd() else f"  cd {folder}\n"
    people = "  publish subscribers import subscribers.csv\n" if samples else ""
    return (
        f"Made {folder.resolve()}. Everything is rehearsed at first: what would be sent goes to "
        f"{folder / 'outbox'}.\n\n{enter}{people}  publish check\n  publish now\n\n"
        "When it looks right, write your channels into config.toml and set rehearse = false."
    )


commands = {"init": init}

"""`publish init`: a new folder to work in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import click

from publisher.cli.frame import Result, publish_command
from publisher.errors import UsageError


@publish_command("init", summary="Make a new folder to work in, with config and samples.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--templates", is_flag=True, help="Copy the templates, too, so that you can edit them.")
@click.option("--samples/--no-samples", default=True, help="Copy the sample articles and subscribers (default: yes).")
def init(config_file: Path, folder: Path, templates: bool, samples: bool) -> Result:
    """Copy what is shipped; refuse where anything of it is there already, and change nothing then."""
    copies = list(_copies(folder, templates=templates, samples=samples))
    existing = [target for _, target in copies if target.exists()]
    if existing:
        names = ", ".join(str(path) for path in existing)
        raise UsageError(f"these are there already: {names}", hint="Name another folder, or move them away first.")
    folder.mkdir(parents=True, exist_ok=True)
    for source, target in copies:
        _copy(source, target)
    (folder / "queue").mkdir(exist_ok=True)
    made = [str(target.relative_to(folder)) for _, target in copies]
    return Result({"folder": folder, "made": made}, lambda console: console.print(_text(folder, samples), markup=False))


def _copies(folder: Path, *, templates: bool, samples: bool) -> Iterator[tuple[Path, Path]]:
    from publisher.shipped import shipped

    yield shipped("config.example.toml"), folder / "config.toml"
    if templates:
        yield shipped("templates"), folder / "templates"
    if samples:
        yield shipped("queue"), folder / "queue"
        yield shipped("subscribers.example.csv"), folder / "subscribers.csv"


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

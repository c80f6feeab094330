"""`publish reload`: let a running `publish run` read its config again."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from publisher.cli.frame import Result, plural, publish_command
from publisher.errors import TryAgain

PATIENCE_SECONDS = 30.0
LOOK_SECONDS = 0.1


@publish_command("reload", summary="Let a running `publish run` read its config again.")
def reload(config_file: Path) -> Result:
    """Check the config first: a wrong one is refused here, and the old one stays in force."""
    from publisher.bootstrap import read_settings
    from publisher.scheduling.running import running_folder, running_processes

    folder = running_folder(read_settings(config_file).store_file)
    asked = list(running_processes(folder))
    for process in asked:
        process.ask_to_reload()
    answers = [_answer(folder, process.pid, process.note.get("reload_count", 0)) for process in asked]
    if answers:
        _note(config_file, answers)
    code = 2 if any(answer["error"] for answer in answers) else 0
    return Result({"processes": answers}, lambda console: _show(console, answers), code)


def _note(config_file: Path, answers: Sequence[Mapping[str, Any]]) -> None:
    """Tell the audit log who had the config read again, and which keys have changed by it."""
    from publisher.bootstrap import open_application
    from publisher.workflow.note import note_of

    changed = sorted({key for answer in answers for key in answer["changed"]})
    refused = [answer["pid"] for answer in answers if answer["error"]]
    with open_application(config_file) as app:
        note = note_of(app, "reload", config_file.name, changed=changed, refused_by=refused)
        app.audit.record(note, app.clock.now())


def _answer(folder: Path, pid: int, before: int) -> dict[str, Any]:
    """Wait for what a process says. Errors: TryAgain if it says nothing, or has ended."""
    from publisher.scheduling.running import running_processes

    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        note = next((process.note for process in running_processes(folder) if process.pid == pid), None)
        if note is None:
            raise TryAgain(f"publish run (process {pid}) has ended meanwhile", hint='Start "publish run" again.')
        if note.get("reload_count", 0) > before:
            return {"pid": pid, "changed": note.get("changed", []), "error": note.get("error", "")}
        time.sleep(LOOK_SECONDS)
    hint = "It may be in the middle of an edition: try again, or look at what it says."
    raise TryAgain(f"publish run (process {pid}) has not answered", hint=hint)


def _show(console: Any, answers: Sequence[Mapping[str, Any]]) -> None:
    if not answers:
        console.print('No "publish run" is running here. The config has no mistake; the next one begins with it.')
    for answer in answers:
        if answer["error"]:
            console.print(f"Process {answer['pid']} keeps its old config: {answer['error']}", markup=False)
        elif not answer["changed"]:
            console.print(f"Process {answer['pid']} has read the config: nothing has changed.")
        else:
            changed = answer["changed"]
            console.print(f"Process {answer['pid']} has read the config, {plural(len(changed), 'change')}:")
            for key in changed:
                console.print(f"  {key}", markup=False)


commands = {"reload": reload}

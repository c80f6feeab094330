"""Diagnose: whether everything that publishing rests on is as it has to be: ledger, disk, folders, channels, clock.

`publish check` looks at what is written: config, articles, templates, mails. This looks at what it runs on.
"""

from __future__ import annotations

import os
import shutil
import stat
import zoneinfo
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from publisher.domain.personal import domain_of
from publisher.errors import ChannelMisconfigured, TryAgain
from publisher.ports.resolver import Resolver
from publisher.ports.upkeep import StoreState
from publisher.workflow.application import Application, Channel
from publisher.workflow.check import secrets_in
from publisher.workflow.restored import STILL_RESTORED, how_to_release
from publisher.workflow.sender_domain import check_sender_domain, selectors_in

Verdict = Literal["ok", "warn", "fail", "later", "person"]
Tell = Callable[[str], None]

MEBIBYTE = 1024 * 1024
LOW_BYTES = 1_024 * MEBIBYTE
# Less than this, and the ledger may not be able to record what is under way.
TOO_LOW_BYTES = 100 * MEBIBYTE
# The log is written back every few thousand pages; far more means that somebody reads for hours.
LARGE_LOG_BYTES = 256 * MEBIBYTE
MAX_SKEW = timedelta(minutes=2)
MAX_ZONE_AGE_YEARS = 2
EXIT_CODES = {"fail": 2, "person": 3, "later": 4}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it is, and what to do where it is not well.

    "later" is what could not be asked now, "person" what waits for somebody's decision.
    """

    topic: str
    verdict: Verdict
    text: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All findings."""

    findings: tuple[Finding, ...]

    @property
    def exit_code(self) -> int:
        """2 where something fails, 3 where a person must decide, 4 where something could not be asked, else 0."""
        found = {finding.verdict for finding in self.findings}
        return next((code for verdict, code in EXIT_CODES.items() if verdict in found), 0)


def diagnose(app: Application, *, online: bool, resolver: Resolver | None, on_progress: Tell) -> Diagnosis:
    """Look at everything. `online` also logs in to the channels; `resolver` is asked for the senders' domains."""
    on_progress("Checking the ledger")
    findings = [
        *_ledger(app),
        *_disk(app),
        *_clock(app),
        *_queue(app),
        *_templates(app),
        *(finding for channel in app.channels.values() for finding in _secrets(app, channel)),
    ]
    for channel in app.channels.values():
        if channel.settings.enabled and online:
            on_progress(f"Logging in to {channel.name}")
            findings.append(_login(channel))
    for name in app.settings.digests if resolver else ():
        on_progress(f"Asking for the domain of {name}")
        findings += _domain(app, name, resolver)  # type: ignore[arg-type]  # there is one here
    return Diagnosis(tuple(findings))


def _ledger(app: Application) -> Iterator[Finding]:
    state = app.upkeep.examine(app.clock.now())
    if state.faults:
        hint = 'Stop everything, keep a copy of the file, and bring the newest backup back: "publish restore FILE".'
        yield Finding("ledger", "fail", f"it is damaged: {state.faults[0]}", hint)
    else:
        size = f"{state.size_bytes / MEBIBYTE:.1f} MB, tables of version {state.version}"
        yield Finding("ledger", "ok", f"sound, {size}")
    if not app.upkeep.is_writable():
        hint = "Let this program's user write to it and to its folder."
        yield Finding("ledger", "fail", f"{state.file} cannot be written to", hint)
    yield from _ledger_mode(state)
    yield from _private("ledger", state.file, "it holds addresses")
    if state.held_count:
        what = f"{state.held_count} deliveries are held by a process that has ended"
        yield Finding("ledger", "warn", what, '"publish now" and "publish run" take them back when they next send.')
    if state.lost_run_count:
        what = f"{state.lost_run_count} runs ended without tidying up"
        yield Finding("ledger", "warn", what, "The next run looks at what they left, and tidies up.")
    restored = app.upkeep.restored()
    if restored:
        yield Finding("ledger", "person", STILL_RESTORED, how_to_release(app))


def _ledger_mode(state: StoreState) -> Iterator[Finding]:
    if state.journal_mode != "wal" or not state.is_synchronous:
        what = f"journal mode {state.journal_mode}, {'' if state.is_synchronous else 'not '}synchronous"
        hint = "A power cut could lose what was recorded: put the ledger on a local disk of this machine."
        yield Finding("ledger", "fail", what, hint)
    else:
        yield Finding("ledger", "ok", "each change is on the disk before it counts")
    if state.log_bytes > LARGE_LOG_BYTES:
        what = f"its log has grown to {state.log_bytes // MEBIBYTE} MB"
        yield Finding("ledger", "warn", what, "Some process reads it without end: look for old ones, and stop them.")


def _disk(app: Application) -> Iterator[Finding]:
    folder = app.settings.store_file.parent
    free = shutil.disk_usage(folder).free
    text = f"{free / MEBIBYTE / 1024:.1f} GB free for the ledger"
    if free < TOO_LOW_BYTES:
        yield Finding("disk", "fail", text, "Make room: nothing can be sent that cannot be recorded.")
    elif free < LOW_BYTES:
        yield Finding("disk", "warn", text, "Make room before it is needed.")
    else:
        yield Finding("disk", "ok", text)


def _clock(app: Application) -> Iterator[Finding]:
    now, newest = app.clock.now(), app.figures.newest_at()
    if newest is not None and newest - now > MAX_SKEW:
        what = f"the ledger has an entry of {newest:%Y-%m-%d %H:%M} UTC, and the clock says {now:%Y-%m-%d %H:%M} UTC"
        hint = 'Set the clock, and let the machine keep it: "timedatectl set-ntp true".'
        yield Finding("clock", "fail", what, hint)
    else:
        yield Finding("clock", "ok", f"{now:%Y-%m-%d %H:%M:%S} UTC")
    version = _zone_version()
    if version and now.year - int(version[:4]) >= MAX_ZONE_AGE_YEARS:
        what = f"the rules of time zones are those of {version}"
        yield Finding("clock", "warn", what, "Update them: pip install --upgrade tzdata")
    else:
        yield Finding("clock", "ok", f"time zones as of {version}" if version else "time zones of the system")


def _zone_version() -> str:
    """Name the version of the rules in use, such as 2026b: the system's come first, as for zoneinfo."""
    for folder in zoneinfo.TZPATH:
        for name in ("tzdata.zi", "+VERSION"):
            file = Path(folder) / name
            if file.is_file():
                with file.open(encoding="ascii", errors="replace") as opened:
                    words = opened.readline().split()
                return next((word for word in words if word[:4].isdigit()), "")
    import tzdata

    return str(tzdata.IANA_VERSION)


def _queue(app: Application) -> Iterator[Finding]:
    folder = app.settings.queue_folder
    if not folder.is_dir():
        yield Finding("queue", "fail", f"there is no folder {folder}", f'Make it: mkdir -p "{folder}"')
        return
    if not os.access(folder, os.R_OK | os.X_OK):
        yield Finding("queue", "fail", f"{folder} cannot be read", "Let this program's user read it.")
        return
    closed = [file.name for file in sorted(folder.glob("*.md")) if not os.access(file, os.R_OK)]
    if closed:
        yield Finding("queue", "fail", f"{closed[0]} cannot be read", "Let this program's user read its articles.")
    if stat.S_IMODE(folder.stat().st_mode) & stat.S_IWOTH:
        hint = f'Whoever writes there publishes: chmod o-w "{folder}"'
        yield Finding("queue", "warn", f"everybody on this machine may write into {folder}", hint)
    yield Finding("queue", "ok", f"{sum(1 for _ in folder.glob('*.md')):,} files in {folder}")


def _templates(app: Application) -> Iterator[Finding]:
    count, errors = app.templates.compile_own()
    for error in errors:
        yield Finding("templates", "fail", f"{error.where}: {error.what}", error.hint)
    if not errors:
        yield Finding("templates", "ok", f"{count} of your own" if count else "those of the program")


def _secrets(app: Application, channel: Channel) -> Iterator[Finding]:
    """Look whether each secret can be read, and by whom else."""
    for secret in secrets_in(channel.settings.model_dump()):
        topic = f"channel {channel.name}"
        try:
            app.credentials.read(secret)
        except ChannelMisconfigured as error:
            verdict: Verdict = "warn" if app.rehearsal else "fail"
            yield Finding(topic, verdict, f"{error.where}: {error.what}" if error.where else error.what, error.hint)
            continue
        if secret.literal is not None:
            hint = 'Put it into a file or the environment: {file = "PATH"} or {env = "NAME"}.'
            yield Finding(topic, "warn", "a secret stands in config.toml", hint)
        if secret.file is not None:
            yield from _private(topic, app.settings.folder / secret.file, "it holds a secret")


def _private(topic: str, file: Path, why: str) -> Iterator[Finding]:
    if os.name == "posix" and stat.S_IMODE(file.stat().st_mode) & (stat.S_IRWXO | stat.S_IWGRP):
        what = f"others on this machine may read or change {file.name}: {why}"
        yield Finding(topic, "warn", what, f'chmod 600 "{file}"')


def _login(channel: Channel) -> Finding:
    topic = f"channel {channel.name}"
    session = channel.adapter.open()
    try:
        return Finding(topic, "ok", session.verify())
    except ChannelMisconfigured as error:
        return Finding(topic, "fail", error.what, error.hint)
    except TryAgain as error:
        return Finding(topic, "later", error.what, error.hint)
    finally:
        session.close()


def _domain(app: Application, name: str, resolver: Resolver) -> Sequence[Finding]:
    digest = app.settings.digests[name]
    domain, topic = domain_of(digest.from_address), f"digest {name}"
    selectors = selectors_in(app.channels[digest.channel].settings.model_dump())
    try:
        found = check_sender_domain(resolver, domain, selectors)
    except TryAgain as error:
        return [Finding(topic, "later", error.what, error.hint)]
    asked = f"SPF{', DKIM' if selectors else ''}, DMARC and MX of {domain}"
    lines = [Finding(topic, "warn", f"{one.where}: {one.what}", one.hint) for one in found]
    return lines or [Finding(topic, "ok", asked)]

"""Make: what becomes of a due time. Its edition is frozen in the transaction that decides about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from publisher.domain.due_time import Verdict, is_late, is_missed
from publisher.domain.duration import duration_text
from publisher.domain.notice import Event, NoticeKind
from publisher.domain.selection import NOTHING_QUEUED
from publisher.errors import Problems, PublisherError, StoreError, TryAgain
from publisher.intake.queue import QueueReading
from publisher.logs import get_logger
from publisher.rendering.preflight.rules import Finding
from publisher.workflow.application import Application
from publisher.workflow.due import DuePoint
from publisher.workflow.freeze import freeze_edition
from publisher.workflow.look import skipped_errors
from publisher.workflow.preflight import errors_of, look_over
from publisher.workflow.prepare import Drafts, EditionDraft, draft_edition, has_readers, no_readers
from publisher.workflow.tell import event_of, tell_error

TRY_AGAIN_AFTER = timedelta(minutes=1)
MAX_TOLD = 1_000
NOT_RUNNING = "publish run was not running then"


@dataclass(frozen=True, slots=True)
class ReadyDraft:
    """A draft, and what the preflight found in it."""

    draft: EditionDraft
    findings: Sequence[Finding]


@dataclass
class Course:
    """What one process remembers from tick to tick; a new one does without, and asks again.

    `put_off` has due times whose edition cannot be made for now: until when, and why. `told` are problems that were
    told: one that lasts is told once. `looked_at` says when what waits for a person was last compared with its sources,
    `post_at` when there may be something to post on a channel again. `ready` are drafts by digest that were rendered
    ahead of their time.
    """

    on_event: Callable[[str], None]
    put_off: dict[tuple[str, str], tuple[datetime, str]] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    looked_at: dict[object, datetime] = field(default_factory=dict)
    ready: dict[str, ReadyDraft] = field(default_factory=dict)
    post_at: dict[str, datetime] = field(default_factory=dict)
    is_first: bool = True

    def begin_again(self) -> None:
        """Forget what was put off and told: something has changed that it may have hung on."""
        self.put_off.clear()
        self.told.clear()
        self.ready.clear()
        self.post_at.clear()

    def tell_once(self, text: str) -> bool:
        """Tell what goes on for longer, once; False if it was told before."""
        if text in self.told:
            return False
        if len(self.told) >= MAX_TOLD:
            self.told.clear()
        self.told.add(text)
        self.on_event(text)
        return True

    def try_again_at(self, now: datetime) -> datetime | None:
        """Say when the next of what was put off is tried again, or a channel is looked at again."""
        instants = [*(at for at, _ in self.put_off.values()), *self.post_at.values()]
        return min((max(at, now) for at in instants), default=None)

    def is_time_to_look(self, what: object, now: datetime) -> bool:
        """Say whether it is time to look at something again, and note that it is done."""
        last = self.looked_at.get(what)
        if last is not None and last <= now < last + TRY_AGAIN_AFTER:
            return False
        self.looked_at[what] = now
        return True

    def problem(self, error: PublisherError) -> bool:
        """Tell an error, once; False if it was told before."""
        return self.tell_once(f"error: {error}")


@dataclass
class Queue:
    """The queue as it is in this tick: read when it is first asked for."""

    app: Application
    course: Course
    _reading: QueueReading | None = None

    def read(self) -> QueueReading:
        """Read it, and tell which files cannot be taken. Errors: QueueError if the folder cannot be read."""
        if self._reading is None:
            self._reading = self.app.read_queue()
            for problem in (*self._reading.errors, *skipped_errors(self._reading)):
                self.course.problem(problem)
        return self._reading


def judge_due(app: Application, point: DuePoint, queue: Queue, course: Course) -> None:
    """Decide about a due time; what cannot be made is tried again until it is late. Errors: StoreError, TryAgain."""
    now = app.clock.now()
    catch_up = app.settings.digests[point.digest].catch_up_time
    if point.due.skip is not None:
        _skip(app, point, point.due.skip, course)
    elif is_missed(point.due.due_at, now, catch_up):
        _miss(app, point, course)
    elif now >= course.put_off.get(point.key, (now, ""))[0]:
        try:
            _make(app, point, queue, course)
        except (StoreError, TryAgain):
            raise
        except PublisherError as error:
            course.put_off[point.key] = (now + TRY_AGAIN_AFTER, error.what)
            if course.problem(error):
                tell_error(app, error)


def prepare_ahead(app: Application, digest: str, course: Course) -> None:
    """Render what a digest would get now, so that its due time has less to do; no row is made."""
    if not has_readers(app, digest):
        return
    try:
        draft, _, _ = draft_edition(app, digest, app.read_queue())
        if draft is not None:
            course.ready[digest] = ReadyDraft(draft, look_over(app, draft))
    except PublisherError as error:  # at the due time it is told
        get_logger().info("not prepared", digest=digest, error=str(error))


def _make(app: Application, point: DuePoint, queue: Queue, course: Course) -> None:
    """Freeze the edition, or skip the due time where there is nothing to send. Errors: what makes it impossible."""
    if not has_readers(app, point.digest):
        course.problem(no_readers(point.digest))
        return _skip(app, point, "nobody gets it yet", course)
    reading = queue.read()
    ready = course.ready.pop(point.digest, None)
    draft, _, problems = draft_edition(app, point.digest, reading, ready.draft if ready else None)
    for problem in problems:
        course.problem(problem)
    if draft is None:
        return _skip(app, point, NOTHING_QUEUED, course)
    if draft.skip:
        return _skip(app, point, draft.skip, course)
    is_ready = ready is not None and ready.draft.email is draft.email
    faults = errors_of(point.digest, ready.findings if ready and is_ready else look_over(app, draft))
    if faults:
        raise faults[0] if len(faults) == 1 else Problems(faults)
    frozen = freeze_edition(app, draft, Drafts(reading=reading), point.time(app))
    course.put_off.pop(point.key, None)
    if frozen is None:
        get_logger().info("made elsewhere", digest=point.digest, due=point.due.occurrence)
    return None


def _skip(app: Application, point: DuePoint, reason: str, course: Course) -> None:
    _decide(app, point, Verdict.SKIPPED, reason, course)


def _miss(app: Application, point: DuePoint, course: Course) -> None:
    _, problem = course.put_off.pop(point.key, (None, ""))
    _decide(app, point, Verdict.MISSED, problem or NOT_RUNNING, course)


def _decide(app: Application, point: DuePoint, verdict: Verdict, reason: str, course: Course) -> None:
    now, due_at = app.clock.now(), point.due.due_at
    told = decision_event(app, verdict, point.digest, due_at, reason)
    if not app.due_times.decide(point.time(app), verdict, reason, now, is_late=is_late(due_at, now), told=[told]):
        return
    get_logger().info(verdict.value, digest=point.digest, due=point.due.occurrence, reason=reason)
    say_decision(app, verdict, point.digest, due_at, reason, course)


def decision_event(app: Application, verdict: Verdict, digest: str, due_at: datetime, reason: str) -> Event:
    """Say for the team that there is no edition, and why."""
    kind = NoticeKind.MISSED if verdict is Verdict.MISSED else NoticeKind.SKIPPED
    local = _local(app, digest, due_at)
    return event_of(app, kind, digest, {"due_at": local.isoformat(timespec="minutes"), "reason": reason})


def say_decision(
    app: Application, verdict: Verdict, digest: str, due_at: datetime, reason: str, course: Course
) -> None:
    """Say the same to whoever watches."""
    hint = f'; to send it all the same: "publish now {digest}"' if verdict is Verdict.MISSED else ""
    course.on_event(f"{digest}: {verdict.value} {_local(app, digest, due_at):%Y-%m-%d %H:%M}: {reason}{hint}")


def _local(app: Application, digest: str, due_at: datetime) -> datetime:
    return due_at.astimezone(app.schedule(digest).zone) if digest in app.settings.digests else due_at


def late_text(due_at: datetime, now: datetime) -> str:
    """Say how late something is, if it is."""
    return f", {duration_text(now - due_at)} late" if is_late(due_at, now) else ""

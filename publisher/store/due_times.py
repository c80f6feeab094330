"""Due times: what became of each. The key (digest, occurrence, rehearsal) decides between two processes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import Connection, Select, and_, bindparam, delete, exists, insert, select, update

from publisher.domain.due_time import Verdict
from publisher.domain.edition import EditionState
from publisher.domain.notice import Event
from publisher.ports.due_times import AlreadyDecided, DueEdition, DueOutcome, DueTime, DueTimeRow
from publisher.ports.ledger import EditionRow, NewEdition, NumberTaken
from publisher.store.changes import change_editions
from publisher.store.database import Database
from publisher.store.editions import freeze_edition, read_editions
from publisher.store.notices import append_events
from publisher.store.rows import AnyRow
from publisher.store.tables import due_times, editions, post_times, schedules
from publisher.store.upsert import Insert, dialect_of, insert_into

E = EditionState

_of_digest = (due_times.c.digest == bindparam("of_digest"), due_times.c.rehearsal == bindparam("of_rehearsal"))
_of_schedule = (schedules.c.digest == bindparam("of_digest"), schedules.c.rehearsal == bindparam("of_rehearsal"))
_until = bindparam("until", type_=schedules.c.judged_until.type)

READ_JUDGED_UNTIL = select(schedules.c.judged_until).where(*_of_schedule)
ADVANCE_SCHEDULE = update(schedules).where(*_of_schedule, schedules.c.judged_until < _until).values(judged_until=_until)
TURN_SCHEDULE_BACK = (
    update(schedules).where(*_of_schedule, schedules.c.judged_until > _until).values(judged_until=_until)
)
FORGET_OTHER_SCHEDULES = delete(schedules).where(
    schedules.c.rehearsal == bindparam("of_rehearsal"),
    schedules.c.digest.not_in(bindparam("digests", expanding=True)),
)

ADD_DUE_TIME = insert(due_times)
HAS_EDITION = select(
    exists().where(
        editions.c.digest == bindparam("of_digest"),
        editions.c.rehearsal == bindparam("of_rehearsal"),
        editions.c.occurrence == bindparam("of_occurrence"),
    )
)
IS_DECIDED = select(exists().where(*_of_digest, due_times.c.occurrence == bindparam("of_occurrence")))
# The edition of a due time, whatever its revision.
_is_its_edition = and_(
    editions.c.digest == due_times.c.digest,
    editions.c.occurrence == due_times.c.occurrence,
    editions.c.rehearsal == due_times.c.rehearsal,
)
DECIDED_OCCURRENCES = select(due_times.c.occurrence).where(*_of_digest, due_times.c.due_at >= bindparam("since"))
# Only what has no edition: one that is made stays made, whatever the clock says.
REOPEN_DUE_TIMES = delete(due_times).where(
    *_of_digest, due_times.c.due_at > bindparam("now"), due_times.c.edition_id.is_(None)
)
MISS_DUE_TIME = (
    update(due_times)
    .where(exists().where(_is_its_edition, editions.c.id == bindparam("edition")))
    .values(
        verdict=Verdict.MISSED,
        reason=bindparam("new_reason", type_=due_times.c.reason.type),
        is_late=True,
        decided_at=bindparam("now", type_=due_times.c.decided_at.type),
    )
)
OPEN_DUE_TIMES = (
    select(due_times, editions.c.id.label("open_id"))
    .join(editions, _is_its_edition)
    .where(due_times.c.rehearsal == bindparam("of_rehearsal"), editions.c.state.in_((E.FROZEN, E.APPROVED)))
    .order_by(due_times.c.due_at, due_times.c.digest)
)
OUTCOMES_ON_DAY = (
    select(due_times, editions.c.id.label("newest_id"))
    .outerjoin(editions, _is_its_edition)
    .where(*_of_digest, due_times.c.occurrence.startswith(bindparam("day_begin")))
    .order_by(due_times.c.due_at, editions.c.revision)
)
LATEST_DUE_TIMES = (
    select(due_times)
    .where(due_times.c.rehearsal == bindparam("of_rehearsal"))
    .order_by(due_times.c.due_at.desc(), due_times.c.digest)
)


def add_schedule(dialect: str) -> Insert:
    """Begin to look at a digest's due times, unless that was begun before."""
    return insert_into(schedules, dialect).on_conflict_do_nothing(index_elements=["digest", "rehearsal"])


READ_PASSED_AT = select(post_times.c.passed_at).where(
    post_times.c.channel == bindparam("of_channel"), post_times.c.rehearsal == bindparam("of_rehearsal")
)


def pass_channel(dialect: str) -> Insert:
    """Note when a channel last had nothing to post at a time of its own."""
    row = insert_into(post_times, dialect)
    return row.on_conflict_do_update(
        index_elements=["channel", "rehearsal"], set_={"passed_at": row.excluded.passed_at}
    )


class SqlDueTimes:
    """`ports.due_times.DueTimes` in the ledger's database; safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, digest: str, rehearsal: bool, since: datetime) -> datetime:
        """Say until when a digest's due times have been looked at; one that is new to us begins at `since`."""
        of_schedule = {"of_digest": digest, "of_rehearsal": rehearsal}
        with self._database.read() as connection:
            until: datetime | None = connection.execute(READ_JUDGED_UNTIL, of_schedule).scalar_one_or_none()
        if until is not None:
            return until
        with self._database.write() as connection:
            row = {"digest": digest, "rehearsal": rehearsal, "judged_until": since}
            connection.execute(add_schedule(dialect_of(connection)), row)
            begun: datetime = connection.execute(READ_JUDGED_UNTIL, of_schedule).scalar_one()
        return begun

    def advance(self, digest: str, rehearsal: bool, until: datetime) -> None:
        """Note that all due times until then are decided. It never goes back."""
        with self._database.write() as connection:
            connection.execute(ADVANCE_SCHEDULE, {"of_digest": digest, "of_rehearsal": rehearsal, "until": until})

    def forget_others(self, digests: Collection[str], rehearsal: bool) -> None:
        """Forget until when all other digests were looked at."""
        with self._database.write() as connection:
            connection.execute(FORGET_OTHER_SCHEDULES, {"of_rehearsal": rehearsal, "digests": sorted(digests)})

    def turn_back(self, digest: str, rehearsal: bool, now: datetime) -> int:
        """Undo what a clock that was wrong has decided about times that are still to come; say about how many."""
        of_digest = {"of_digest": digest, "of_rehearsal": rehearsal}
        with self._database.write() as connection:
            connection.execute(TURN_SCHEDULE_BACK, {**of_digest, "until": now})
            return connection.execute(REOPEN_DUE_TIMES, {**of_digest, "now": now}).rowcount

    def decided(self, digest: str, rehearsal: bool, since: datetime) -> frozenset[str]:
        """Give the occurrences from then on that are decided."""
        values = {"of_digest": digest, "of_rehearsal": rehearsal, "since": since}
        with self._database.read() as connection:
            return frozenset(connection.execute(DECIDED_OCCURRENCES, values).scalars())

    def freeze(
        self, due: DueTime, edition: NewEdition, now: datetime, *, is_late: bool, told: Sequence[Event] = ()
    ) -> EditionRow:
        """Freeze the edition of a due time and decide so, in one transaction. Errors: AlreadyDecided, NumberTaken."""
        with self._database.write(taken=NumberTaken) as connection:
            if _is_decided(connection, due):
                raise AlreadyDecided(f"{due.digest}: {due.occurrence} is decided")
            row = freeze_edition(connection, edition, now)
            values = _values(due, Verdict.EDITION, "", now, is_late=is_late)
            connection.execute(ADD_DUE_TIME, {**values, "edition_id": row.id})
            append_events(connection, told)
            return row

    def decide(
        self, due: DueTime, verdict: Verdict, reason: str, now: datetime, *, is_late: bool, told: Sequence[Event] = ()
    ) -> bool:
        """Decide that there is no edition; False if it was decided before."""
        try:
            with self._database.write(taken=AlreadyDecided) as connection:
                connection.execute(ADD_DUE_TIME, _values(due, verdict, reason, now, is_late=is_late))
                append_events(connection, told)
        except AlreadyDecided:
            return False
        return True

    def miss_edition(
        self, edition_id: int, before: EditionState, reason: str, now: datetime, *, told: Sequence[Event] = ()
    ) -> bool:
        """Make an edition that was not planned in time a missed one, with its due time; False if it has changed."""
        statement = change_editions([before], E.MISSED).where(editions.c.id == bindparam("edition"))
        with self._database.write() as connection:
            values = {"edition": edition_id, "now": now}
            if connection.execute(statement.values(changed_at=bindparam("now")), values).rowcount == 0:
                return False
            connection.execute(MISS_DUE_TIME, {**values, "new_reason": reason})
            append_events(connection, told)
        return True

    def pass_channel(self, channel: str, rehearsal: bool, now: datetime) -> None:
        """Note that a channel has nothing to post at a time of its own, which is over thereby."""
        with self._database.write() as connection:
            row = {"channel": channel, "rehearsal": rehearsal, "passed_at": now}
            connection.execute(pass_channel(dialect_of(connection)), row)

    def channel_passed_at(self, channel: str, rehearsal: bool) -> datetime | None:
        """Say when that was noted last; None if never."""
        values = {"of_channel": channel, "of_rehearsal": rehearsal}
        with self._database.read() as connection:
            at: datetime | None = connection.execute(READ_PASSED_AT, values).scalar_one_or_none()
        return at

    def open_editions(self, rehearsal: bool) -> Sequence[DueEdition]:
        """List the editions of due times that are frozen or approved and not planned yet, by due time."""
        with self._database.read() as connection:
            rows = connection.execute(OPEN_DUE_TIMES, {"of_rehearsal": rehearsal}).all()
            found = {edition.id: edition for edition in read_editions(connection, [row.open_id for row in rows])}
        return [DueEdition(_row(row).due, row.is_late, found[row.open_id]) for row in rows]

    def outcomes_on(self, digest: str, day: date, rehearsal: bool) -> Sequence[DueOutcome]:
        """List what was decided about a digest's due times of a local calendar day."""
        values = {"of_digest": digest, "of_rehearsal": rehearsal, "day_begin": f"due {day.isoformat()}T"}
        with self._database.read() as connection:
            rows = connection.execute(OUTCOMES_ON_DAY, values).all()
            ids = [row.newest_id for row in rows if row.newest_id is not None]
            found = {edition.id: edition for edition in read_editions(connection, ids)}
        # The last revision of each counts.
        outcomes = {row.occurrence: DueOutcome(_row(row), found.get(row.newest_id)) for row in rows}
        return list(outcomes.values())

    def due_times(
        self, rehearsal: bool, *, limit: int | None = None, digest: str | None = None
    ) -> Sequence[DueTimeRow]:
        """List what was decided, the latest due time first."""
        statement: Select[tuple[object, ...]] = LATEST_DUE_TIMES.limit(limit)
        if digest is not None:
            statement = statement.where(due_times.c.digest == digest)
        with self._database.read() as connection:
            return [_row(row) for row in connection.execute(statement, {"of_rehearsal": rehearsal})]


def _is_decided(connection: Connection, due: DueTime) -> bool:
    values = {"of_digest": due.digest, "of_rehearsal": due.rehearsal, "of_occurrence": due.occurrence}
    return any(connection.execute(statement, values).scalar_one() for statement in (IS_DECIDED, HAS_EDITION))


def _values(due: DueTime, verdict: Verdict, reason: str, now: datetime, *, is_late: bool) -> dict[str, object]:
    return {
        "digest": due.digest,
        "occurrence": due.occurrence,
        "rehearsal": due.rehearsal,
        "due_at": due.due_at,
        "verdict": verdict,
        "reason": reason,
        "is_late": is_late,
        "decided_at": now,
    }


def _row(row: AnyRow) -> DueTimeRow:
    return DueTimeRow(
        due=DueTime(row.digest, row.occurrence, row.due_at, row.rehearsal),
        verdict=Verdict(row.verdict),
        reason=row.reason,
        is_late=row.is_late,
        decided_at=row.decided_at,
        edition_id=row.edition_id,
    )

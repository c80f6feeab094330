"""Whatever persons and workers do in whatever order: nobody has two deliveries of an edition, what was accepted stays
so, nothing starts of what is stopped, and in the end everybody is accounted for."""

from __future__ import annotations

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from publisher.domain.attempt import Accepted, Deferred, Outcome, Rejected, Unknown
from publisher.domain.delivery import FINAL_STATES, DeliveryState
from publisher.domain.edition import ALLOWED_CHANGES, EditionState
from publisher.domain.subscriber import Subscriber
from publisher.errors import UsageError
from publisher.ports.ledger import Decision, DeliveryFilter, EditionRow, PlanEdition
from publisher.store.open import open_store
from tests.store.scenes import NOW, claim, finish, planned, rows, start

D, E = DeliveryState, EditionState
OUTCOMES = [Accepted("250"), Deferred("451"), Rejected("550"), Unknown("silence")]


class Steering(RuleBasedStateMachine):
    """One edition, two workers, and persons who pause, resume, cancel, settle, retry and send to the rest."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.store = open_store(self.folder / "publisher.db")
        self.ledger = self.store.ledger
        self.edition_id = planned(self.store, 4).id
        self.now = NOW
        self.accepted: set[int] = set()
        self.sending: dict[int, str] = {}
        self.people = 4

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)

    @property
    def edition(self) -> EditionRow:
        return self.ledger.editions()[0]

    def tick(self) -> None:
        self.now += timedelta(seconds=1)

    @rule(worker=st.sampled_from(["w1", "w2"]), limit=st.integers(1, 3))
    def work(self, worker: str, limit: int) -> None:
        self.tick()
        ids = [each.id for each in claim(self.ledger, worker, limit=limit, at=self.now)]
        started = start(self.ledger, ids, worker, at=self.now)
        if self.edition.state in (E.PAUSED, E.CANCELLED):
            assert not started
        self.sending |= dict.fromkeys(started, worker)

    @rule(worker=st.sampled_from(["w1", "w2"]))
    def claim_and_be_overtaken(self, worker: str) -> None:
        """A claim that starts only after the edition has been stopped."""
        self.tick()
        ids = [each.id for each in claim(self.ledger, worker, limit=1, at=self.now)]
        state = self.edition.state
        if E.PAUSED in ALLOWED_CHANGES[state]:
            self.ledger.change_edition(self.edition_id, state, E.PAUSED, self.now)
            assert not start(self.ledger, ids, worker, at=self.now)
        self.ledger.release(worker, self.now)

    @precondition(lambda self: self.sending)
    @rule(outcome=st.sampled_from(OUTCOMES), data=st.data())
    def answer(self, outcome: Outcome, data: st.DataObject) -> None:
        self.tick()
        delivery_id = data.draw(st.sampled_from(sorted(self.sending)))
        finish(self.ledger, delivery_id, outcome, worker=self.sending.pop(delivery_id), at=self.now)
        if isinstance(outcome, Accepted):
            self.accepted.add(delivery_id)
        self.ledger.finish_editions(self.now)

    @rule(after=st.sampled_from([E.PAUSED, E.CANCELLED, E.SENDING]))
    def steer(self, after: EditionState) -> None:
        self.tick()
        state = self.edition.state
        if state is not E.CANCELLED and state is not E.SENT and after in ALLOWED_CHANGES[state]:
            self.ledger.change_edition(self.edition_id, state, after, self.now)
            self.ledger.finish_editions(self.now)

    @rule(decided=st.sampled_from([D.QUEUED, D.ACCEPTED, D.SKIPPED]))
    def settle(self, decided: DeliveryState) -> None:
        self.tick()
        unknown = DeliveryFilter(states=[D.UNKNOWN])
        ids = {row.id for row in rows(self.ledger, states=[D.UNKNOWN])}
        self.ledger.decide(unknown, Decision(decided, Deferred("decided"), "anna"), self.now)
        if decided is D.ACCEPTED:
            self.accepted |= ids

    @rule()
    def retry(self) -> None:
        self.tick()
        given_up = DeliveryFilter(states=[D.REJECTED, D.EXPIRED])
        self.ledger.decide(given_up, Decision(D.QUEUED, Deferred("again"), "anna"), self.now)

    @rule()
    def subscribe(self) -> None:
        self.store.subscribers.save([Subscriber(f"new{self.people}@example.org", digests=("daily",))], self.now)
        self.people += 1

    @rule(channel=st.sampled_from(["mail", "other"]))
    def rest(self, channel: str) -> None:
        self.tick()
        plan = PlanEdition(self.edition_id, channel, "folder", ["desk@example.org"], {})
        try:
            offered = self.ledger.rest_of(plan)
            assert self.ledger.plan_rest(plan, self.now) == offered
        except UsageError:
            assert self.edition.state in (E.PAUSED, E.CANCELLED)

    @invariant()
    def nobody_has_two(self) -> None:
        recipients = [row.key.recipient for row in rows(self.ledger)]
        assert len(recipients) == len(set(recipients))

    @invariant()
    def what_was_accepted_stays_accepted(self) -> None:
        states = {row.id: row.state for row in rows(self.ledger)}
        assert all(states[delivery_id] is D.ACCEPTED for delivery_id in self.accepted)
        assert {i for i, state in states.items() if state is D.ACCEPTED} == self.accepted

    @invariant()
    def what_is_sent_is_final(self) -> None:
        if self.edition.state is E.SENT and not self.sending:
            waiting = {row.state for row in rows(self.ledger)} - FINAL_STATES
            assert waiting <= {D.QUEUED, D.CLAIMED}  # new ones, or a retry, which take it back when they start


Steering.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestSteering = Steering.TestCase

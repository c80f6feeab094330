"""From `publish dkim new` to the mailbox: what a server took verifies, and two recipients differ in nothing else."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import Any

import pytest

from publisher.domain.token import Purpose, TokenSubject, delivery_id_of, read_token
from publisher.signing.keys import parse_private_key
from tests.journeys.project import Project, live_config
from tests.journeys.servers.hook import HookServer
from tests.journeys.servers.mail import Mail, MailServer
from tests.signing.verifying import HAS_MAILAUTH, dkimpy_accepts, mailauth_results

DKIM = """security = "none"
dkim = [
  {domain = "example.org", selector = "r1", key = {file = "dkim-r1.example.org.pem"}},
  {domain = "example.org", selector = "e1", key = {file = "dkim-e1.example.org.pem"}},
]
"""


@pytest.fixture
def project(tmp_path: Path, mail: MailServer, hook: HookServer) -> Project:
    more = '[web]\npublic_url = "https://news.example.org"\n'
    config = live_config(mail, hook, more).replace('security = "none"\n', DKIM)
    config = config.replace('schedule = ["Mon-Fri 07:00"]', 'return_path = "bounces@bounces.example.org"')
    project = Project.make(tmp_path / "project", config)
    project.article(teaser="Leise & sparsam – „ganz“ neu.", body="Ein  Absatz\t mit Blanks.  \n\n.\n\nEnde")
    return project


def _made(project: Project, selector: str, kind: str) -> dict[str, Any]:
    words = ("dkim", "new", "--domain", "example.org", "--selector", selector, "--type", kind, "--json")
    return project.publish(*words).data


def test_what_arrives_is_what_was_signed(project: Project, mail: MailServer) -> None:
    """Both signatures hold for both verifiers, on the bytes that the server took."""
    records = {}
    for selector, kind in (("r1", "rsa"), ("e1", "ed25519")):
        record = _made(project, selector, kind)["record"]
        records[record["name"]] = "".join(record["strings"])
    shown = project.publish("dkim", "show", "--json").data["channels"]["newsletter"]
    assert {record["name"]: "".join(record["strings"]) for record in shown} == records
    project.subscribe(2)
    project.publish("now", "daily", "--yes")

    first, second = mail.mails()
    if HAS_MAILAUTH:
        assert mailauth_results([first.content, second.content], records) == [["pass", "pass"]] * 2
    pytest.importorskip("nacl", reason="dkimpy needs pynacl for Ed25519")
    for message in (first, second):
        assert dkimpy_accepts(message.content, records) == [True, True]
        broken = message.content.replace(b"Absatz", b"Ansatz")
        assert dkimpy_accepts(broken, records) == [False, False]
    _assert_differ_in_nothing_else(project, first, second)


def _assert_differ_in_nothing_else(project: Project, first: Mail, second: Mail) -> None:
    """After their own values are taken out, two recipients' bytes are the same."""
    with project.store() as store:
        secret = store.instance_secret()
        ids = {row.key.recipient: row.id for row in store.ledger.deliveries(_all())}
    assert _without_values(first) == _without_values(second)
    assert first.content != second.content
    for message in (first, second):
        subject = TokenSubject(ids[message.rcpt_to], "daily", message.rcpt_to, "daily/1")
        assert message.rcpt_to.partition("@")[0] not in message.mail_from
        local, _, domain = message.mail_from.partition("@")
        assert domain == "bounces.example.org"
        token = local.removeprefix("bounces+")
        assert delivery_id_of(token) == ids[message.rcpt_to]
        assert read_token(secret, Purpose.BOUNCE, token, subject)
        address = message.message["list-unsubscribe"].split(",")[0].strip("<>")
        assert address.startswith("https://news.example.org/unsubscribe/")
        assert read_token(secret, Purpose.UNSUBSCRIBE, address.rpartition("/")[2], subject)
        assert message.message["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
        assert message.message["list-unsubscribe"].count("https:") == 1


def _all() -> Any:
    from publisher.ports.ledger import DeliveryFilter

    return DeliveryFilter()


def _without_values(mail: Mail) -> bytes:
    headers, _, body = mail.content.partition(b"\r\n\r\n")
    headers = re.sub(
        rb"(?m)^(DKIM-Signature|X-[A-Za-z]*Peer|X-RcptTo|X-MailFrom): .*\r\n([ \t].*\r\n)*", b"", headers + b"\r\n"
    )
    for name in (b"To", b"Message-ID", b"List-Unsubscribe"):
        headers = re.sub(rb"(?m)^" + name + rb": .*\r\n", b"", headers)
    joined = body.replace(b"=\r\n", b"")
    return headers + re.sub(rb"unsubscribe=2F[a-z2-7]{36}|unsubscribe/[a-z2-7]{36}", b"", joined)


def test_a_new_key_is_for_its_owner_only_and_never_overwritten(project: Project) -> None:
    made = _made(project, "r1", "rsa")
    file = Path(made["file"])
    pem = file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert made["record"]["strings"][0] == parse_private_key(pem).record[:255]
    again = project.publish("dkim", "new", "--domain", "example.org", "--selector", "r1", code=2)
    assert "never overwritten" in again.err
    assert "PRIVATE" not in again.out + again.err
    assert file.read_text() == pem


def test_a_key_that_is_not_there_stops_the_channel_before_anything_leaves(project: Project, mail: MailServer) -> None:
    """The deliveries stay queued, and the command says which file is missing."""
    project.subscribe(1)
    finished = project.publish("now", "daily", "--yes", code=2)
    assert "dkim-r1.example.org.pem" in finished.err
    assert mail.mails() == []
    assert project.states() == {"queued": 1}


def test_a_test_is_marked_and_uses_nothing_up(project: Project, mail: MailServer) -> None:
    """It goes to the named addresses only; the edition comes after it as if there had been none."""
    for selector, kind in (("r1", "rsa"), ("e1", "ed25519")):
        _made(project, selector, kind)
    project.subscribe(1)
    words = ("test", "daily", "--to", "me@example.org", "--to", "boss@Example.org", "--json")
    data = project.publish(*words).data
    assert data["deliveries"] == {"accepted": 2}
    assert mail.recipients() == ["boss@example.org", "me@example.org"]
    for taken in mail.mails():
        assert str(taken.message["subject"]).startswith("[Test] ")
        assert taken.message["auto-submitted"] == "auto-generated"
    rows = project.deliveries()
    assert {row.key.occurrence[:5] for row in rows} == {"test "}
    assert {row.edition for row in rows} == {None}
    project.publish("now", "daily", "--yes")
    last = mail.mails()[-1]
    assert last.rcpt_to == "person0@example.org"
    assert "auto-submitted" not in last.message
    with project.ledger() as ledger:
        (edition,) = ledger.editions()
    assert edition.number == 1

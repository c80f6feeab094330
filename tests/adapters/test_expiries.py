"""What a channel needs and when it ends: seen at the last connection, or known from the last renewal; never asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from publisher.ports.adapter import Adapter, Expiring, Expiry
from tests.adapters.accounts import THREADS, Attempts
from tests.contracts.bench import NOW, DictMemory, make_adapter
from tests.servers import AUTHORITY
from tests.servers.smtp_server import SmtpServer

ENDS_AT = datetime(2126, 1, 1, tzinfo=UTC)  # tests/servers/certificates


def adapter_for(port: int, memory: DictMemory, **settings: Any) -> Adapter:
    whole = {"adapter": "smtp", "host": "127.0.0.1", "port": port, "ca_file": str(AUTHORITY), "timeout_seconds": 5}
    return make_adapter({**whole, **settings}, folder=Path(__file__).parent, memory=memory)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_the_certificate_of_a_mail_server_is_remembered_from_the_last_connection(security: str) -> None:
    memory = DictMemory()
    with SmtpServer(implicit_tls=security == "tls", starttls=security == "starttls") as server:
        adapter = adapter_for(server.port, memory, security=security)
        assert isinstance(adapter, Expiring)
        assert adapter.expiries() == ()
        adapter.open().verify()
        assert adapter.expiries() == (Expiry("certificate", f"127.0.0.1:{server.port}", ENDS_AT),)
        again = adapter_for(server.port, memory, security="none")
        assert isinstance(again, Expiring)
        assert again.expiries() == ()


@pytest.mark.parametrize("kept", ['"gestern"', '"2126-01-01"', "17", "{}"])
def test_a_damaged_memory_is_no_certificate(kept: str) -> None:
    memory = DictMemory({"certificate 127.0.0.1:25": kept})
    adapter = adapter_for(25, memory, security="tls")
    assert isinstance(adapter, Expiring)
    assert adapter.expiries() == ()


def test_the_token_of_threads_ends_sixty_days_after_its_renewal(tmp_path: Path) -> None:
    """A bare token does not say when it ends."""
    with THREADS.serve() as server:
        adapter = THREADS.adapter(server.url, tmp_path)
        assert isinstance(adapter, Expiring)
        assert adapter.expiries() == ()
        Attempts(THREADS, tmp_path).attempt(server)
        (expiry,) = adapter.expiries()
    assert (expiry.thing, expiry.about) == ("token", "@verband")
    assert expiry.expires_at == NOW + timedelta(days=60)


def test_a_token_that_is_not_there_is_told_elsewhere(tmp_path: Path) -> None:
    adapter = make_adapter(
        {"adapter": "threads", "username": "verband", "token": {"env": "NOT_THERE"}}, folder=tmp_path
    )
    assert isinstance(adapter, Expiring)
    assert adapter.expiries() == ()

"""The contract for networks that need several requests: all is well but for the one that makes the post."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from publisher.domain.message import SealedMessage
from tests.adapters.accounts import ARTICLE, Network
from tests.adapters.posting import PNG, sealed
from tests.contracts.adapter_contract import AdapterContract, Remote, Situation, patience
from tests.contracts.http_remote import behaviour
from tests.servers.listener import closed_port
from tests.servers.routed_server import RoutedServer


@dataclass
class AccountRemote(Remote):
    network: Network
    server: RoutedServer

    def arrived(self) -> list[bytes]:
        return [request.raw for request in self.server.sent_to(self.network.creating)]

    def contacts(self) -> int:
        return len(self.server.lines)


@contextmanager
def account_remote(situation: Situation, network: Network) -> Iterator[AccountRemote]:
    secrets = {**network.environ, **{secret: secret for secret in network.more_secrets}}
    with network.serve(creating=behaviour(situation, secrets, network.taken)) as server:
        url = f"http://127.0.0.1:{closed_port()}" if situation is Situation.UNREACHABLE else server.url
        filled = {name: url if value == "{url}" else value for name, value in network.settings.items()}
        yield AccountRemote({**filled, "timeout_seconds": patience(situation)}, network, server)


class AccountContract(AdapterContract):
    """The contract for an account on a network, with a post that has a picture."""

    network: ClassVar[Network]
    not_applicable = frozenset({Situation.GONE})  # an account that is gone is a channel that is misconfigured

    def remote(self, situation: Situation, folder: Any) -> Any:
        return account_remote(situation, self.network)

    def message(self) -> SealedMessage:
        return sealed(ARTICLE, image=PNG)

    def _assert_no_secret(self, told: str) -> None:
        super()._assert_no_secret(told)
        assert [secret for secret in self.network.more_secrets if secret in told] == []


def json_of(arrived: bytes) -> Any:
    return json.loads(arrived.partition(b"\r\n\r\n")[2])

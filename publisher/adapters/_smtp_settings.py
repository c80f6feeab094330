"""`[channels.NAME]` with `adapter = "smtp"`: one mail server, or several with weights."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from publisher.ports.adapter import ChannelSettings
from publisher.ports.credentials import Secret

Security = Literal["starttls", "tls", "none"]

# Submission with STARTTLS, submission over TLS, plain relay. Source: RFC 6409 3.1, RFC 8314 3.3, RFC 5321 4.5.4.2,
# checked 2026-11-23.
_USUAL_PORTS = {"starttls": 587, "tls": 465, "none": 25}
# The server may take long to accept a message: RFC 5321 4.5.3.2.6 asks for 10 minutes, checked 2026-11-23.
FINAL_REPLY_SECONDS = 600.0


class RelaySettings(BaseModel):
    """One of several mail servers. What is left out is as in the channel's section."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(min_length=1, description="Name of the mail server.")
    port: int | None = Field(default=None, ge=1, le=65_535, description="587, 465 or 25 if left out, by security.")
    weight: int = Field(default=1, ge=1, le=1_000, description="Share of the connections that go to this server.")
    security: Security | None = Field(default=None, description="How it is encrypted.")
    username: str | None = Field(default=None, description="Login, often the e-mail address.")
    password: Secret | None = Field(default=None, description="Password of the login.")


class DkimSettings(BaseModel):
    """One signature under every e-mail of the channel."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    domain: str = Field(
        pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$",
        description="Domain that signs, that of from_address.",
    )
    selector: str = Field(
        pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
        description="Name of the key in the DNS, SELECTOR._domainkey.DOMAIN.",
    )
    key: Secret = Field(description="Private key in PEM form, RSA or Ed25519, from `publish dkim new`.")


@dataclass(frozen=True, slots=True)
class Relay:
    """A mail server with everything that is needed to connect to it."""

    host: str
    port: int
    weight: int
    security: Security
    username: str | None
    password: Secret | None

    @property
    def name(self) -> str:
        """Name it as the ledger and errors do."""
        return f"{self.host}:{self.port}"


class SmtpSettings(ChannelSettings):
    """`[channels.NAME]` with `adapter = "smtp"`."""

    host: str | None = Field(default=None, min_length=1, description="Name of the mail server.")
    relays: tuple[RelaySettings, ...] = Field(default=(), description="Several mail servers, instead of host.")
    port: int | None = Field(default=None, ge=1, le=65_535, description="587, 465 or 25 if left out, by security.")
    security: Security = Field(default="starttls", description="How it is encrypted.")
    allow_plain_text: bool = Field(default=False, description='Let security = "none" leave this machine.')
    ca_file: str | None = Field(default=None, description="Certificate authority of your own server, a PEM file.")
    username: str | None = Field(default=None, description="Login, often the e-mail address.")
    password: Secret | None = Field(default=None, description="Password of the login.")
    timeout_seconds: float = Field(default=60.0, gt=0, le=600, description="Longest wait for one answer.")
    final_timeout_seconds: float = Field(
        default=FINAL_REPLY_SECONDS, gt=0, le=900, description="Longest wait for a message to be accepted."
    )
    # A worker holds a delivery for 20 minutes, so a transaction must end before.
    transaction_timeout_seconds: float = Field(
        default=900.0, gt=0, le=1_000, description="Longest time for one message, with all its answers."
    )
    helo_name: str | None = Field(default=None, pattern=r"^[A-Za-z0-9.:\[\]-]+$", description="Name of this machine.")
    max_messages_per_connection: int = Field(default=100, ge=1, description="Connect anew after so many messages.")
    connections: int = Field(default=4, ge=1, le=64, description="Connections at the same time.")
    idempotency_header: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9-]{1,40}$",
        description="Header by which the relay recognises a message that it has had.",
    )
    dkim: tuple[DkimSettings, ...] = Field(
        default=(), max_length=4, description="Signatures by keys of your own, where the mail server makes none."
    )

    @model_validator(mode="after")
    def _consistent(self) -> SmtpSettings:
        if (self.host is None) == (not self.relays):
            raise ValueError('name one mail server in "host", or several in "relays"')
        if self.relays and self.port is not None:
            raise ValueError('"port" belongs to "host"; with "relays" each of them has its own')
        for relay in self.all_relays():
            if relay.security == "none" and not (self.allow_plain_text or is_this_machine(relay.host)):
                raise ValueError(
                    'security = "none" is for this machine only; use "starttls", or set allow_plain_text = true'
                )
            if (relay.username is None) != (relay.password is None):
                raise ValueError('"username" and "password" go together; set both or none')
        return self

    @property
    def usual_port(self) -> int:
        """Give the port, the usual one of this kind of security if none is set."""
        return self.port or _USUAL_PORTS[self.security]

    def all_relays(self) -> tuple[Relay, ...]:
        """Give the mail servers, each complete."""
        if self.host is not None:
            return (Relay(self.host, self.usual_port, 1, self.security, self.username, self.password),)
        return tuple(self._relay(relay) for relay in self.relays)

    def _relay(self, relay: RelaySettings) -> Relay:
        security = relay.security or self.security
        port = relay.port or _USUAL_PORTS[security]
        has_own_login = relay.username is not None or relay.password is not None
        login = (relay.username, relay.password) if has_own_login else (self.username, self.password)
        return Relay(relay.host, port, relay.weight, security, *login)


def is_this_machine(host: str) -> bool:
    """Say whether what is sent to this host stays on this machine."""
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False

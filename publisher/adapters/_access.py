"""Networks with an address of their own and an access token: LinkedIn, Facebook."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from publisher.adapters._posting import PostingSession, problem_of_address
from publisher.ports.adapter import ChannelSettings, Surroundings
from publisher.ports.credentials import Credentials, Secret


class AccessSettings(ChannelSettings):
    """What every network with an access token needs; a subclass gives `api_url` its default."""

    token: Secret = Field(description="Access token.")
    api_url: str = Field(pattern="^https?://", description="Address of the network's interface, or of your proxy.")
    timeout_seconds: float = Field(default=30.0, gt=0, le=300, description="Longest wait for an answer.")

    def addresses(self, credentials: Credentials) -> tuple[str, ...]:
        """Give the address of the interface."""
        return (self.api_url,)


class AccessSession(PostingSession):
    """Requests with the token in their header: there it is never logged, shown or captured."""

    def __init__(self, settings: AccessSettings, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self._access = settings

    def _token(self) -> str:
        token = self._surroundings.credentials.read(self._access.token)
        if not token.isascii() or not token.isprintable() or " " in token:
            raise self._misconfigured("the token has characters that cannot be sent", "Copy the whole token anew.")
        return token

    def _login(self, token: str) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {token}"}

    def _api(self, path: str) -> str:
        base = self._access.api_url.rstrip("/")
        if problem := problem_of_address(base):
            raise self._misconfigured(f'the value of "api_url" cannot be used: {problem}', "Leave api_url out.")
        return f"{base}/{path}"

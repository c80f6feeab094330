"""Secrets: named in the config, read at the moment of use, never kept in a value that could be printed."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, model_validator


class Secret(BaseModel):
    """Where a secret is found: an environment variable, a file, or (not advised) the config itself.

    In config.toml: `password = {env = "SMTP_PASSWORD"}` or `password = {file = "smtp-password.txt"}`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    env: str | None = None
    file: str | None = None
    literal: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _accept_text(cls, value: Any) -> Any:
        return {"literal": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_place(self) -> Secret:
        if sum(place is not None for place in (self.env, self.file, self.literal)) != 1:
            raise ValueError('expected {env = "NAME"} or {file = "PATH"}')
        return self

    def __repr__(self) -> str:
        if self.literal is not None:
            return "Secret(hidden)"
        return f"Secret(env={self.env})" if self.env else f"Secret(file={self.file})"

    __str__ = __repr__


class Credentials(Protocol):
    """Read secrets, and keep those that the remote rotates."""

    def read(self, secret: Secret) -> str:
        """Give the secret's value: what was kept for it, else what stands in its place.

        Errors: ChannelMisconfigured names the variable or file that is missing.
        """
        ...

    def keep(self, secret: Secret, value: str) -> None:
        """Keep durably what the remote gave instead of a secret: `read` gives it from now on, in every process.

        A person who puts another value into the secret's place overrules it. Errors: ChannelMisconfigured.
        """
        ...

    def renewing(self, secret: Secret) -> AbstractContextManager[None]:
        """Keep all others, in every process, from renewing this secret until the block ends.

        Errors: ChannelMisconfigured where `keep` could not write: better before a token is used up than after.
        """
        ...

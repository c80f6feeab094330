"""Secrets: named in the config, read at the moment of use, never kept in a value that could be printed."""

from __future__ import annotations

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
        """Give the secret's value. Errors: ChannelMisconfigured names the variable or file that is missing."""
        ...

"""Settings that the general channels share: which network's rules a post is cut to."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

from publisher.domain.networks import KNOWN_LIMITS
from publisher.domain.spelling import nearest_word
from publisher.domain.text_limits import TextLimits, Unit
from publisher.ports.adapter import ChannelSettings


class OwnLimits(BaseModel):
    """Rules of a network that is not known here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unit: Unit = Field(description="What is counted.")
    max_length: int = Field(ge=1, description="Longest post, in that unit.")
    link_length: int | None = Field(default=None, ge=1, description="What any link weighs; in full if left out.")
    max_bytes: int | None = Field(default=None, ge=1, description="A second limit, in UTF-8 bytes.")
    short_mentions: bool = Field(default=False, description="Count @user@host as @user.")

    def as_text_limits(self) -> TextLimits:
        """Give them as the domain knows them."""
        return TextLimits(**self.model_dump(), source="the channel's own settings")


class NetworkSettings(ChannelSettings):
    """What a channel needs to know in order to cut a post: a known network, or limits of its own."""

    network: str = Field(default="generic", description="Cut posts to the rules of this network.")
    limits: OwnLimits | None = Field(default=None, description="Own rules instead of a known network's.")

    @field_validator("network")
    @classmethod
    def _known(cls, name: str) -> str:
        if name in KNOWN_LIMITS:
            return name
        close = nearest_word(name, KNOWN_LIMITS)
        advice = f'did you mean "{close}"?' if close else f"known are {', '.join(sorted(KNOWN_LIMITS))}"
        raise ValueError(f'no network "{name}" is known; {advice}')

    def text_limits(self) -> TextLimits:
        """Give the rules in force."""
        return self.limits.as_text_limits() if self.limits else KNOWN_LIMITS[self.network]

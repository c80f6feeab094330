"""A folder instead of a network: each e-mail as an .eml file, each post as text and as JSON.

For trying things out, for tests, and for handing over to other programs. A file's name comes from the delivery's key,
so another attempt of the same delivery writes the same file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from pydantic import Field

from publisher.adapters._network import NetworkSettings
from publisher.domain.article import slug_of
from publisher.domain.attempt import Accepted, Deferred, Evidence, Outcome
from publisher.domain.message import Message, MessageKind, SealedMessage
from publisher.domain.post import Post
from publisher.domain.text_limits import TextLimits
from publisher.errors import ChannelMisconfigured
from publisher.files import write_whole
from publisher.ports.adapter import NOT_ASKED, AdapterType, JsonValue, Mark, Surroundings

KEY_CHARACTERS = 16


class FolderSettings(NetworkSettings):
    """`[channels.NAME]` with `adapter = "folder"`."""

    folder: str | None = Field(default=None, description='Where the files go; "outbox/NAME" if left out.')


class FolderAdapter:
    """Write messages into a folder."""

    kinds = frozenset(MessageKind)

    def __init__(self, settings: FolderSettings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._surroundings = surroundings
        self._folder = settings.folder or f"outbox/{surroundings.channel}"

    def account(self) -> str:
        """Name the folder as the config does."""
        return self._folder

    def limits(self) -> TextLimits:
        """Give the rules of the network that the posts are meant for."""
        return self._settings.text_limits()

    def prepare(self, message: Message) -> Mapping[str, JsonValue]:
        """Nothing: the delivery's key names the file."""
        return {}

    def open(self) -> FolderSession:
        """Make a session; the folder is made with the first file."""
        return FolderSession(self._folder, self._surroundings)


class FolderSession:
    """Write one message after the other."""

    def __init__(self, folder: str, surroundings: Surroundings) -> None:
        self._shown = folder
        self._folder = surroundings.folder / folder
        self._surroundings = surroundings

    def send(self, message: SealedMessage, mark: Mark) -> Outcome:
        """Write the message's files, each whole or not at all. Errors: ChannelMisconfigured."""
        files = files_of(message)
        if self._surroundings.capture is not None:
            paths = [self._surroundings.capture.write(name, content) for name, content in files.items()]
            return Accepted(receipt=f"captured as {paths[0].name}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for name, content in files.items():
                write_whole(self._folder / name, content)
        except (PermissionError, FileExistsError, NotADirectoryError) as error:
            raise self._unusable(error) from None
        except OSError as error:
            return Deferred(f"cannot write to {self._shown}: {error.strerror}", evidence=Evidence(stage="write"))
        return Accepted(receipt=f"{self._shown}/{next(iter(files))}")

    def verify(self) -> str:
        """Say whether the folder can be written to, without making it."""
        existing = next(folder for folder in (self._folder, *self._folder.parents) if folder.exists())
        if not existing.is_dir() or not os.access(existing, os.W_OK):
            raise self._unusable(None)
        return f"writes to {self._shown}" if self._surroundings.capture is None else NOT_ASKED

    def close(self) -> None:
        """Nothing is held open."""

    def _unusable(self, error: OSError | None) -> ChannelMisconfigured:
        reason = f": {error.strerror.lower()}" if error and error.strerror else ""
        return ChannelMisconfigured(
            f'cannot write to the folder "{self._shown}"{reason}',
            where=f"[channels.{self._surroundings.channel}]",
            hint='Set folder to one that you may write to, for example folder = "outbox".',
        )


def files_of(message: SealedMessage) -> dict[str, bytes]:
    """Make a message's files by name: an .eml for an e-mail, .txt and .json for a post."""
    suffix = message.key[:KEY_CHARACTERS]
    if "post" not in message.sections:
        content = message.sections["headers"] + b"\r\n" + message.sections["body"]
        return {f"{slug_of(message.recipient) or 'email'}-{suffix}.eml": content}
    post = Post.from_bytes(message.sections["post"])
    document = {
        "id": message.key,
        "kind": message.kind.value,
        "recipient": message.recipient,
        "segment": message.segment,
        "post": json.loads(message.sections["post"]),
    }
    name = f"{slug_of(post.slug) or message.kind.value}-{suffix}"
    return {
        f"{name}.txt": post.text_of(message.segment).encode() + b"\n",
        f"{name}.json": json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n",
    }


ADAPTER = AdapterType(
    name="folder",
    summary="files in a folder, for trying out and for other programs",
    settings=FolderSettings,
    make=FolderAdapter,
    kinds=FolderAdapter.kinds,
)

"""Change the one `status:` line of a queue file, and nothing else in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from publisher.domain.article import Status
from publisher.errors import QueueError
from publisher.files import replace_file
from publisher.intake.front_matter import split_front_matter
from publisher.intake.plain_file import FileRefused, open_folder, read_plain_file
from publisher.intake.queue import MAX_ARTICLE_BYTES, text_of_file
from publisher.intake.yaml_tree import Mapping, Node, Scalar, YamlProblem, parse_yaml

_HINT = "Change the line by hand, for example status: ready"


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A queue file and its new content, computed but not written."""

    path: Path
    before: bytes
    after: bytes


def change_status(path: Path, status: Status) -> None:
    """Give a queue file another status; every other byte, the line ends and the file's mode stay as they are.

    Errors: QueueError if the file cannot be read or written, or its front matter is not in order.
    """
    write_change(prepare_change(path, status))


def prepare_change(path: Path, status: Status) -> StatusChange:
    """Compute what a file with another status contains; nothing is written. Errors: QueueError."""
    where = f"{path.parent.name}/{path.name}"
    try:
        with open_folder(path.parent) as folder:
            mark, content = read_plain_file(folder, path.name, MAX_ARTICLE_BYTES)
            text_of_file(content)
            changed = _with_status(content.decode("utf-8"), status)
            if read_plain_file(folder, path.name, MAX_ARTICLE_BYTES)[0] != mark:
                raise FileRefused("is being written")
    except FileRefused as refused:
        raise QueueError(f"the file {refused}", where=where, hint="Look at the file, then try again.") from refused
    except YamlProblem as problem:
        raise QueueError(problem.what, where=f"{where}:{problem.line}", hint=problem.hint) from problem
    except OSError as error:
        raise QueueError(f"the file cannot be read: {error.strerror}", where=where, hint=_HINT) from error
    return StatusChange(path, content, changed.encode())


def write_change(change: StatusChange) -> None:
    """Write a prepared change, if it is one. Errors: QueueError."""
    where = f"{change.path.parent.name}/{change.path.name}"
    try:
        if change.after != change.before:
            replace_file(change.path, change.after)
    except OSError as error:
        raise QueueError(f"the file cannot be written: {error.strerror}", where=where, hint=_HINT) from error


def with_status(text: str, status: Status) -> str:
    """Give the text of a queue file another status. Errors: QueueError."""
    try:
        return _with_status(text, status)
    except YamlProblem as problem:
        raise QueueError(problem.what, where=f"line {problem.line}", hint=problem.hint) from problem


_LINE = re.compile(r"^(?P<key>(?:status|\"status\"|'status')[ \t]*:)(?P<gap>[ \t]*)(?P<value>\"[^\"\r\n]*\"|'[^'\r\n]*'|[^\s#]*)", re.MULTILINE)  # fmt: skip  # noqa: E501
_CLOSING_FENCE = re.compile(r"(?<=[\r\n])---[ \t]*$", re.MULTILINE)
_OPENING_FENCE = re.compile("\ufeff?---[ \t]*(\r\n|\n|\r)")


def _with_status(text: str, status: Status) -> str:
    before = _fields(text)
    opening, closing = _OPENING_FENCE.match(text), None
    if opening:
        closing = _CLOSING_FENCE.search(text.replace("\r", "\n"), opening.end())
    if opening is None or closing is None:
        raise YamlProblem(1, "the front matter has no beginning or end", "Put it between two lines of ---")
    line = _LINE.search(text, opening.end(), closing.start())
    if line:
        changed = f"{text[: line.end('key')]}{line['gap'] or ' '}{status}{text[line.end() :]}"
    else:
        changed = f"{text[: closing.start()]}status: {status}{opening[1]}{text[closing.start() :]}"
    _refuse_other_changes(before, changed, status)
    return changed


def _fields(text: str) -> Mapping:
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    header, _, first_line = split_front_matter(plain)
    node = parse_yaml(header, first_line)
    if node is None:
        return Mapping({}, {}, first_line)
    if not isinstance(node, Mapping):
        raise YamlProblem(first_line, "the front matter is not a group of fields", _HINT)
    return node


def _refuse_other_changes(before: Mapping, changed: str, status: Status) -> None:
    """Prove that the change did what it should: unusual YAML is left to a person."""
    try:
        after = {name: _texts(node) for name, node in _fields(changed).entries.items()}
    except YamlProblem:
        after = {}
    wanted = {name: _texts(node) for name, node in before.entries.items()} | {"status": str(status)}
    if after != wanted:
        raise YamlProblem(before.lines.get("status", before.line), "the status cannot be changed safely here", _HINT)


def _texts(node: Node) -> object:
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Mapping):
        return {name: _texts(inner) for name, inner in node.entries.items()}
    return [_texts(item) for item in node.items]

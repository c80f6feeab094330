"""Jinja2 templates: the team's own folder first, then the shipped one; in a sandbox, strict, every error with a place.

Templates are the team's own files, so the sandbox is no wall against an enemy; it stops accidents: a loop that never
ends, a text that fills the memory, a name that reaches into the program.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import takewhile
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from publisher.domain.spelling import nearest_word
from publisher.errors import TemplateError
from publisher.rendering.plain_text import shortened, wrapped

if TYPE_CHECKING:
    from jinja2 import Environment, FileSystemLoader, Template
    from jinja2.runtime import Context
    from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_OUTPUT_CHARACTERS = 4_000_000
MAX_RANGE_TOTAL = 10_000
MAX_PRODUCT = 1_000_000


class Templates:
    """Render templates by name, for example `email/digest/html.j2`. Errors: TemplateError, always with a place.

    A template includes its neighbours by `{% include "./header.html.j2" %}`. What ends in `html.j2` is escaped for
    HTML; everything else is plain text.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)

    def exists(self, name: str) -> bool:
        """Say whether one of the folders has this template."""
        return any((folder / name).is_file() for folder in self._folders)

    def designs(self, kind: str) -> list[str]:
        """Name the folders below `kind`, for example `email`, that hold a whole template."""
        pages = (page for folder in self._folders for page in (folder / kind).glob("*/html.j2"))
        return sorted({page.parent.name for page in pages})

    def compile_own(self) -> tuple[int, list[TemplateError]]:
        """Look at the team's own templates without any values: how many there are, and what is wrong with them."""
        folder, errors = self._folders[0], list[TemplateError]()
        names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.j2"))
        for name in names:
            try:
                with _ErrorPlaces(self._shown, name, {}):
                    self._environment.get_template(name)
            except TemplateError as error:
                errors.append(error)
        return len(names), errors

    def render(self, name: str, values: Mapping[str, object]) -> str:
        """Render a template."""
        with _ErrorPlaces(self._shown, name, values):
            template = self._environment.get_template(name)
            context = template.new_context(_bounded(values))
            return _joined(template.root_render_func(context))

    def render_blocks(self, name: str, values: Mapping[str, object]) -> dict[str, str]:
        """Render every top-level block of a template by itself, in the order in which they stand."""
        with _ErrorPlaces(self._shown, name, values):
            template = self._environment.get_template(name)
            return self._blocks(template, Path(template.filename or name).read_text("utf-8"), values)

    def render_blocks_of_text(self, text: str, name: str, values: Mapping[str, object]) -> dict[str, str]:
        """Render the top-level blocks of a template given as text; `name` is what errors call it."""
        with _ErrorPlaces(self._shown, name, values):
            template = self._environment.from_string(text)
            template.name = name
            return self._blocks(template, text, values)

    def _blocks(self, template: Template, text: str, values: Mapping[str, object]) -> dict[str, str]:
        from jinja2 import nodes

        context = template.new_context(_bounded(values))
        _joined(template.root_render_func(context))  # so that the blocks see what `set` and `import` made outside
        names = [node.name for node in self._environment.parse(text).body if isinstance(node, nodes.Block)]
        return {name: _joined(template.blocks[name](context)) for name in names}

    def _shown(self, name: str) -> str:
        """Give a template's path as its owner knows it: with the name of the folder it was found in."""
        for folder in self._folders:
            if (folder / name).is_file():
                return f"{folder.name}/{name}"
        return name

    @cached_property
    def _environment(self) -> ImmutableSandboxedEnvironment:
        environment = _environment_type()(
            loader=_loader(self._folders),
            undefined=_undefined_type(),
            autoescape=lambda name: name is not None and name.endswith("html.j2"),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        for name in ("range", "lipsum", "cycler", "joiner"):
            environment.globals.pop(name)
        environment.filters["wrapped"] = wrapped_lines
        environment.filters["shortened"] = shortened
        return environment


def _loader(folders: Sequence[Path]) -> FileSystemLoader:
    """Make what finds the files: one that comes into an earlier folder while the program runs is seen, too.

    Jinja's own looks only whether the file that it has read is still the same.
    """
    from jinja2 import FileSystemLoader

    class Loader(FileSystemLoader):
        def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
            source, path, is_same = super().get_source(environment, template)
            earlier = list(takewhile(lambda file: file != Path(path), (folder / template for folder in folders)))
            return source, path, lambda: is_same() and not any(file.is_file() for file in earlier)

    return Loader(folders)


def wrapped_lines(text: str, indent: str = "", rest: str | None = None) -> str:
    """Wrap a paragraph for the text part: the filter `wrapped`, with what its lines start with, or its first line."""
    return wrapped(str(text), first=indent, rest=indent if rest is None else rest)


def _joined(parts: Iterable[str]) -> str:
    """Put a rendering together, and stop one that grows without end."""
    kept, length = [], 0
    for part in parts:
        length += len(part)
        if length > MAX_OUTPUT_CHARACTERS:
            raise _TooMuch(f"the output is longer than {MAX_OUTPUT_CHARACTERS:,} characters")
        kept.append(part)
    return "".join(kept)


class _TooMuch(Exception):
    """A template asks for more than a message can ever need."""


def _bounded(values: Mapping[str, object]) -> dict[str, object]:
    """Add a `range` that hands out a limited number of numbers in one rendering."""
    left = MAX_RANGE_TOTAL

    def bounded_range(*limits: int) -> Iterator[int]:
        nonlocal left
        for number in range(*limits):
            left -= 1
            if left < 0:
                raise _TooMuch(f"range() gave more than {MAX_RANGE_TOTAL:,} numbers")
            yield number

    return {"range": bounded_range, **values}


def _environment_type() -> type[ImmutableSandboxedEnvironment]:
    """Make the environment's class here, so that Jinja2 is loaded only where something is rendered."""
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Environment(ImmutableSandboxedEnvironment):
        intercepted_binops = frozenset({"*", "**", "%"})

        def join_path(self, template: str, parent: str) -> str:
            """Let `./name` mean a neighbour of the template that includes it."""
            if not template.startswith("./"):
                return template
            return posixpath.normpath(posixpath.join(posixpath.dirname(parent), template))

        def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
            """Refuse a product that would fill the memory."""
            if operator == "%" and isinstance(left, str):
                raise _TooMuch("text cannot be formatted with %; use ~ to put texts together")
            if operator in ("*", "**") and _size(left) * _size(right) > MAX_PRODUCT:
                raise _TooMuch(f"{operator} makes more than {MAX_PRODUCT:,}")
            return super().call_binop(context, operator, left, right)

    return Environment


def _size(operand: Any) -> int:
    return len(operand) if hasattr(operand, "__len__") else abs(int(operand))


class _UnknownName:
    """What a template error needs to know of a name that means nothing: the name and what it could have been."""

    def __init__(self, name: str, known: Iterable[str] | None) -> None:
        self.name = name
        self.known = known


def _undefined_type() -> type[Any]:
    from jinja2 import StrictUndefined, UndefinedError
    from jinja2.utils import missing

    def unknown(message: str | None = None, *, name: _UnknownName) -> UndefinedError:
        error = UndefinedError(message)
        error.unknown = name  # type: ignore[attr-defined]
        return error

    class Undefined(StrictUndefined):
        __slots__ = ()

        def __init__(
            self, hint: str | None = None, obj: Any = missing, name: str | None = None, exc: type = UndefinedError
        ) -> None:
            known = None if obj is missing else (obj if isinstance(obj, Mapping) else ())
            super().__init__(hint, obj, name, partial(unknown, name=_UnknownName(str(name), known)))  # type: ignore[arg-type]

    return Undefined


class _ErrorPlaces:
    """Turn whatever happens while a template is read and rendered into a TemplateError with its place."""

    def __init__(self, shown: Callable[[str], str], name: str, values: Mapping[str, object]) -> None:
        self._shown = shown
        self._name = name
        self._values = values

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception) and not isinstance(error, TemplateError):
            what, hint = self._explained(error)
            raise TemplateError(what, where=self._where(error, trace), hint=hint) from error

    def _where(self, error: Exception, trace: TracebackType | None) -> str:
        from jinja2 import TemplateSyntaxError

        if isinstance(error, TemplateSyntaxError):
            return f"{self._shown(error.name or self._name)}:{error.lineno}"
        name, line = self._name, 0
        while trace:
            template = trace.tb_frame.f_globals.get("__jinja_template__")
            if template is not None:
                name, line = template.name or self._name, template.get_corresponding_lineno(trace.tb_lineno)
            trace = trace.tb_next
        return f"{self._shown(name)}:{line}" if line else self._shown(name)

    def _explained(self, error: Exception) -> tuple[str, str]:
        from jinja2 import TemplateNotFound, TemplateSyntaxError, UndefinedError
        from jinja2.exceptions import SecurityError

        match error:
            case TemplateNotFound():
                return (
                    f'there is no template "{error.name}"',
                    "Check the name; `publish init --templates` copies all.",
                )
            case TemplateSyntaxError():
                return str(error.message), "Correct the template at this line, for example {{ edition.title }}."
            case UndefinedError():
                return self._unknown_name(error)
            case SecurityError():
                return str(error), "Use only the variables that the template is given."
            case UnicodeDecodeError():
                return "the template is not UTF-8", "Save the file as UTF-8."
            case _TooMuch():
                return str(error), "Make the loop or the text shorter."
        return f"{type(error).__name__}: {error}", "Correct the template at this line."

    def _unknown_name(self, error: Exception) -> tuple[str, str]:
        unknown: _UnknownName | None = getattr(error, "unknown", None)
        if unknown is None:
            return str(error), "Use only the variables that the template is given."
        known = [str(name) for name in (self._values if unknown.known is None else unknown.known)]
        nearest = nearest_word(unknown.name, known, cutoff=0.5)
        hint = f'Did you mean "{nearest}"?' if nearest else f"Use one of: {', '.join(sorted(known)) or 'nothing'}."
        return f'"{unknown.name}" is not known here', hint

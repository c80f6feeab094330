"""The type of a row whose columns the type checker does not follow."""

from __future__ import annotations

from typing import Any, TypeAlias

from sqlalchemy import Row

AnyRow: TypeAlias = "Row[*tuple[Any, ...]]"

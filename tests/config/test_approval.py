"""What a digest may say of approval: each mistake with its key and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.reading import WHOLE, errors_in

DIGEST = "[digests.daily]\n"


@pytest.mark.parametrize(
    ("line", "key", "what"),
    [
        ('approval = "edition"\napproval_lead = "bald"', "approval_lead", '"bald" is not a duration'),
        ('approval = "edition"\napproval_lead = "0"', "approval_lead", "more than 0"),
        ('approval = "edition"\napproval_lead = "8d"', "approval_lead", "at most 7 days"),
        ('approval = "both"', "approval", '"both"'),
        ('approval = "edition"\nlate_approval = "never"', "late_approval", '"never"'),
        ("second_person = true", "second_person", "without an approval"),
    ],
)
def test_what_is_wrong(tmp_path: Path, line: str, key: str, what: str) -> None:
    assert DIGEST in WHOLE
    (error,) = errors_in(tmp_path, WHOLE.replace(DIGEST, f"{DIGEST}{line}\n"))
    assert error.where.endswith(f"[digests.daily.{key}]")
    assert what in error.what
    assert error.hint


def test_what_is_right(tmp_path: Path) -> None:
    lines = 'approval = "article"\nsecond_person = true\napproval_lead = "1d 12h"\nlate_approval = "next"\n'
    assert errors_in(tmp_path, WHOLE.replace(DIGEST, f"{DIGEST}{lines}")) == []

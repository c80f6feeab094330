"""Write publisher/domain/top_level_domains.py out of tlds.yml, to standard output."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import yaml

HEAD = '''"""Top-level domains that make a word with a dot a link on X. Generated; do not edit.

Origin: `tlds.yml` of twitter-text (github.com/twitter/twitter-text), Apache-2.0,
state of 2021-10-21, checked 2026-11-23.
Written by tests/data/twitter-text/make_top_level_domains.py. Domains that came up since 2021 are not in it.
"""

# ruff: noqa: E501
from __future__ import annotations

_NAMES = """
'''


def top_level_domains() -> list[str]:
    tests = yaml.safe_load((Path(__file__).parent / "tlds.yml").read_text("utf-8"))["tests"]
    return sorted(case["text"].rsplit(".", 1)[1] for group in tests.values() for case in group)


if __name__ == "__main__":
    names = textwrap.fill(" ".join(top_level_domains()), 116, break_on_hyphens=False)
    sys.stdout.write(f'{HEAD}{textwrap.indent(names, "    ")}\n"""\nTOP_LEVEL_DOMAINS = frozenset(_NAMES.split())\n')

"""The command line: thin. `publish --help` is printed before anything heavy is imported."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    from publisher.cli.overview import overview

    if words in ([], ["--help"], ["-h"], ["help"]):
        sys.stdout.write(overview())
        return
    import gc

    from publisher.cli.group import publish

    # A command makes few cycles, and with ten thousand articles in memory each look for some takes a tenth of a second.
    gc.set_threshold(200_000)
    publish.main(args=words, prog_name="publish")

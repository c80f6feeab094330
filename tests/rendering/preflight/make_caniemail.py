"""Make publisher/rendering/data/caniemail.json out of caniemail's data: `python make_caniemail.py FULL.json`.

Kept are the features that the preflight's table names, and of each mail program the newest test. Versions are dates or
numbers; where a program has both, nobody knows which is newer, so the worse of the two counts.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from publisher.rendering.preflight.features import FEATURES

TARGET = Path(__file__).parents[3] / "publisher" / "rendering" / "data" / "caniemail.json"
_BADNESS = {"y": 0, "u": 1, "a": 2, "n": 3}


def newest(versions: dict[str, str]) -> str:
    """Give the support in the newest version."""
    dates = [version for version in versions if re.match(r"\d{4}-\d\d", version)]
    numbers = [version for version in versions if version not in dates]
    candidates = [versions[max(dates)]] if dates else []
    candidates += [versions[max(numbers, key=lambda v: [int(n) for n in re.findall(r"\d+", v)])]] if numbers else []
    return max(candidates, key=lambda support: _BADNESS[support[0]])


def main(source: Path) -> None:
    """Trim the data."""
    full = json.loads(source.read_text("utf-8"))
    trimmed = {}
    for slug in sorted({feature.slug for feature in FEATURES}):
        feature = full[slug]
        clients = {
            f"{family}.{name}": newest(v) for family, names in feature["stats"].items() for name, v in names.items()
        }
        grouped = {
            support: " ".join(sorted(c for c in clients if clients[c] == support)) for support in clients.values()
        }
        used = {number for support in grouped for number in re.findall(r"#(\d+)", support)}
        notes = {number: note for number, note in sorted((feature["notes_by_num"] or {}).items()) if number in used}
        trimmed[slug] = {
            "title": feature["title"],
            "tested_on": feature["last_test_date"],
            "support": dict(sorted(grouped.items())),
            "notes": notes,
        }
    head = {"source": "https://github.com/hteumeuleu/caniemail", "commit_date": "2026-06-29", "taken_on": "2026-11-23"}
    lines = ",\n".join(f"{json.dumps(slug)}: {json.dumps(data, ensure_ascii=False)}" for slug, data in trimmed.items())
    text = json.dumps(head)[:-1] + ', "features": {\n' + lines + "\n}}\n"
    TARGET.write_text(text, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Make preview.png for the README, out of a real `publish preview` of the sample queue: `python docs/pictures/make.py`.

The edition is kept to five articles, so that it has no table of contents and the lead article shows. Needs Chromium.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image

from publisher.browser import Browser, open_browser
from publisher.rendering.preview_page import looks_of
from publisher.rendering.templates import Templates

HERE = Path(__file__).resolve().parent
WIDTH_PX, HEIGHT_PX = 1600, 1000
PHONE_TOP_PX = 500  # the phone's reader has scrolled down to the lead article
MAX_BYTES = 400 * 1024
# channel, article, and how the picture names and colours the network
POSTS = (
    ("bluesky", "waermetag-2026", "Bluesky", "#0a7aff"),
    ("mastodon", "studie-waermepumpen-im-altbau", "Mastodon", "#6364ff"),
)


def main() -> int:
    with TemporaryDirectory() as folder:
        preview = make_preview(Path(folder) / "project")
        page = (preview / "email.html").read_text(encoding="utf-8")
        posts = json.loads((preview / "posts.json").read_text(encoding="utf-8"))
        subject = (preview / "subject").read_text(encoding="utf-8")
    with open_browser() as browser:
        picture = compose(browser, page, posts, subject)
    target = HERE / "preview.png"
    target.write_bytes(small_png(picture))
    size = target.stat().st_size
    print(f"{target.name}: {size // 1024} KB")
    return 0 if size <= MAX_BYTES else 1


def make_preview(project: Path) -> Path:
    """Make the sample project, and preview its first digest."""
    publish = [sys.executable, "-m", "publisher"]
    subprocess.run([*publish, "init", str(project)], check=True, capture_output=True)  # noqa: S603 - our own program
    config = project / "config.toml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("max_articles = 20", "max_articles = 5"), encoding="utf-8")
    words = ["preview", "--json", "--config", str(config), "--output", str(project / "preview")]
    done = subprocess.run([*publish, *words], check=True, capture_output=True, text=True)  # noqa: S603
    (project / "preview" / "subject").write_text(json.loads(done.stdout)["data"]["subject"], encoding="utf-8")
    return project / "preview"


def compose(browser: Browser, page: str, posts: list[dict[str, Any]], subject: str) -> bytes:
    looks = looks_of(page)
    phone = browser.picture(looks["dark"], width_px=360, sharpness=2)
    values = {
        "sender": "Fachverband Haus, Wärme und Wasser",
        "subject": subject,
        "desktop": data_url(browser.picture(looks["light"], width_px=700, sharpness=2, height_px=900)),
        "phone": data_url(cropped(phone, top_px=PHONE_TOP_PX * 2, height_px=1600)),
        "posts": [shown(posts, *wanted) for wanted in POSTS],
    }
    return browser.picture(
        Templates([HERE]).render("composition.html.j2", values), width_px=WIDTH_PX, height_px=HEIGHT_PX
    )


def shown(posts: list[dict[str, Any]], channel: str, slug: str, name: str, colour: str) -> dict[str, Any]:
    post = next(post for post in posts if (post["channel"], post["slug"]) == (channel, slug))
    return {"name": name, "colour": colour, "text": post["text"], "count": post["count"], "limit": post["limit"]}


def cropped(picture: bytes, *, top_px: int, height_px: int) -> bytes:
    image, output = Image.open(BytesIO(picture)), BytesIO()
    image.crop((0, top_px, image.width, top_px + height_px)).save(output, "PNG")
    return output.getvalue()


def data_url(picture: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture).decode('ascii')}"


def small_png(picture: bytes) -> bytes:
    """Write it as small as it gets without a loss."""
    output = BytesIO()
    Image.open(BytesIO(picture)).convert("RGB").save(output, "PNG", optimize=True)
    return output.getvalue()


if __name__ == "__main__":
    sys.exit(main())

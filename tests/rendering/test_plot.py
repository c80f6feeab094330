"""The plot: a picture of the right size in which the figures are, in both languages."""

from __future__ import annotations

import builtins
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from publisher.domain.edition_figures import DigestFigures, EditionPoint
from publisher.errors import UsageError
from publisher.rendering.plot import ACCEPTED, BOUNCED, OPEN, draw_figures

FIRST = datetime(2026, 10, 1, 5, 0, tzinfo=UTC)


def point(number: int, accepted: int, bounced: int = 0, waiting: int = 0, left: int = 0) -> EditionPoint:
    sent = accepted + bounced + waiting
    at = FIRST + timedelta(days=number)
    return EditionPoint(f"daily/{number}", "Pumpen", at, sent, accepted, bounced, waiting, left)


def picture(*points: EditionPoint, language: str = "de", title: str | None = "Wärme") -> Image.Image:
    drawn = draw_figures(DigestFigures(title, points), language=language, time_zone="Europe/Berlin")
    return Image.open(BytesIO(drawn)).convert("RGB")


def share_of(image: Image.Image, colour: str, *, upper_half: bool = True) -> float:
    """The share of pixels of exactly this colour, of the upper panel."""
    wanted = tuple(bytes.fromhex(colour[1:]))
    box = image.crop((0, 0, image.width, image.height * 6 // 10)) if upper_half else image
    pixels = list(box.get_flattened_data() if hasattr(box, "get_flattened_data") else box.getdata())
    return pixels.count(wanted) / len(pixels)


@pytest.mark.parametrize("language", ["de", "en"])
def test_it_is_a_picture_of_the_figures(language: str) -> None:
    """Bars are as high as what they stand for: of 1000 three quarters accepted, a quarter split over the two others."""
    image = picture(*(point(number, 750, 150, 100) for number in range(8)), language=language)
    assert image.size == (1600, 1024)
    accepted, bounced, waiting = (share_of(image, colour) for colour in (ACCEPTED, BOUNCED, OPEN))
    assert accepted > 0.15
    assert bounced / accepted == pytest.approx(150 / 750, rel=0.1)
    assert waiting / accepted == pytest.approx(100 / 750, rel=0.1)


def test_the_words_differ_with_the_language_and_the_figures_with_the_editions() -> None:
    points = [point(1, 10), point(2, 20)]
    german, english = picture(*points), picture(*points, language="en")
    assert german.tobytes() != english.tobytes()
    assert picture(*points).tobytes() == german.tobytes()  # the control: nothing else makes them differ
    assert picture(*points[::-1]).tobytes() != german.tobytes()


@pytest.mark.parametrize("count", [1, 2, 11, 400])
def test_few_and_many_editions(count: int) -> None:
    """No warning, no error, also for nobody at all and without a title."""
    assert picture(*(point(number, number % 3 * 1000) for number in range(count)), title=None)


def test_nothing_to_draw() -> None:
    with pytest.raises(UsageError, match="there is no edition to draw yet"):
        picture()


def test_without_matplotlib_the_hint_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match="not installed") as caught:
        picture(point(1, 10))
    assert "pip install 'publisher-workflow[stats]'" in caught.value.hint

"""Images: what goes into a message, and what never does."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image as Pillow

from publisher.errors import QueueError
from publisher.rendering.images import MAX_IMAGE_BYTES, embed_image
from tests.rendering.editions import picture


def _saved(image: Pillow.Image, kind: str, **options: object) -> bytes:
    output = BytesIO()
    image.save(output, kind, **options)  # type: ignore[arg-type]
    return output.getvalue()


def _opened(content: bytes) -> Pillow.Image:
    return Pillow.open(BytesIO(content))


def test_a_photo_is_scaled_to_twice_the_width_shown() -> None:
    image = embed_image(picture(2400, 1200), shown_width_px=536)
    assert (image.width, image.height, image.media_type) == (536, 268, "image/jpeg")
    assert _opened(image.content).size == (1072, 536)


def test_a_small_picture_keeps_its_width() -> None:
    image = embed_image(picture(200, 100), shown_width_px=536)
    assert (image.width, image.height) == (200, 100)


@pytest.mark.parametrize("kind", ["WEBP", "BMP", "TIFF", "PNG", "GIF"])
def test_formats_that_mail_programs_do_not_show_are_written_anew(kind: str) -> None:
    image = embed_image(_saved(_opened(picture(300, 200)), kind), shown_width_px=536)
    assert image.media_type in ("image/jpeg", "image/png")
    assert _opened(image.content).format in ("JPEG", "PNG")


def test_transparency_stays() -> None:
    logo = Pillow.new("RGBA", (400, 100), (10, 90, 170, 0))
    image = embed_image(_saved(logo, "PNG"), shown_width_px=180)
    assert image.media_type == "image/png"
    assert _opened(image.content).convert("RGBA").getpixel((0, 0))[3] == 0  # type: ignore[index]


def test_a_turned_photo_stands_upright_and_its_metadata_is_gone() -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "A camera that names its owner"
    image = embed_image(_saved(_opened(picture(400, 200)), "JPEG", exif=exif), shown_width_px=536)
    assert (image.width, image.height) == (200, 400)
    assert not _opened(image.content).getexif()
    assert b"owner" not in image.content


def test_the_same_image_gives_the_same_bytes_and_id() -> None:
    first, second = (embed_image(picture(), shown_width_px=536) for _ in range(2))
    assert first == second


def test_cmyk_becomes_rgb() -> None:
    image = embed_image(_saved(_opened(picture(300, 200)).convert("CMYK"), "JPEG"), shown_width_px=536)
    assert _opened(image.content).mode == "RGB"


def _png_of_size(width: int, height: int) -> bytes:
    """A PNG whose header promises more than it has."""
    chunks = (b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), b"IDAT" + zlib.compress(b"\0" * 99))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks
    )


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"not an image at all", "not an image"),
        (b"", "not an image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not an image"),
        (picture(300, 200)[:2000], "cannot be read"),
        (_png_of_size(30_000, 30_000), "cannot be read: Image size"),
        (_png_of_size(10_000, 9_000), "10000 x 9000 pixels"),
        (b"\xff\xd8" + b"x" * MAX_IMAGE_BYTES, "at most 25 are read"),
    ],
    ids=["text", "empty", "svg", "cut off", "bomb", "many pixels", "large"],
)
def test_what_is_no_image_or_too_large_is_refused(content: bytes, what: str) -> None:
    with pytest.raises(QueueError, match=what) as caught:
        embed_image(content, shown_width_px=536)
    assert "Save the picture" in caught.value.hint

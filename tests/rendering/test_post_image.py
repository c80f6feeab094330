"""The picture of a post: never more than the network takes, the same bytes each time, nothing of the camera."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from publisher.domain.image_limits import ImageLimits
from publisher.errors import QueueError
from publisher.rendering.post_image import FittedImage, fit_alt, fit_image

WIDE = ImageLimits(max_bytes=1_000_000, max_side_px=2_000)


def noise(width: int, height: int) -> Image.Image:
    """A picture that does not compress: as a photo, only worse."""
    return Image.merge("RGB", [Image.effect_noise((width, height), 120) for _ in range(3)])


def saved(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    output = BytesIO()
    image.save(output, kind, **options)
    return output.getvalue()


def opened(fitted: FittedImage) -> Image.Image:
    image = Image.open(BytesIO(fitted.content))
    image.load()
    return image


def test_a_small_photo_keeps_its_size_and_loses_what_the_camera_added() -> None:
    photo = noise(400, 300)
    exif = photo.getexif()
    exif[0x010F] = "Camera of Weber"
    fitted = fit_image(saved(photo, exif=exif.tobytes(), comment=b"at home"), WIDE)
    assert (fitted.media_type, fitted.width, fitted.height) == ("image/jpeg", 400, 300)
    assert b"Weber" not in fitted.content
    assert b"at home" not in fitted.content
    assert opened(fitted).size == (400, 300)


def test_turned_upright() -> None:
    photo = noise(400, 300)
    exif = photo.getexif()
    exif[0x0112] = 6
    fitted = fit_image(saved(photo, exif=exif.tobytes()), WIDE)
    assert (fitted.width, fitted.height) == (300, 400)


def test_the_longer_side_is_scaled_down() -> None:
    fitted = fit_image(saved(noise(900, 300)), ImageLimits(10_000_000, 600))
    assert (fitted.width, fitted.height) == opened(fitted).size == (600, 200)


def test_coarser_and_then_smaller_until_it_fits() -> None:
    limits = ImageLimits(max_bytes=60_000, max_side_px=2_000)
    fitted = fit_image(saved(noise(800, 600), quality=95), limits)
    assert len(fitted.content) <= limits.max_bytes
    assert fitted.width < 800
    assert abs(fitted.width / fitted.height - 4 / 3) < 0.02


def test_the_same_bytes_each_time() -> None:
    content = saved(noise(300, 200))
    assert fit_image(content, WIDE) == fit_image(content, WIDE)


def test_transparency_stays_where_png_is_taken_and_becomes_white_where_not() -> None:
    logo = saved(Image.new("RGBA", (100, 50), (0, 0, 0, 0)), "PNG")
    assert fit_image(logo, WIDE).media_type == "image/png"
    only_jpeg = ImageLimits(1_000_000, 2_000, media_types=("image/jpeg",))
    fitted = fit_image(logo, only_jpeg)
    assert fitted.media_type == "image/jpeg"
    assert opened(fitted).getpixel((50, 25)) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["WEBP", "GIF", "BMP", "TIFF", "PNG"])
def test_other_formats_become_one_that_is_taken(kind: str) -> None:
    assert fit_image(saved(noise(80, 60), kind), WIDE).media_type in WIDE.media_types


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, b"x" * 26_000_000])
def test_what_is_no_picture_is_an_error(content: bytes) -> None:
    with pytest.raises(QueueError):
        fit_image(content, WIDE)


def test_what_cannot_be_made_small_enough_is_an_error() -> None:
    with pytest.raises(QueueError, match="smaller than 100 bytes"):
        fit_image(saved(noise(200, 200)), ImageLimits(100, 2_000))


def test_alt_text_says_the_credit_unless_the_post_does() -> None:
    assert fit_alt("Eine Pumpe", "Foto: Weber", "Text", None) == "Eine Pumpe (Foto: Weber)"
    assert fit_alt("Eine Pumpe", "Foto: Weber", "Text\n\nFoto: Weber", None) == "Eine Pumpe"
    assert fit_alt("Eine Pumpe", None, "Text", None) == "Eine Pumpe"


def test_an_alt_text_that_is_too_long_is_cut_at_a_good_place() -> None:
    alt = "Eine Pumpe steht im Keller. Sie ist blau und glänzt. " * 20
    cut = fit_alt(alt, "Foto: Weber", "", 120)
    assert len(cut) <= 120
    assert cut.endswith(".")

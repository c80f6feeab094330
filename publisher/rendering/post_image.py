"""The picture of a post: small enough for the network, in a format that it takes, without what the camera added."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from publisher.domain.image_limits import ImageLimits
from publisher.domain.shorten import PostParts, fit
from publisher.domain.text_limits import TextLimits, Unit
from publisher.errors import QueueError
from publisher.rendering.images import MAX_IMAGE_BYTES, MAX_PNG_COLOURS, open_image

if TYPE_CHECKING:
    from PIL.Image import Image

_QUALITIES = (90, 80, 70)
_SHRINK = 0.8
_MIN_SIDE_PX = 64
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/gif": "GIF"}


@dataclass(frozen=True, slots=True)
class FittedImage:
    """A picture as it is posted: the same bytes whenever the same picture is fitted."""

    content: bytes
    media_type: str
    width: int
    height: int


def fit_image(content: bytes, limits: ImageLimits) -> FittedImage:
    """Make a picture that the network takes: turned upright, in sRGB, scaled down where it is too large.

    It is always written anew, so that place and camera go. Errors: QueueError for what is no picture, or cannot be
    made small enough.
    """
    if len(content) > MAX_IMAGE_BYTES:
        raise QueueError(f"the image has {len(content) / 1024**2:.0f} MB; at most 25 are read", hint=_HINT)
    image = open_image(content, limits.max_side_px)
    for media_type, encoded, (width, height) in _attempts(image, limits):
        if len(encoded) <= limits.max_bytes:
            return FittedImage(encoded, media_type, width, height)
    raise QueueError(f"the image cannot be made smaller than {limits.max_bytes:,} bytes", hint=_HINT)


_HINT = "Save the picture as PNG or JPEG, at most 2400 pixels wide, and try again."


def fit_alt(alt: str, credit: str | None, shown_text: str, max_characters: int | None) -> str:
    """Make the description of a picture: with its credit, where the post does not show that, and short enough."""
    whole = f"{alt} ({credit})" if credit and credit not in shown_text else alt
    if max_characters is None or len(whole) <= max_characters:
        return whole
    return fit(PostParts(lead=alt, title=alt[: max_characters // 2]), TextLimits(Unit.CODE_POINTS, max_characters)).text


def _attempts(image: Image, limits: ImageLimits) -> Iterator[tuple[str, bytes, tuple[int, int]]]:
    """Write it at its best first, then coarser, then smaller."""
    side = min(max(image.size), limits.max_side_px)
    while side >= min(_MIN_SIDE_PX, max(image.size)):
        scaled = _scaled(image, side)
        for media_type in _media_types(scaled, limits):
            for quality in _QUALITIES if media_type in ("image/jpeg", "image/webp") else _QUALITIES[:1]:
                yield media_type, _encoded(scaled, media_type, quality), scaled.size
        side = int(side * _SHRINK)


def _media_types(image: Image, limits: ImageLimits) -> list[str]:
    """Order what the network takes: PNG first for transparency and few colours, JPEG first for the rest."""
    is_graphic = image.mode == "RGBA" or image.getcolors(MAX_PNG_COLOURS) is not None
    wanted = ("image/png", "image/jpeg") if is_graphic else ("image/jpeg", "image/png")
    usable = [media_type for media_type in limits.media_types if media_type in _FORMATS]
    return [*(name for name in wanted if name in usable), *(name for name in usable if name not in wanted)]


def _scaled(image: Image, side: int) -> Image:
    from PIL.Image import Resampling

    plain = image.convert("RGBA" if image.has_transparency_data else "RGB")
    if max(plain.size) <= side:
        return plain
    factor = side / max(plain.size)
    size = max(1, round(plain.width * factor)), max(1, round(plain.height * factor))
    return plain.resize(size, Resampling.LANCZOS, reducing_gap=3.0)


def _encoded(image: Image, media_type: str, quality: int) -> bytes:
    from PIL import Image as ImageModule

    on_white = image.mode == "RGBA" and media_type == "image/jpeg"
    bare = ImageModule.new("RGB" if on_white else image.mode, image.size, "white" if on_white else 0)
    bare.paste(image, mask=image if on_white else None)
    output = BytesIO()
    match media_type:
        case "image/jpeg":
            bare.save(output, "JPEG", quality=quality, optimize=True, progressive=True)
        case "image/webp":
            bare.save(output, "WEBP", quality=quality)
        case _:
            bare.save(output, _FORMATS[media_type], optimize=True)
    return output.getvalue()

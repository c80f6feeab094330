"""Images for e-mails: small enough, in a format that every mail program shows, without what the camera added.

*Source:* caniemail data (2026-11-23): WebP fails in Outlook for Windows, AVIF in Gmail and GMX, SVG in Gmail.
"""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from publisher.errors import QueueError

if TYPE_CHECKING:
    from PIL.Image import Image

READ_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")
MAX_IMAGE_BYTES = 25 * 1024 * 1024
MAX_IMAGE_PIXELS = 80_000_000
SHARPNESS = 2  # image pixels per pixel shown, for dense displays
MAX_PNG_COLOURS = 256
_HINT = "Save the picture as PNG or JPEG, at most 2400 pixels wide, and try again."


@dataclass(frozen=True, slots=True)
class ShownImage:
    """An image as the HTML names it: `src` with its scheme, and the pixels shown."""

    src: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class EmbeddedImage:
    """An image as it goes into the message. `width` and `height` are the pixels shown, not those of the file.

    `content_id` is without angle brackets; it and the bytes are the same whenever the same image is embedded.
    """

    content: bytes
    media_type: str
    width: int
    height: int
    content_id: str

    @property
    def file_name(self) -> str:
        """Name the image by its content, as it is hosted: other bytes have another name."""
        return f"{self.content_id.partition('@')[0]}.{self.media_type.removeprefix('image/').replace('jpeg', 'jpg')}"


def embed_image(content: bytes, *, shown_width_px: int) -> EmbeddedImage:
    """Make an image ready for a mail that shows it `shown_width_px` wide; a smaller one keeps its own width.

    Of a moving GIF the first picture is taken. Errors: QueueError for what is no image, or too large a one.
    """
    if len(content) > MAX_IMAGE_BYTES:
        raise QueueError(f"the image has {len(content) / 1024**2:.0f} MB; at most 25 are read", hint=_HINT)
    image = open_image(content, shown_width_px * SHARPNESS)
    width = min(shown_width_px, image.width)
    height = max(1, round(image.height * width / image.width))
    encoded, media_type = _encoded(_scaled(image, width * SHARPNESS))
    content_id = f"{hashlib.sha256(encoded).hexdigest()[:32]}@publisher"
    return EmbeddedImage(encoded, media_type, width, height, content_id)


def open_image(content: bytes, wanted_px: int) -> Image:
    """Decode an image, once its header says that it is not too large; turned upright, in sRGB.

    A JPEG far larger than `wanted_px` is decoded at a fraction of its size. Errors: QueueError.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of large images; we refuse them just below
            image = Image.open(BytesIO(content), formats=READ_FORMATS)
        if image.width * image.height > MAX_IMAGE_PIXELS:
            raise QueueError(f"the image has {image.width} x {image.height} pixels", hint=_HINT)
        image.draft("RGB", (wanted_px, wanted_px))
        return ImageOps.exif_transpose(_in_srgb(image))
    except UnidentifiedImageError as error:
        raise QueueError("the file is not an image", hint=_HINT) from error
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise QueueError(f"the image cannot be read: {error}", hint=_HINT) from error


def _in_srgb(image: Image) -> Image:
    """Convert colours of another profile (a telephone's Display P3, a printer's CMYK); the profile itself goes."""
    from PIL import ImageCms

    profile = image.info.get("icc_profile")
    image.load()
    if not profile or image.mode not in ("RGB", "CMYK"):
        return image
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return image  # a damaged profile: the colours as they are, which is what browsers show
    if converted is None:
        return image
    converted.info = {"exif": image.info["exif"]} if "exif" in image.info else {}
    return converted


def _scaled(image: Image, max_width: int) -> Image:
    from PIL.Image import Resampling

    few_colours = image.mode in ("P", "1", "L") and image.width <= max_width
    if few_colours and "transparency" not in image.info:
        return image
    mode = "RGBA" if image.has_transparency_data else "RGB"
    image = image.convert(mode)
    if image.width <= max_width:
        return image
    height = max(1, round(image.height * max_width / image.width))
    return image.resize((max_width, height), Resampling.LANCZOS, reducing_gap=3.0)


def _encoded(image: Image) -> tuple[bytes, str]:
    """Write PNG for transparency and few colours, JPEG for the rest; nothing but the pixels goes in."""
    from PIL import Image as ImageModule

    bare = ImageModule.new(image.mode, image.size)
    bare.paste(image)
    if image.mode == "P" and (palette := image.getpalette()):
        bare.putpalette(palette)
    output = BytesIO()
    if image.mode != "RGB" or image.getcolors(MAX_PNG_COLOURS):
        bare.save(output, "PNG", optimize=True)
        return output.getvalue(), "image/png"
    bare.save(output, "JPEG", quality=82, optimize=True, progressive=True)
    return output.getvalue(), "image/jpeg"

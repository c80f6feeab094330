"""What config.toml says of looks: colours that can be read, in light and in dark, fonts, widths, sections."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict

from publisher.config.places import Places
from publisher.domain.contrast import MIN_CONTRAST, WeakPair, is_colour, nearest_readable, opposites, weak_pairs
from publisher.domain.digest import FONTS, MAX_WIDTH_PX, MIN_WIDTH_PX, Digest
from publisher.domain.organisation import Colours, Organisation
from publisher.errors import ConfigError

# Names that need no quotation marks in CSS, which would have to be escaped in a style attribute.
_FONT = re.compile(r"-?[A-Za-z][A-Za-z0-9-]*( [A-Za-z][A-Za-z0-9-]*)*")
_GENERIC_FONTS = ("sans-serif", "serif", "monospace")
KeyPath = tuple[str, ...]


def check_organisation_looks(organisation: Organisation, places: Places) -> Iterator[ConfigError]:
    """Check the colours that hold for every digest without its own."""
    path = ("organisation", "colours")
    colours = organisation.colours
    wrong = list(_check_hex(asdict(colours), path, places))
    yield from wrong
    if not wrong:
        defaults = asdict(Colours())
        written = {key: value for key, value in asdict(colours).items() if value != defaults[key]}
        yield from _check_contrast(colours, written, path, places)


def check_digest_looks(name: str, digest: Digest, organisation: Organisation, places: Places) -> Iterator[ConfigError]:
    """Check a digest's theme and its sections."""
    path = ("digests", name)
    theme = digest.theme
    written = theme.colours.changes()
    colour_path = (*path, "theme", "colours")
    wrong = list(_check_hex(written, colour_path, places))
    yield from wrong
    if not wrong and all(map(is_colour, asdict(organisation.colours).values())):
        yield from _check_contrast(theme.colours.over(organisation.colours), written, colour_path, places)
    if not MIN_WIDTH_PX <= theme.width <= MAX_WIDTH_PX:
        what = f'"width" must be {MIN_WIDTH_PX} to {MAX_WIDTH_PX} pixels, not {theme.width}'
        yield ConfigError(what, where=places.where((*path, "theme", "width")), hint="Write for example width = 600.")
    if theme.font not in FONTS and not _is_font_list(theme.font_names):
        what = f'"font" is neither {", ".join(FONTS)} nor a list of fonts: "{theme.font}"'
        hint = 'End a list with sans-serif or serif, for example font = "Verdana, Arial, sans-serif".'
        yield ConfigError(what, where=places.where((*path, "theme", "font")), hint=hint)
    if not all(tag.strip() for tag in digest.sections):
        hint = 'Write tags, for example sections = ["Technik", "Recht"].'
        yield ConfigError('"sections" has an empty tag', where=places.where((*path, "sections")), hint=hint)


def _check_hex(values: Mapping[str, str], path: KeyPath, places: Places) -> Iterator[ConfigError]:
    for key, colour in values.items():
        if not is_colour(colour):
            hint = f'Use six digits, for example {key} = "#0b5cad".'
            yield ConfigError(f'"{key}" is not a colour: "{colour}"', where=places.where((*path, key)), hint=hint)


def _check_contrast(
    colours: Colours, written: Mapping[str, str], path: KeyPath, places: Places
) -> Iterator[ConfigError]:
    """Find what cannot be read, once for each colour that was written down; the weakest pair is named."""
    weakest: dict[str, WeakPair] = {}
    for pair in weak_pairs(colours):
        culprit = next((key for key in (pair.front, pair.back) if key in written), None)
        if culprit and (culprit not in weakest or pair.ratio < weakest[culprit].ratio):
            weakest[culprit] = pair
    for culprit, pair in weakest.items():
        yield _contrast_error(culprit, pair, colours, places.where((*path, culprit)))


def _contrast_error(culprit: str, pair: WeakPair, colours: Colours, where: str) -> ConfigError:
    values = asdict(colours)
    shown = [f'{key} "{values[key]}"' for key in (pair.front, pair.back)]
    what = f"{shown[0]} on {shown[1]} is hard to read: {pair.ratio:.1f}:1, and {MIN_CONTRAST}:1 is needed"
    better = nearest_readable(values[culprit], [values[key] for key in opposites(culprit)])
    hint = f'Write {culprit} = "{better}", the nearest that passes.' if better else f"Change {pair.back}, too."
    return ConfigError(what, where=where, hint=hint)


def _is_font_list(names: tuple[str, ...]) -> bool:
    return names[-1] in _GENERIC_FONTS and all(_FONT.fullmatch(name) for name in names)

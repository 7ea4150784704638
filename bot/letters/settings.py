"""How the shop makes the letter its own: logo, colours, words; and what is wrong with that, before anybody sees it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
CONTRAST = 4.5  # at the least, WCAG 2.2, AA (1.4.3)
READ_ON = (("text", "card"), ("muted", "card"), ("muted", "background"), ("button_text", "button"))
PICTURES = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif"}  # by how the file begins
LOGO_LIMIT = 102_400  # bytes: it goes with every letter
SUBJECT_LIMIT, WORDS_LIMIT = 150, 2_000  # characters


@dataclass(frozen=True, kw_only=True)
class LetterSettings:
    """`[letters]`; words are by language."""

    logo: str = ""  # https://… or a file, which goes with every letter
    logo_width: int = 160  # pixels
    background: str = "#eef1f5"
    card: str = "#ffffff"
    text: str = "#14233a"
    muted: str = "#52606d"
    button: str = "#dfe6ef"
    button_text: str = "#14233a"
    privacy_url: str = ""
    subject: dict[str, str] = field(default_factory=dict)
    greeting: dict[str, str] = field(default_factory=dict)
    opening: dict[str, str] = field(default_factory=dict)
    closing: dict[str, str] = field(default_factory=dict)
    privacy: dict[str, str] = field(default_factory=dict)

    @property
    def has_file(self) -> bool:
        """The logo goes with the letter."""
        return bool(self.logo) and not self.logo.startswith("https://")

    def problems(self, languages: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        """(key, what is wrong and what to do)."""
        yield from self._colour_problems()
        yield from self._logo_problems()
        if self.privacy_url and not self.privacy_url.startswith("https://"):
            yield "privacy_url", f"{self.privacy_url!r} must begin with https://"
        for key in ("subject", "greeting", "opening", "closing", "privacy"):
            for language, words in getattr(self, key).items():
                if language not in languages:
                    yield f"{key}.{language}", f"is not spoken here: {' or '.join(languages)}"
                limit = SUBJECT_LIMIT if key in ("subject", "greeting") else WORDS_LIMIT
                if len(words) > limit:
                    yield f"{key}.{language}", f"has {len(words)} characters: {limit} at the most"

    def _colour_problems(self) -> Iterator[tuple[str, str]]:
        wrong = [name for pair in READ_ON for name in pair if not COLOUR.fullmatch(getattr(self, name))]
        for name in dict.fromkeys(wrong):
            yield name, f"{getattr(self, name)!r} is no colour: write it as #1b6ac9"
        for above, below in READ_ON if not wrong else ():
            upper, lower = getattr(self, above), getattr(self, below)
            if (ratio := contrast(upper, lower)) < CONTRAST:
                advice = f"contrast {ratio:.2f} : 1, WCAG AA wants {CONTRAST} : 1; make one darker or the other lighter"
                yield above, f"{upper} on letters.{below} {lower} is hard to read: {advice}"

    def _logo_problems(self) -> Iterator[tuple[str, str]]:
        if not 16 <= self.logo_width <= 560:
            yield "logo_width", f"{self.logo_width} must be from 16 to 560 pixels"
        if self.logo.startswith("http://"):
            yield "logo", f"{self.logo!r} must begin with https://, or be a file"
        elif self.has_file:
            try:
                load_logo(self.logo)
            except (OSError, ValueError) as error:
                reason = error.strerror if isinstance(error, OSError) else error
                yield "logo", f"{self.logo} cannot be used: {reason}"


@lru_cache(maxsize=4)
def load_logo(path: str) -> tuple[bytes, str]:
    """(the picture, its kind as MIME names it).

    :raises OSError: the file cannot be read
    :raises ValueError: it is no picture that mail programs show, or too large
    """
    content = Path(path).read_bytes()
    kind = next((kind for start, kind in PICTURES.items() if content.startswith(start)), None)
    if kind is None:
        raise ValueError("it is no PNG, JPEG or GIF")
    if len(content) > LOGO_LIMIT:
        raise ValueError(f"{len(content)} bytes go with every letter: {LOGO_LIMIT} at the most")
    return content, kind


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1..21 (WCAG 2.2)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance, 0..1 (WCAG 2.2)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

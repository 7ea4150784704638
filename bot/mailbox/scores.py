"""A bare score at the beginning of what a customer wrote back: "9", "9/10 thanks", "10!"; no "2 days late"."""

import re
import unicodedata

_KEYCAP = str.maketrans({"\ufe0f": None, "\u20e3": None, "🔟": "10"})
_QUOTES = "\"'«»“”„*_()[] \t\u00a0"
_START = rf"^[{re.escape(_QUOTES)}]*(?:(?:(?:моя\s+)?оценка|(?:my\s+)?(?:score|rating)|ставлю)\s*[:—–-]?\s*)?"
_NUMBER = r"(?P<score>10|\d)(?![\d])"
_OF_TEN = r"\s*(?:(?:/|\\|из|of|out of)\s*(?:10|десяти|ten)|балл\w*|points?)(?!\w|[./-]\d)"  # no date
_END = rf"[{re.escape(_QUOTES)}.…!?)+]*$"  # nothing but signs on the line …
_PAUSE = r"\s*(?:[!,;]+|\s[—–-]+(?=\s)|[!.]{2,})\s*(?!\s*\d)"  # … or a pause before other words
# A number and a full stop begins a list more often than an answer, and a number and a word counts something.
_BARE = re.compile(rf"{_START}{_NUMBER}(?:{_OF_TEN})?{_END}", re.IGNORECASE)
_WITH_WORDS = re.compile(rf"{_START}{_NUMBER}(?:{_OF_TEN}[\s.,;:!—–-]*(?![\d])|{_PAUSE})", re.IGNORECASE)
_SIGN_ONLY = re.compile(r"^[^\w]+$")
MOST_LINE = 400  # characters of a line that a score is looked for in


def read_score(text: str) -> tuple[int, str] | None:
    """(the score, what was written besides); None where the text begins with no bare score."""
    first, _, rest = text.strip().partition("\n")
    line = unicodedata.normalize("NFKC", first[:MOST_LINE].translate(_KEYCAP)).strip()
    if found := _BARE.match(_without_signs(line)):
        return int(found["score"]), rest.strip()
    if found := _WITH_WORDS.match(line):
        return int(found["score"]), f"{line[found.end() :]}{first[MOST_LINE:]}\n{rest}".strip()
    return None


def _without_signs(line: str) -> str:
    """The line without emoji and the like behind its first word."""
    kept = [word for word in line.split(" ") if not _is_pictures(word)]
    return "".join(sign for sign in " ".join(kept) if unicodedata.category(sign) not in ("So", "Sk", "Cf"))


def _is_pictures(word: str) -> bool:
    return bool(_SIGN_ONLY.match(word)) and any(unicodedata.category(sign) == "So" for sign in word)

"""Texts as long as Telegram takes them: cut, or parted into several messages."""

TEXT_LIMIT = 4096  # of a message; Telegram counts UTF-16 units


def fit(text: str, limit: int = TEXT_LIMIT) -> str:
    """The text, cut with an ellipsis where it is longer than Telegram takes."""
    return text if utf16_length(text) <= limit else _cut(text, limit - 1) + "…"


def pieces(text: str, limit: int = TEXT_LIMIT) -> list[str]:
    """The text in as many messages as it takes, parted between lines or words where that is possible.

    Not so early that a heading is left alone.
    """
    found = []
    while utf16_length(text) > limit:
        most = len(_cut(text, limit))
        ends = [text.rfind(blank, most // 2, most + 1) for blank in ("\n", " ")]
        end = next((one for one in ends if one > 0), most)
        found.append(text[:end])
        text = text[end:]
        text = text[1:] if text[0] in "\n " else text
    return [*found, text]


def utf16_length(text: str) -> int:
    """How long Telegram finds a text."""
    return len(text) + sum(character > "\uffff" for character in text)


def _cut(text: str, limit: int) -> str:
    return text.encode("utf-16-le")[: 2 * limit].decode("utf-16-le", errors="ignore")

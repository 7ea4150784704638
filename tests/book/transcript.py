"""What appears in a chat, written down in Markdown: what people do, what the bot says to it, the keyboards as rows."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from bot.loopback.messages import Answered, Message, Sent
from bot.loopback.shapes import Json

TOKEN = re.compile(
    r"(?<=start=)[A-Za-z0-9_-]{16,64}|(?<=start%3D)[A-Za-z0-9_-]{16,64}"
)  # drawn at random: another one each time
PICTURES = {"sendPhoto": "🖼", "sendDocument": "📎", "copyMessage": "📎"}


@dataclass
class Transcript:
    """Grows by scenes, acts and what follows from each."""

    lines: list[str] = field(default_factory=list)

    def scene(self, title: str) -> None:
        """A heading."""
        self.lines += [f"#### {title}", ""]

    def act(self, who: str, what: str) -> None:
        """What a person does."""
        self.lines += [f"**{who}** {what}", ""]

    def said(self, sent: Sequence[Sent], answered: Iterable[Answered], titles: Mapping[int, str], here: int) -> None:
        """What the bot did: new messages, changed ones, the line that a tap was answered with.

        Chats are told in parallel, so the order between them means nothing: the one in which something was done comes
        first, then each other one under its name.

        :param titles: of the chats, by number
        :param here: where something was done
        """
        told = here
        for one in sorted(sent, key=lambda one: (one.chat_id != here, one.chat_id)):
            if one.chat_id != told:
                self.lines += [f"*{titles[one.chat_id]}:*", ""]
                told = one.chat_id
            self.lines += [*_message(one), ""]
        for answer in answered:
            if answer.text:
                self.lines += [f"💬 *{_plain(answer.text)}*", ""]

    def shown(self, message: Message, title: str) -> None:
        """A message as it stands by now."""
        self.lines += [f"*{title}:*", "", *_quoted_message("✏️", message.text or "", message.reply_markup), ""]

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self.lines)


def _message(sent: Sent) -> list[str]:
    if sent.method.startswith("delete"):
        return ["> 🗑"]
    mark = "✏️ " if sent.method.startswith("edit") else PICTURES.get(sent.method, "")
    return _quoted_message(mark.strip(), sent.text or sent.caption or "", sent.reply_markup)


def _quoted_message(mark: str, words: str, markup: Json | None) -> list[str]:
    keyboard = markup or {}
    rows = [_row(row) for row in [*keyboard.get("inline_keyboard", []), *keyboard.get("keyboard", [])]]
    lines = [*([mark] if mark else []), *map(_plain, words.split("\n")), *(["", *rows] if rows else [])]
    return [_quoted(line, is_last=number == len(lines)) for number, line in enumerate(lines, 1)]


def _row(row: Sequence[Json]) -> str:
    return " ".join(_button(button) for button in row)


def _button(button: Json) -> str:
    label = f"`[ {button['text']} ]`"
    return f"{label} → {TOKEN.sub('…', unquote(button['url']))}" if "url" in button else label


def _quoted(line: str, *, is_last: bool) -> str:
    """A line of a quotation, which Markdown would join with the next one but for the two blanks at its end."""
    return f"> {line}" + ("  " if line and not is_last else "") if line else ">"


def _plain(text: str) -> str:
    """Words as they are, whatever Markdown would make of them."""
    return re.sub(r"([\\*_`<>#|])", r"\\\1", TOKEN.sub("…", text))

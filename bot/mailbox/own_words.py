"""What a person wrote in a reply: without the letter that they quote, their signature and their telephone's."""

import re
from email.message import Message
from html.parser import HTMLParser

from bot.mailbox.mime import parts, text_of

MOST_LINES = 2_000
LONG = 500  # characters of a line that is looked at for what it is
OF_THE_QUOTED = re.compile(
    r"^\s*[*>]*\s*(?:-{2,}.*(?:original message|исходное сообщение|пересыл|пересл|forwarded message).*"
    r"|_{10,}|(?:from|от|von|de)\s?:\*?\s.*@.*|(?:от кого|sent|отправлено)\s?:\*?\s.+)\s*$",
    re.IGNORECASE,
)
ATTRIBUTION = re.compile(r".*(?:@.*|wrote|пишет|написал|написала|написал\(а\))\s?>?\s?:\s*$", re.IGNORECASE)
DATED = re.compile(r"\d{1,2}[.:/ ]\d{1,2}|\d{4}|@")
OUR_LINK = re.compile(r"https?://\S+/[ru]/[\w-]{22}")
SIGNATURE = re.compile(
    r"^(?:--\s*|(?:sent from|get outlook for|отправлено (?:с|из)|пользуюсь|написано (?:с|в)) .*"
    r"|с уважением,?.*|best regards,?.*|kind regards,?.*)$",
    re.IGNORECASE,
)
UNCLOSED = re.compile(r"<(?=[^<>]*<)")  # the library reads on to the end for each of these
STOPS = {"gmail_quote", "gmail_quote_container", "yahoo_quoted", "divrplyfwdmsg", "appendonsend", "moz-cite-prefix"}
HIDDEN = {"head", "script", "style", "title", "blockquote"}
BREAKS = {"br", "p", "div", "tr", "li", "h1", "h2", "h3"}


def own_words(message: Message) -> str:
    """The person's own text; empty where there is none."""
    bodies = [part for part in parts(message, into_messages=False) if _is_body(part)]
    for kind, read in (("text/plain", text_of), ("text/html", _text_of_page)):
        for part in bodies:
            if part.get_content_type() == kind and (words := without_quotes(read(part))):
                return words
    return ""


def without_quotes(text: str) -> str:
    """What stands above, between or below what is quoted."""
    lines = text.replace("\r", "").split("\n")[:MOST_LINES]
    kept: list[str] = []
    for number, line in enumerate(lines):
        if line.lstrip().startswith(">"):
            continue
        if _begins_quote(lines, number):
            if not _is_marked(lines[number + 1 :]):
                break
            continue
        if SIGNATURE.match(line[:LONG].strip()) or OUR_LINK.search(line[:LONG]):
            break
        kept.append(line.rstrip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n\t \ufeff\u200b\u00a0")


def _begins_quote(lines: list[str], number: int) -> bool:
    """`Anna <a@b.c>, 18.11.2026 12:00:` on one line or two, or a row of dashes with its words."""
    line = lines[number][:LONG]
    if OF_THE_QUOTED.match(line):
        return True
    following = lines[number + 1][:LONG] if number + 1 < len(lines) else ""
    for told in (line, f"{line} {following}" if DATED.search(line) and line[-1:] != ":" else ""):
        if ATTRIBUTION.match(told) and DATED.search(told):
            return True
    return False


def _is_marked(lines: list[str]) -> bool:
    """Whether what follows is quoted line by line, so that own words may stand below."""
    first = next((line for line in lines[1:] if line.strip()), "")
    return any(line.lstrip().startswith(">") for line in lines[:2]) or first.lstrip().startswith(">")


def _is_body(part: Message) -> bool:
    return part.get_content_disposition() != "attachment" and part.get_content_maintype() == "text"


def _text_of_page(part: Message) -> str:
    page = _Page()
    page.feed(UNCLOSED.sub(" ", text_of(part)))
    page.close()
    return "".join(page.text)


class _Page(HTMLParser):
    """The words of an HTML letter down to where the quoted one begins."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self._hidden: list[str] = []
        self._is_over = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {word.lower() for name, value in attrs if name in ("class", "id") for word in (value or "").split()}
        self._is_over = self._is_over or bool(names & STOPS)
        if tag in HIDDEN:
            self._hidden.append(tag)
        if tag in BREAKS:
            self.text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._hidden and self._hidden[-1] == tag:
            self._hidden.pop()

    def handle_data(self, data: str) -> None:
        if not (self._is_over or self._hidden):
            self.text.append(re.sub(r"\s+", " ", data))

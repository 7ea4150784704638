"""The simulated customers: they tap, click, comment, ignore, block and unsubscribe, over real HTTP and SMTP."""

import asyncio
import hashlib
import re
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping

from bot.demo.moods import Act, Mood, mood_of
from bot.loopback.bot_api import BotApiServer
from bot.loopback.letters import Letter
from bot.loopback.mail_server import MailServer
from bot.loopback.messages import Sent

_STAMP = re.compile(r'name="stamp" value="([^"]+)"')
_LINK = re.compile(r'href="([^"]+/r/[A-Za-z0-9_-]+\?score=(\d+))"')


class Townspeople:
    """Everybody behind the two servers; `react` answers what came since the last time."""

    def __init__(self, api: BotApiServer, mail: MailServer, seed: int) -> None:
        self._api, self._mail, self._seed = api, mail, seed
        self._seen_messages = self._seen_letters = 0
        self._languages: dict[str, str] = {}

    def settle(self, languages: Mapping[str, str]) -> None:
        """Moves people in: {chat id or e-mail address: language}. One mailbox in thirty is gone."""
        self._languages.update(languages)
        for address in languages:
            if "@" not in address:
                self._api.add_user(int(address))
            elif int(hashlib.sha256(address.encode()).hexdigest(), 16) % 30 == 0:
                self._mail.refuse(address)

    async def react(self, think: Callable[[], None]) -> None:
        """Reacts to every question that arrived meanwhile.

        :param think: lets time pass between the opening of a page and the sending of its form
        """
        questions = [message for message in self._api.sent[self._seen_messages :] if _is_question(message)]
        letters = self._mail.letters[self._seen_letters :]
        self._seen_messages, self._seen_letters = len(self._api.sent), len(self._mail.letters)
        for question in questions:
            self._react_in_chat(question)
        forms = [await asyncio.to_thread(self._read_letter, letter) for letter in letters]
        think()
        for link, fields in filter(None, forms):
            await asyncio.to_thread(_post, link, fields)

    def _mood(self, address: str) -> Mood:
        return mood_of(address, self._languages.get(address, "ru"), self._seed)

    def _react_in_chat(self, question: Sent) -> None:
        mood = self._mood(str(question.chat_id))
        match mood.act:
            case Act.ANSWER:
                self._tap(question, mood)
            case Act.BLOCK:
                self._api.block(question.chat_id)
            case Act.STOP:
                self._api.write(question.chat_id, "/stop")

    def _tap(self, question: Sent, mood: Mood) -> None:
        buttons = {button["text"]: button["callback_data"] for button in question.buttons}
        taps = [mood.score] * (2 if mood.taps_twice else 1)
        taps += [] if mood.second_thought is None else [mood.second_thought]
        for score in taps:
            self._api.tap(question.chat_id, question.message_id, buttons[str(score)])
        if mood.comment:
            self._api.write(question.chat_id, mood.comment)

    def _read_letter(self, letter: Letter) -> tuple[str, dict[str, str]] | None:
        """What is to be posted, and where; None: nothing."""
        body = letter.message.get_body(("html",))
        page = body.get_content() if body else ""
        mood = self._mood(letter.rcpt_tos[0])
        links = {int(score): link for link, score in _LINK.findall(page)}
        if not links:
            return None  # the digest, or another letter that asks nothing
        match mood.act:
            case Act.ANSWER:
                stamps = _STAMP.findall(_open(links[mood.score]))
                fields = {"stamp": stamps[0], "score": str(mood.score), "comment": mood.comment or ""}
                return links[mood.score], fields
            case Act.IGNORE:
                for link in links.values():  # the firm's mail scanner, which opens everything
                    _open(link)
            case Act.BLOCK | Act.STOP:
                return letter.message["List-Unsubscribe"].strip("<>"), {"List-Unsubscribe": "One-Click"}
        return None


def _is_question(message: Sent) -> bool:
    return message.method == "sendMessage" and any(
        str(button.get("callback_data", "")).startswith("s:") for button in message.buttons
    )


def _open(link: str) -> str:
    with urllib.request.urlopen(link.replace("&amp;", "&"), timeout=30) as page:
        return str(page.read(), "utf-8")


def _post(link: str, fields: dict[str, str]) -> None:
    data = urllib.parse.urlencode(fields).encode()
    with urllib.request.urlopen(link.replace("&amp;", "&"), data=data, timeout=30) as page:
        page.read()

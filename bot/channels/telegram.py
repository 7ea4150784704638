"""Telegram asks: a question with its keyboard, in the customer's private chat."""

from telegram.error import TelegramError

from bot.channels.case_messages import reply_to
from bot.channels.settings import TelegramSettings
from bot.telegram import CHANNEL
from bot.telegram.connection import ShopBot
from bot.telegram.keyboard import question_markup
from bot.telegram.refusals import translate
from bot.telegram.voice import Voice
from bot.wording import customer_language
from scheduler.asking.policy import Policy
from scheduler.channel import Question
from scheduler.company import Company
from storage.campaigns import RECOVERY
from storage.statuses import AddressKind, DeliveryKind


class TelegramChannel:
    """Asks customers in their private chats (`scheduler.channel.Channel`)."""

    name = CHANNEL
    address_kind: str = AddressKind.TELEGRAM

    def __init__(self, bot: ShopBot, settings: TelegramSettings, policy: Policy, company: Company) -> None:
        self._bot, self._policy, self._company = bot, policy, company
        self._paid = settings.allow_paid_broadcast or None
        self.concurrency = settings.places
        self.rate_per_second = settings.rate_per_second

    async def ask(self, question: Question) -> str:
        """Sends the question with its keyboard, a reminder as a reply to the first message; returns the message's id.

        :raises Undeliverable, TryLater, Unknown: see `scheduler.channel`
        """
        voice = Voice(self._company, self._policy, customer_language(question.language, self._company))
        try:
            sent = await self._bot.ask_plainly(
                question.address,
                voice.question(
                    question.texts,
                    is_reminder=question.kind == DeliveryKind.REMINDER,
                    is_recovery=question.campaign == RECOVERY,
                ),
                question_markup(question.token, voice.language),
                paid=self._paid,
                reply=reply_to(question.thread),
            )
        except TelegramError as error:
            raise translate(error) from error
        return str(sent)

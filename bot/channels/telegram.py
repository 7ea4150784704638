"""Telegram asks: a question with its keyboard, in the customer's private chat."""

from telegram import Bot
from telegram.error import TelegramError

from bot.channels.case_messages import reply_to
from bot.channels.settings import TelegramSettings
from bot.telegram import CHANNEL
from bot.telegram.keyboard import question_keyboard
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

    def __init__(self, bot: Bot, settings: TelegramSettings, policy: Policy, company: Company) -> None:
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
            sent = await self._bot.send_message(
                question.address,
                voice.question(
                    question.texts,
                    is_reminder=question.kind == DeliveryKind.REMINDER,
                    is_recovery=question.campaign == RECOVERY,
                ),
                reply_markup=question_keyboard(question.token, voice.language),
                allow_paid_broadcast=self._paid,
                reply_parameters=reply_to(question.thread),
            )
        except TelegramError as error:
            raise translate(error) from error
        return str(sent.message_id)

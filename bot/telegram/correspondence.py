"""Staff reply to a card and the customer reads it; the customer writes back and the card shows it."""

from telegram import Message

from bot.telegram import CHANNEL
from bot.telegram.staff import person
from bot.telegram.turn import Turn
from bot.texts import translator
from scheduler.closing import NoSuchCase
from scheduler.conversing import CannotWrite, WhyNot, answer_customer, reply_from_chat
from storage import outbox
from storage.attachments import Attachment
from storage.statuses import AddressKind


async def write_to_customer(turn: Turn, message: Message, case_id: int) -> None:
    """Sends what staff wrote to the customer, and says how it goes; everybody in the group sees that it was said."""
    assert message.from_user is not None
    try:
        channel = await answer_customer(
            turn.connection, turn.channels, case_id, message.text or "", person(message.from_user), cause=turn.cause,
            now=turn.now,
        )  # fmt: skip
    except NoSuchCase:
        said = translator(turn.company.language)("This case is no longer there.")
    except CannotWrite as error:
        said = _refusal(turn, error)
    else:
        said = _sent(turn, channel)
    await turn.say(said, reply_to=message.message_id)


async def take_reply_of_customer(turn: Turn, message: Message, text: str, file: Attachment | None = None) -> bool:
    """Brings a customer's words or file to the case of which the shop wrote to them; False: they belong to none."""
    replied_to = None
    if message.reply_to_message is not None:
        asked = str(message.reply_to_message.message_id)
        replied_to = await outbox.find_key(turn.connection, channel=CHANNEL, target=turn.chat, reference=asked)
    taken = await reply_from_chat(
        turn.connection, turn.policy, chat=turn.chat, text=text, replied_to=replied_to, now=turn.now, file=file
    )
    if taken is not None:
        voice = await turn.voice_of_chat()
        await turn.say(voice.passed_on(is_truncated=taken.is_truncated) if taken.is_whole else voice.enough_files())
    return taken is not None


def _sent(turn: Turn, channel: str) -> str:
    _ = translator(turn.company.language)
    if channel == AddressKind.EMAIL:
        return _("On its way to the customer by e-mail.")
    return _("On its way to the customer in Telegram.")


def _refusal(turn: Turn, error: CannotWrite) -> str:
    _ = translator(turn.company.language)
    words = {
        WhyNot.OPTED_OUT: _("Not sent: the customer asked us not to write to them any more."),
        WhyNot.NO_ADDRESS: _("Not sent: there is neither a chat nor an e-mail address of theirs that works."),
        WhyNot.EMPTY: _("Not sent: only text can be passed on to the customer."),
    }
    phone = [_("Their phone: {phone}").format(phone=error.phone)] if error.phone else []
    return "\n".join([words[error.why], *phone])

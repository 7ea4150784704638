"""/mydata: what is stored about a person, as a file."""

from bot.reports.mydata import mydata_text
from bot.telegram.newcomers import stored_of_newcomer
from bot.telegram.turn import Turn
from nps.score import SCORES
from scheduler.contacting import owner_of_chat
from scheduler.outbox import MessageKind
from storage.mydata import read_mydata
from storage.referrals import find_arrival

FILE = "mydata.txt"


async def show_mydata(turn: Turn, _argument: str) -> None:
    """`/mydata`: the file stands in the outbox until it is there, and goes with everything else at /forget."""
    owner = await owner_of_chat(turn.connection, chat=turn.chat)
    voice = turn.voice_for(owner)
    if owner is None:
        came = await find_arrival(turn.connection, turn.chat)
        await turn.say(stored_of_newcomer(voice.language) if came else voice.nothing_stored())
        return
    labels: dict[str, str] = {}
    for score in SCORES:
        labels |= turn.policy.reason_labels(score, voice.language)
    data = await read_mydata(turn.connection, owner.customer_id)
    text = mydata_text(data, turn.company, voice.language, labels)
    payload: dict[str, object] = {"name": FILE, "text": text, "caption": voice.mydata_caption()}
    await turn.queue(f"mydata:{turn.cause}", MessageKind.FILE, payload)

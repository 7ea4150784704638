"""Another look at a digest's week, for staff: in place of the message tapped, or in private by a channel's link."""

from collections.abc import Awaitable, Callable

from telegram import CallbackQuery

from bot.reports import sentences
from bot.reports.case_card import list_text
from bot.reports.segments import segments_text
from bot.reports.text import markup, paragraphs
from bot.telegram.digest_buttons import DigestSubject, View, digest_tabs, read_digest_button
from bot.telegram.staff import Right
from bot.telegram.turn import Toast, Turn
from bot.texts import translator
from nps.change import compare
from nps.score import Counts
from scheduler import closing
from scheduler.figures.digest import digest_of_week
from scheduler.figures.segments import Field, split_score
from scheduler.figures.spans import Span
from storage import cases

WEEKS, SPLIT_WEEKS = 4, 13
LISTED = 30  # cases
ROWS = 40  # of a table that stands in one message


async def take_digest_tap(turn: Turn, query: CallbackQuery) -> Toast | None:
    """Puts the view in place of the one that stands there: the chat is not flooded, and all see the same."""
    _ = translator(turn.company.language)
    asked = read_digest_button(query.data or "", turn.stores)
    if asked is None or query.message is None:
        return Toast(text=_("This button no longer works."), is_alert=True)
    subject, view = asked
    if not turn.staff.may(query.from_user, _right(view)):
        return Toast(text=_("Only managers and admins can do that."), is_alert=True)
    text = await VIEWS[view](turn, subject)
    tabs = digest_tabs(subject, turn.company.language, view)
    await turn.edit(query.message.message_id, text, tabs, is_html=view is View.WEEK)
    return None


async def show_linked(turn: Turn, argument: str) -> bool:
    """`/start d-…` by a channel's button; False: it is no such link, or nobody whom it is for."""
    asked = read_digest_button(argument, turn.stores)
    if asked is None or asked[1] is View.WEEK or not turn.staff.may(turn.author, _right(asked[1])):
        return False
    subject, view = asked
    await turn.say(await VIEWS[view](turn, subject), digest_tabs(subject, turn.company.language, view))
    return True


def _right(view: View) -> Right:
    return Right.CASES if view is View.CASES else Right.DIGEST


async def _week(turn: Turn, subject: DigestSubject) -> str:
    digest = await digest_of_week(turn.connection, turn.company, subject.week, turn.now, store=subject.store)
    return markup(paragraphs(digest, turn.company))


async def _weeks(turn: Turn, subject: DigestSubject) -> str:
    language = turn.company.language
    _ = translator(language)
    span = Span(subject.week.before(2 * WEEKS - 1).first, subject.week.last)
    split = await split_score(turn.connection, span, [Field.WEEK], store=subject.store)
    by_week = {row.values[0]: row.counts for row in split.rows}
    counts = [by_week.get(str(subject.week.before(back)), Counts()) for back in range(2 * WEEKS)]
    now, before = sum(counts[:WEEKS], Counts()), sum(counts[WEEKS:], Counts())
    lines = [_headed(_("The last four weeks"), subject), ""]
    for back in range(WEEKS):
        lines.append(f"{subject.week.before(back)}: {sentences.score(language, counts[back])}")
    lines += ["", _("Altogether: {score}").format(score=sentences.score(language, now))]
    lines.append(_("The four weeks before: {score}").format(score=sentences.score(language, before)))
    if change := compare(now, before):
        lines.append(sentences.verdict(language, change).capitalize() + ".")
    return "\n".join(lines)


async def _split(turn: Turn, subject: DigestSubject) -> str:
    span = Span(subject.week.before(SPLIT_WEEKS - 1).first, subject.week.last)
    field = Field.MANAGER if subject.store else Field.STORE
    split = await split_score(turn.connection, span, [field], store=subject.store)
    return _headed(segments_text(split, turn.company, most=ROWS), subject)


async def _cases(turn: Turn, subject: DigestSubject) -> str:
    ids = await cases.unresolved(turn.connection, LISTED, store=subject.store)
    cards = [await closing.card_of(turn.connection, case_id) for case_id in ids]
    total = await cases.count_unresolved(turn.connection, store=subject.store)
    return _headed(list_text(cards, total, turn.company, turn.now), subject)


def _headed(text: str, subject: DigestSubject) -> str:
    name = sentences.one_line(subject.store, sentences.LONGEST_NAME) if subject.store else ""
    return f"{name}\n{text}" if name else text


VIEWS: dict[View, Callable[[Turn, DigestSubject], Awaitable[str]]] = {
    View.WEEK: _week,
    View.WEEKS: _weeks,
    View.SPLIT: _split,
    View.CASES: _cases,
}

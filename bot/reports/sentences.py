"""What the figures of a week say, sentence by sentence: honest about few answers, chance and silence."""

import unicodedata

from bot.reports import numbers
from bot.texts import plural, translator
from nps.change import Change, Verdict
from nps.interval import BelowZero, interval
from nps.score import Counts
from scheduler.figures.digest import Digest, Standing, WeekFigures
from scheduler.figures.recovery import Recovery
from storage.counts import Remark
from storage.reach import Silence

LONGEST_COMMENT = 300  # characters shown of a comment
LONGEST_NAME = 60
_STEERING = {"Cc", "Cf", "Zl", "Zp"}  # categories that move a terminal's cursor, break lines or turn their direction
_JOINER = "\u200d"  # holds composed emoji together; harmless


def period(language: str, figures: WeekFigures) -> str:
    """November 16 – 22, 2026 (2026-W47)."""
    return f"{numbers.days(language, figures.week.first, figures.week.last)} ({figures.week})"


def score(language: str, counts: Counts) -> str:
    """The score, how sure it is and of how many answers; says so where they are too few."""
    _ = translator(language)
    if counts.nps is None:
        return _("no answers")
    nps, between = numbers.whole(language, counts.nps), brackets(language, counts)
    return " ".join(part for part in (f"NPS {nps}", between) if part) + f", {answers(language, counts.n)}"


def answers(language: str, count: int) -> str:
    """87 answers."""
    return plural(language, "{count} answer", "{count} answers", count)


def headline(language: str, counts: Counts) -> str:
    """The first thing to read of a week."""
    _ = translator(language)
    if counts.n == 0:
        return _("No answers this week, so there is no score.")
    if counts.n == 1:
        return f"{score(language, counts)}: {too_few(language)}."
    return score(language, counts)


def too_few(language: str) -> str:
    """Said in the place of an interval."""
    _ = translator(language)
    return _("too few to judge by")


def brackets(language: str, counts: Counts) -> str:
    """(29 to 55), or nothing below two answers."""
    bounds = interval(counts)
    if bounds is None:
        return ""
    low, high = (numbers.whole(language, bound) for bound in bounds)
    _ = translator(language)
    return _("({low} to {high})").format(low=low, high=high)


def categories(language: str, counts: Counts) -> list[tuple[str, int, str]]:
    """(name, answers, their percentage) of promoters, passives and detractors."""
    _ = translator(language)
    named = (
        (_("promoters"), counts.promoters),
        (_("passives"), counts.passives),
        (_("detractors"), counts.detractors),
    )
    return [(name, n, numbers.percent(language, 100 * n / counts.n if counts.n else 0)) for name, n in named]


def change(language: str, digest: Digest) -> str:
    """What may be said of the week against the one before."""
    _ = translator(language)
    before = digest.previous.counts
    if digest.change is None:
        if not before.n:
            return _("There is nothing to compare with: the week before had no answers.")
        was = score(language, before)
        return _("Too few answers to compare with the week before ({score}).").format(score=was)
    p = numbers.probability(language, digest.change.p_value)
    was = score(language, before)
    return _("{change}, p {p}. The week before: {score}.").format(change=short_change(language, digest), p=p, score=was)


def short_change(language: str, digest: Digest) -> str:
    """The same without its grounds; empty where there is nothing to compare."""
    _ = translator(language)
    if digest.change is None:
        return ""
    points = numbers.signed(language, digest.change.points)
    return _("Against the week before {points}: {verdict}").format(
        points=points, verdict=verdict(language, digest.change)
    )


def verdict(language: str, found: Change) -> str:
    """Whether a change is more than chance."""
    _ = translator(language)
    return {
        Verdict.RISEN: _("a rise beyond chance"),
        Verdict.FALLEN: _("a fall beyond chance"),
        Verdict.NOT_SHOWN: _("a change within chance"),
    }[found.verdict]


def warning(language: str, figures: WeekFigures) -> str | None:
    """The warning below zero in its three certainties; None where the score is surely above, or can't be judged."""
    _ = translator(language)
    if figures.below_zero is None or figures.below_zero is BelowZero.ABOVE:
        return None
    return {
        BelowZero.CERTAINLY: _("NPS is certainly below zero: there are more detractors than promoters."),
        BelowZero.PROBABLY: _("NPS is probably below zero; with so few answers chance may have done it."),
        BelowZero.NOT_SHOWN_ABOVE: _("NPS is not shown to be above zero: these answers don't rule out less."),
    }[figures.below_zero]


def asking(language: str, figures: WeekFigures) -> list[str]:
    """How often was asked, how many answered, how many said why."""
    _ = translator(language)
    if not figures.reach.sent:
        lines = [_("Nobody was asked this week.")]
    else:
        asked = plural(language, "Asked {count} time", "Asked {count} times", figures.reach.sent)
        rate = figures.response_rate
        lines = [
            asked if rate is None else _("{asked}, {rate} answered").format(asked=asked, rate=_rate(language, rate))
        ]
    if figures.comment_rate is not None:
        lines.append(_("With a comment: {rate} of the answers").format(rate=_rate(language, figures.comment_rate)))
    if figures.nameless:
        lines.append(
            plural(
                language,
                "{count} of the answers came without a name",
                "{count} of the answers came without a name",
                figures.nameless,
            )
        )
    if figures.suspect:
        lines.append(
            plural(
                language,
                "{count} suspicious answer is not counted",
                "{count} suspicious answers are not counted",
                figures.suspect,
            )
        )
    return lines


def silence(language: str, digest: Digest) -> str | None:
    """How many did not answer, and why; None where nobody kept silent."""
    _ = translator(language)
    names = {
        Silence.SILENT: _("silent"),
        Silence.OPTED_OUT: _("opted out"),
        Silence.BLOCKED: _("blocked the bot"),
        Silence.BOUNCED: _("undeliverable"),
        Silence.UNKNOWN: _("not known whether it arrived"),
    }
    kinds = [f"{name} {digest.unanswered[kind]}" for kind, name in names.items() if digest.unanswered[kind]]
    total = sum(digest.unanswered.values())
    return _("Unanswered {total}: {kinds}").format(total=total, kinds=", ".join(kinds)) if total else None


def recovery(language: str, found: Recovery) -> str | None:
    """How many unhappy customers are happier since their case was resolved; None where nobody has answered again."""
    _ = translator(language)
    if found.rate is None:
        return None
    told = _("Won back in a year: {recovered} of {answered} who answered again after their case was resolved ({rate})")
    return told.format(recovered=found.recovered, answered=found.answered, rate=_rate(language, found.rate))


def rolling(language: str, standing: Standing) -> str:
    """The score of a longer period that ends with the week."""
    weeks = plural(language, "{count} week", "{count} weeks", standing.weeks)
    return f"{weeks}: {score(language, standing.counts)}"


def trend(language: str, digest: Digest) -> tuple[str, str]:
    """One score a week, the oldest first, a dash where nobody answered; and of how many answers each is."""
    _ = translator(language)
    scores = (standing.counts.nps for standing in digest.trend)
    shown = " · ".join("—" if nps is None else numbers.whole(language, nps) for nps in scores)
    of = " · ".join(str(standing.counts.n) for standing in digest.trend)
    return f"NPS: {shown}", _("answers: {answers}").format(answers=of)


def remark(language: str, said: Remark) -> str:
    """A detractor's comment with its score and who said it about which sale."""
    _ = translator(language)
    who = one_line(said.customer, LONGEST_NAME) or _("somebody without a name")
    who = f"{one_line(said.customer_name, LONGEST_NAME)} ({who})" if said.customer_name else who
    sale = _(", sale {sale}").format(sale=one_line(said.sale, LONGEST_NAME)) if said.sale else ""
    return _("{score} from {who}{sale}: “{comment}”").format(
        score=said.score, who=who, sale=sale, comment=one_line(said.text, LONGEST_COMMENT)
    )


def footnote(language: str) -> str:
    """What the brackets mean."""
    _ = translator(language)
    return _("In brackets: where the score lies with about 95% confidence.")


def one_line(text: str | None, longest: int) -> str:
    """Somebody else's words made harmless to show: on one line, without steering characters, clipped."""
    kept = "".join(
        " " if unicodedata.category(letter) in _STEERING and letter != _JOINER else letter for letter in text or ""
    )
    joined = " ".join(kept.split())
    return joined if len(joined) <= longest else f"{joined[: longest - 1].rstrip()}…"


def _rate(language: str, value: float) -> str:
    return numbers.percent(language, value)

"""What the bot says to customers, in their language. Plain text throughout: nothing of it is ever read as markup."""

from dataclasses import dataclass
from datetime import date

from babel.dates import format_date

from bot.telegram.lengths import TEXT_LIMIT, fit, utf16_length
from bot.texts import Translator, translator
from bot.wording import file_thanks, question_text, thanks_text, why_text
from scheduler.asking.policy import Policy
from scheduler.company import Company
from storage.statuses import AttachmentKind

CHOICE_MARK = "\n\n✓ "  # between the question and the line that shows the choice


@dataclass(frozen=True)
class Voice:
    """The shop's voice in one language."""

    company: Company
    policy: Policy
    language: str  # one we speak

    @property
    def _(self) -> Translator:
        return translator(self.language)

    def question(
        self, texts: dict[str, str] | None = None, *, is_reminder: bool = False, is_recovery: bool = False
    ) -> str:
        """The question as it stands above its keyboard; `texts` is the campaign's own wording by language.

        :param is_recovery: asked again after a complaint
        """
        _ = self._
        opening = _("Hello! Thank you for choosing us.")
        if is_recovery:
            opening = _("Hello! A while ago you were not happy with us, and we have tried to put it right.")
        if is_reminder:
            opening = _("Hello! We asked you a question a few days ago; your opinion would still help us.")
        asked = question_text(self.language, self.policy, texts)
        return self.headed(f"{opening}\n{asked}\n\n{_('0 — not at all')}, {_('10 — definitely')}")

    def choice(self, shown: str, score: int) -> str:
        """The question with the line of the choice; `shown` is the message as it stands, with or without one."""
        _ = self._
        return self.marked(shown, _("Your score: {score}. To change it, tap another number.").format(score=score))

    def marked(self, shown: str, line: str) -> str:
        """The question with a line about what was tapped under it, in place of an earlier one."""
        question = shown.partition(CHOICE_MARK)[0]
        return fit(question, TEXT_LIMIT - utf16_length(CHOICE_MARK + line)) + CHOICE_MARK + line

    def follow_up(self, score: int, *, has_reasons: bool = False, offer: str = "") -> str:
        """Thanks for the score, and the question why; worded by category. `offer` leads to buttons of links."""
        _ = self._
        thanks, why = thanks_text(self.language, score), why_text(self.language, score)
        how = (
            _("Tick what fits, or write it here in a message: we read everything.")
            if has_reasons
            else _("If you like, write it here in a message: we read everything.")
        )
        return "\n\n".join(part for part in (f"{thanks}\n{why}", how, offer) if part)

    def reason_is_on(self, label: str) -> str:
        """The toast of a reason that was ticked."""
        return self._("Noted: {reason}").format(reason=label)

    def reason_is_off(self, label: str) -> str:
        """The toast of a reason that was taken off."""
        return self._("Taken off: {reason}").format(reason=label)

    def thanks_for_choice(self, label: str) -> str:
        """The toast of an answer to a second question."""
        return self._("Thank you! Noted: {choice}").format(choice=label)

    def too_late_for_reasons(self) -> str:
        """The alert where the answer stands."""
        return self._("Too much time has passed since your answer: it can no longer be changed.")

    def thanks_for_score(self, score: int) -> str:
        """The toast of a tap."""
        return self._("Thank you! Your score: {score}").format(score=score)

    def thanks_for_comment(self, *, is_truncated: bool) -> str:
        """The answer to a comment."""
        thanks = self._("Thank you! We will be sure to read it.")
        return f"{thanks} {self._cut_short() if is_truncated else ''}".strip()

    def _cut_short(self) -> str:
        return self._("Your text was very long: we kept the beginning.")

    def thanks_for_file(self, kind: AttachmentKind, *, is_truncated: bool) -> str:
        """The answer to a voice message, a photo and the like."""
        return f"{file_thanks(self.language, kind)} {self._cut_short() if is_truncated else ''}".strip()

    def enough_files(self) -> str:
        """The answer to one file more than are kept."""
        return self._("Thank you! That is as many files as we can keep with one answer; you can still add words.")

    def answer(self, text: str) -> str:
        """What the shop's people write to a customer who was unhappy; in as many messages as it takes."""
        here = self._("You can reply right here.")
        return f"{self.company.name}\n\n{text}\n\n{here}"

    def passed_on(self, *, is_truncated: bool) -> str:
        """The answer to what a customer wrote back."""
        thanks = self._("Thank you! We have passed it on.")
        return f"{thanks} {self._cut_short() if is_truncated else ''}".strip()

    def put_off(self, day: date) -> str:
        """The line under a question that was put off until a day."""
        _ = self._
        off = _("All right, not now. We will not ask you anything before {day}. A tap on a number still answers.")
        return off.format(day=format_date(day, "d MMMM y", locale=self.language))

    def as_you_like(self) -> str:
        """The toast of a way out."""
        return self._("No problem.")

    def already_answered(self) -> str:
        """The toast where there is nothing to put off."""
        return self._("You have answered already, thank you!")

    def too_late_to_change(self) -> str:
        """The alert where the score stands."""
        return self._("Too much time has passed since your answer: the score can no longer be changed.")

    def button_is_dead(self) -> str:
        """The alert on a button that leads nowhere."""
        return self._("This button no longer works.")

    def words_please(self) -> str:
        """The answer to what is neither text nor a file."""
        return self._("We cannot take that as an answer. Please put it in words.")

    def welcome(self) -> str:
        """The greeting of a customer to whom there is nothing to ask yet."""
        _ = self._
        about = _("Hello! After a purchase we will ask you one question here; a single tap answers it.")
        return self.headed(f"{about}\n\n{self._way_out()}")

    def welcome_stranger(self) -> str:
        """The greeting of somebody who came without a link."""
        _ = self._
        about = _("Hello! Here we ask our customers whether they would recommend us to their friends.")
        how = _("To let us know who you are, open this chat by the link that we sent you.")
        phone = _("Or share the phone number that you gave us with a purchase: there is a button for it below.")
        return self.headed(f"{about}\n\n{how}\n{phone}")

    def share_number(self) -> str:
        """The button with which a stranger shares their number."""
        return self._("Share my phone number")

    def own_number_please(self) -> str:
        """The answer to somebody else's contact."""
        return self._("Please share your own number, with the button below: only that tells us who you are.")

    def number_is_unknown(self) -> str:
        """The answer to a number by which nobody, or nobody in particular, can be recognised."""
        _ = self._
        thanks = _("Thank you! We could not find out by this number who you are.")
        return f"{thanks} {self._way_in()}"

    def _way_in(self) -> str:
        return self._("Please open this chat by the link on your receipt or in our letter.")

    def help(self) -> str:
        """The answer to any other text."""
        _ = self._
        about = _("Here we ask our customers one question after a purchase. There is nothing you need to do now.")
        return f"{about}\n\n{self._way_out()}"

    def link_is_dead(self) -> str:
        """The answer to /start with a token that leads nowhere."""
        return self._("This link did not work: it may be outdated or cut short. Please open it once more.")

    def link_is_not_yours(self) -> str:
        """The answer to /start with somebody else's token."""
        return self._("This link belongs to another chat or another customer, so it cannot be used here.")

    def forget_question(self) -> str:
        """The answer to /forget, above its two buttons."""
        _ = self._
        what = _("Shall we erase everything about you: name, addresses, this chat, your comments?")
        left = _("It cannot be undone. Your scores stay in our figures, but nobody can tell that they are yours.")
        return f"{what}\n\n{left}"

    def forget_buttons(self) -> tuple[str, str]:
        """Yes and no under it."""
        return self._("Erase everything"), self._("No, leave it")

    def forgotten(self) -> str:
        """The alert once it is done. 200 characters at most."""
        return self._("Everything about you is erased, and we will not ask you any more. Thank you, and all the best!")

    def not_forgotten(self) -> str:
        """What stands in place of the question where the person said no."""
        return self._("All right, nothing was erased.")

    def nothing_stored(self) -> str:
        """The answer to /mydata of a stranger."""
        return self._("We do not know who you are: nothing is stored but this chat's number. /forget erases that too.")

    def mydata_caption(self) -> str:
        """Under the file of /mydata."""
        return self._("This is what we have stored about you. /forget erases it.")

    def which_language(self) -> str:
        """The answer to /language, above its buttons."""
        return self._("Which language would you like us to use?")

    def speaks(self) -> str:
        """What stands in place of it once a language is chosen."""
        return self._("All right, we speak English with you.")

    def stopped(self) -> str:
        """The answer to /stop."""
        return self._("All right, we will not ask you any more. If you change your mind, send /start.")

    def _way_out(self) -> str:
        return self._("If you do not want our questions, send /stop.")

    def headed(self, text: str) -> str:
        """The text under the shop's name."""
        return fit(f"{self.company.name}\n\n{text}")

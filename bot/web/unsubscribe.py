"""Unsubscribing, from one question or from all: GET asks, POST does, and the same page takes it back."""

from starlette.requests import Request
from starlette.responses import Response

from bot.web.door import Door
from bot.web.forms import read_form
from bot.wording import customer_language
from scheduler import contacting, declining
from scheduler.looking_up import Asked, look_up
from storage.database import Connection

STOP, DECLINE, UNDO = "stop", "decline", "undo"


class UnsubscribePage(Door):
    """`{public_url}/u/TOKEN`: it never expires."""

    async def get(self, request: Request) -> Response:
        """Asks what is meant; a scanner that opens the link unsubscribes nobody."""
        return await self._show(request.path_params["token"])

    async def post(self, request: Request) -> Response:
        """Does what the form's button says; without one, as RFC 8058's one-click POST, opts out of everything."""
        form = await read_form(request)
        token, action, now = request.path_params["token"], form.get("action", STOP), self.now()

        async def change(connection: Connection) -> None:
            if action == UNDO:
                await declining.undo(connection, token=token)
            elif action == DECLINE:
                await declining.decline(connection, token=token, now=now)
            else:
                await contacting.opt_out(connection, token=token, now=now)

        await self.database.write(change)
        return await self._show(token, done=action)

    async def _show(self, token: str, *, done: str = "") -> Response:
        async with self.database.read() as connection:
            asked = await look_up(connection, self.survey, token=token, now=self.now())
        _ = self.words(asked.language)
        if asked.is_opted_out:
            said = _("{company} won't send you any questions, neither by e-mail nor in Telegram.")
            return self._page(asked, _("You are unsubscribed"), said, {UNDO: _("Undo: ask me again")})
        if asked.is_declined or done == DECLINE:  # of one that was over already there is nothing to undo
            said = _("{company} won't send you this question again. We may ask you after another purchase.")
            undo = {UNDO: _("Undo: this question may come again")} if asked.is_declined else {}
            buttons = {**undo, STOP: _("Send me no questions at all")}
            return self._page(asked, _("We won't ask this again"), said, buttons)
        if done == UNDO:
            return self._page(asked, _("Welcome back"), _("We will ask you again after a purchase."), {})
        said = _("{company} asks its customers now and then whether they are content. What may we stop?")
        buttons = {DECLINE: _("Only this question"), STOP: _("Send me no questions at all")}
        return self._page(asked, _("Stop these questions?"), said, buttons)

    def _page(self, asked: Asked, title: str, said: str, buttons: dict[str, str]) -> Response:
        language = customer_language(asked.language, self.company)
        return self.pages.message(language, title, said.format(company=self.company.name), buttons=buttons)

"""Unsubscribing: GET asks, POST does, and the same page takes it back; RFC 8058's one-click POST as well."""

from starlette.requests import Request
from starlette.responses import Response

from bot.web.door import Door
from bot.web.forms import read_form
from bot.wording import customer_language
from scheduler import contacting
from scheduler.looking_up import look_up
from storage.database import Connection


class UnsubscribePage(Door):
    """`{public_url}/u/TOKEN`: it never expires."""

    async def get(self, request: Request) -> Response:
        """Asks whether it is meant; a scanner that opens the link unsubscribes nobody."""
        return await self._show(request.path_params["token"])

    async def post(self, request: Request) -> Response:
        """Opts out, or back in where the form's action says so."""
        form = await read_form(request)
        token = request.path_params["token"]
        is_undone = form.get("action") == "undo"

        async def change(connection: Connection) -> bool:
            if is_undone:
                return await contacting.opt_in(connection, token=token)
            return await contacting.opt_out(connection, token=token, now=self.now())

        await self.database.write(change)
        return await self._show(token, undone=is_undone)

    async def _show(self, token: str, *, undone: bool = False) -> Response:
        async with self.database.read() as connection:
            asked = await look_up(connection, self.survey, token=token, now=self.now())
        _ = self.words(asked.language)
        language = customer_language(asked.language, self.company)
        if asked.is_opted_out:
            said = _("{company} won't send you this question again.").format(company=self.company.name)
            return self.pages.message(
                language, _("You are unsubscribed"), said, button=_("Undo: ask me again"), action="undo"
            )
        if undone:
            return self.pages.message(language, _("Welcome back"), _("We will ask you again after a purchase."))
        asks = _("{company} will not ask you any more, neither by e-mail nor in Telegram.").format(
            company=self.company.name
        )
        return self.pages.message(language, _("Stop these questions?"), asks, button=_("Yes, stop"), action="stop")

"""What every page stands on: the database, the shop's settings, the clock, and how it words itself."""

from collections.abc import Callable
from datetime import datetime

from bot.texts import Translator, translator
from bot.web.pages import Pages
from bot.web.stamps import Stamps
from bot.wording import customer_language
from scheduler.asking.policy import Policy
from scheduler.company import Company
from storage.database import Database


class Door:
    """A page's hands: unpack, one call down, answer."""

    def __init__(self, database: Database, company: Company, survey: Policy, now: Callable[[], datetime]) -> None:
        """:param now: the present moment, aware UTC"""
        self.database, self.company, self.survey, self.now = database, company, survey, now
        self.pages, self.stamps = Pages(company), Stamps(database)

    def words(self, language: str | None) -> Translator:
        """The gettext function for a customer's language."""
        return translator(customer_language(language, self.company))

"""The shop: what it is called, and where and in which language its day runs."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, kw_only=True)
class Company:
    """`[company]`."""

    name: str = "Наш магазин"
    language: str = "ru"  # ru or en: of staff, and of customers who have none of their own
    country: str = "RU"  # ISO 3166: how phones without a country code are read
    timezone: str = "Europe/Moscow"  # IANA
    currency: str = "RUB"  # ISO 4217, of sales that name none
    industry: str = ""
    address: str = ""  # postal, in the foot of letters

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone."""
        return ZoneInfo(self.timezone)

    def local_day(self, moment: datetime) -> date:
        """The company's calendar day of an aware moment."""
        return moment.astimezone(self.zone).date()

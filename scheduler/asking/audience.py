"""The audience of an ad-hoc campaign as a person describes it; kept with the campaign as plain data."""

from dataclasses import asdict, dataclass, field
from datetime import date
from math import ceil
from typing import Any

from nps.score import Category
from storage import candidates
from storage.audiences import CustomerFilter, SaleFilter


@dataclass(frozen=True, kw_only=True)
class Audience:
    """What is None or empty lets everybody through. Days are the company's, first and last included."""

    sold_from: date | None = None
    sold_to: date | None = None
    amount_from: int | None = None  # of a sale, minor units, included
    amount_to: int | None = None
    products: tuple[str, ...] = ()
    product_groups: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    managers: tuple[str, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)  # of the customer
    last_category: Category | None = None  # of the customer's latest answer
    answered_from: date | None = None  # when that answer came
    answered_to: date | None = None
    sample_size: int | None = None  # so many of those who can be asked
    sample_share: float | None = None  # 0..1 of those who can be asked, rounded up
    seed: int | None = None  # the same seed takes the same sample; None: the survey's

    @property
    def sales(self) -> SaleFilter:
        """What it asks of a sale."""
        return SaleFilter(
            first=self.sold_from,
            last=self.sold_to,
            least=self.amount_from,
            most=self.amount_to,
            products=self.products,
            product_groups=self.product_groups,
            stores=self.stores,
            managers=self.managers,
        )

    @property
    def customers(self) -> CustomerFilter:
        """What it asks of a customer."""
        scores = self.last_category.scores if self.last_category else None
        return CustomerFilter(
            attributes=self.attributes,
            last_scores=(scores[0], scores[-1]) if scores else None,
            answered_first=self.answered_from,
            answered_last=self.answered_to,
        )

    def looked_at(self, *, per_sale: bool) -> candidates.Audience:
        """As candidates are looked for.

        :param per_sale: the campaign asks about a sale, so everybody must have one
        """
        needs_sale = per_sale or not self.sales.is_open
        return candidates.Audience(sales=self.sales, customers=self.customers, per_sale=per_sale, needs_sale=needs_sale)

    def sample_of(self, eligible: int) -> int | None:
        """How many of those who can be asked are; None: all."""
        if self.sample_share is not None:
            return ceil(round(eligible * self.sample_share, 6))  # 0.1 of 30 is 3, whatever floats make of it
        return self.sample_size

    def problems(self) -> list[tuple[str, dict[str, str]]]:
        """(a reason of `campaigning.REASONS`, what speaks of it); empty where all is well."""
        found = [
            ("ends_early", {"field": last, "first": first})
            for first, last in (
                ("sold_from", "sold_to"),
                ("amount_from", "amount_to"),
                ("answered_from", "answered_to"),
            )
            if None not in (getattr(self, first), getattr(self, last)) and getattr(self, last) < getattr(self, first)
        ]
        amounts = (("amount_from", self.amount_from), ("amount_to", self.amount_to))
        found += [("below_zero", {"field": name}) for name, amount in amounts if amount is not None and amount < 0]
        if self.sample_size is not None and self.sample_size < 1:
            found.append(("no_sample", {"field": "sample_size", "value": str(self.sample_size)}))
        if self.sample_share is not None and not 0 < self.sample_share <= 1:
            found.append(("no_share", {"field": "sample_share", "value": f"{self.sample_share:.0%}"}))
        return found

    def as_dict(self) -> dict[str, Any]:
        """Plain data, without what lets everybody through."""
        return {
            name: value.isoformat() if isinstance(value, date) else list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
            if value not in (None, (), {})
        }

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "Audience":
        """What `as_dict` gave."""
        days = {name: date.fromisoformat(stored[name]) for name in _DAYS if name in stored}
        lists = {name: tuple(stored[name]) for name in _LISTS if name in stored}
        category = {"last_category": Category(stored["last_category"])} if "last_category" in stored else {}
        return cls(**{**stored, **days, **lists, **category})


_DAYS = ("sold_from", "sold_to", "answered_from", "answered_to")
_LISTS = ("products", "product_groups", "stores", "managers")

"""A campaign while it is described: what was chosen so far, and which page of the dialogue is shown."""

import secrets
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from scheduler.asking.audience import Audience
from scheduler.asking.campaigning import Campaign, usual_kind


class Page(StrEnum):
    """What the message shows."""

    OVERVIEW = "overview"
    STORES = "stores"
    GROUPS = "groups"
    ANSWERS = "answers"  # the category of the latest answer
    WINDOW = "window"  # of sales
    LEAST = "least"  # amount of a sale
    SAMPLE = "sample"
    QUESTION = "question"
    WORDING = "wording"  # of the question, in one language
    NAME = "name"
    COUNTING = "counting"  # a forecast is being made
    OUTLOOK = "outlook"  # it is there
    STARTING = "starting"
    OFFER = "offer"  # go on with it, or drop it


TYPED = {Page.STORES, Page.GROUPS, Page.WINDOW, Page.LEAST, Page.SAMPLE, Page.WORDING, Page.NAME}  # may be written
BUSY = {Page.COUNTING, Page.STARTING}


@dataclass(frozen=True, kw_only=True)
class Draft:
    """Kept as plain data in the dialogue's row."""

    nonce: str  # in every button of this dialogue: those of an earlier one are known by it
    name: str
    page: Page = Page.OVERVIEW
    audience: Audience = field(default_factory=Audience)
    question: dict[str, str] = field(default_factory=dict)
    message_id: int | None = None  # that shows it; None: not tapped yet
    choices: tuple[str, ...] = ()  # of the page: its buttons carry their numbers
    language: str = ""  # of the wording that is being written
    said: str = ""  # the forecast, or what went wrong
    campaign_id: int | None = None  # once it is kept

    @classmethod
    def new(cls, name: str) -> "Draft":
        """Nothing chosen yet."""
        return cls(nonce=secrets.token_hex(3), name=name)

    @property
    def campaign(self) -> Campaign:
        """As the floor below takes it."""
        kind = usual_kind(self.audience)
        return Campaign(id=None, name=self.name, kind=kind, audience=self.audience, question=self.question or None)

    def turned_to(self, page: Page, *, choices: tuple[str, ...] = (), said: str = "", language: str = "") -> "Draft":
        """The same on another page."""
        return replace(self, page=page, choices=choices, said=said, language=language)

    def asking(self, **changes: Any) -> "Draft":
        """The same with something of its audience changed."""
        return replace(self, audience=replace(self.audience, **changes))

    def toggled(self, which: str, name: str) -> "Draft":
        """The same with a store or product group more, or less."""
        standing: tuple[str, ...] = getattr(self.audience, which)
        names = tuple(one for one in standing if one != name) if name in standing else (*standing, name)
        return self.asking(**{which: names})

    def as_state(self) -> dict[str, Any]:
        """Plain data."""
        return {
            **vars(self),
            "page": str(self.page),
            "audience": self.audience.as_dict(),
            "choices": list(self.choices),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Draft":
        """What `as_state` gave."""
        audience, choices = Audience.from_dict(state["audience"]), tuple(state["choices"])
        return cls(**{**state, "page": Page(state["page"]), "audience": audience, "choices": choices})

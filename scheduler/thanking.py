"""What a promoter is offered with the thanks: places for a review, and a link for friends."""

from dataclasses import dataclass
from datetime import datetime

from nps.score import Category, category
from scheduler.answering import Recorded
from scheduler.asking.policy import Policy
from storage import referrals, responses
from storage.database import Connection
from storage.suspects import is_suspect


@dataclass(frozen=True, kw_only=True)
class Offer:
    """Nothing for whoever is no promoter, or perhaps no person."""

    is_promoter: bool = False
    store: str | None = None  # where they bought: it may have places for reviews of its own
    referral: str | None = None  # the token of their link for friends

    def review_links(self, policy: Policy, language: str) -> list[tuple[str, str]]:
        """(label, address)."""
        return policy.review_links(self.store, language) if self.is_promoter else []


NOTHING = Offer()


async def offer_thanks(
    connection: Connection, policy: Policy, recorded: Recorded, now: datetime, *, has_chat: bool = True
) -> Offer:
    """What goes with the thanks for a score; the link for friends is made at need.

    :param has_chat: there is a bot to which such a link can lead
    """
    is_promoter = category(recorded.score) is Category.PROMOTER
    if not is_promoter or await is_suspect(connection, recorded.response_id):
        return NOTHING
    store = await responses.store_of(connection, recorded.response_id) if policy.reviews else None
    is_wanted = policy.referral_links and has_chat
    token = await referrals.ensure_link(connection, recorded.customer_id, now) if is_wanted else None
    return Offer(is_promoter=True, store=store, referral=token)

"""The tables, one module per subject; `Base.metadata` knows them all."""

from storage.models.answers import Response, ResponseChange, SecondAnswer
from storage.models.asking import Campaign, Delivery, Invitation
from storage.models.base import Base
from storage.models.cases import Case, CaseEvent
from storage.models.counters import Counter
from storage.models.customers import Address, Customer, CustomerLink
from storage.models.dialogues import CampaignWatch, Dialogue
from storage.models.erasures import Secret, Suppression
from storage.models.mailbox import CustomerComment, MailboxLetter, MailboxPlace
from storage.models.messages import ChatMove, InboxUpdate, OutboxMessage
from storage.models.people import StaffName
from storage.models.referrals import Referral, ReferralLink
from storage.models.sales import ImportChange, Sale, SaleLine, SalesImport
from storage.models.staff import StaffMember
from storage.models.work import ClaimedPeriod, Episode, Pause, Rate, Sender

__all__ = [
    "Address",
    "Base",
    "Campaign",
    "CampaignWatch",
    "Case",
    "CaseEvent",
    "ChatMove",
    "ClaimedPeriod",
    "Counter",
    "Customer",
    "CustomerComment",
    "CustomerLink",
    "Delivery",
    "Dialogue",
    "Episode",
    "ImportChange",
    "InboxUpdate",
    "Invitation",
    "MailboxLetter",
    "MailboxPlace",
    "OutboxMessage",
    "Pause",
    "Rate",
    "Referral",
    "ReferralLink",
    "Response",
    "ResponseChange",
    "Sale",
    "SaleLine",
    "SalesImport",
    "SecondAnswer",
    "Secret",
    "Sender",
    "StaffMember",
    "StaffName",
    "Suppression",
]

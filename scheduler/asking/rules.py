"""Why a customer with a recent sale is not asked."""

from enum import StrEnum


class SkipReason(StrEnum):
    """In order of precedence: where several apply to a customer, the first is the one that counts."""

    RETURNED = "returned"  # a return names every sale in the window, be it for a part of it
    OPTED_OUT = "opted_out"  # the customer said stop, or somebody on one of their addresses did
    NO_CONSENT = "no_consent"  # consent was refused, or survey.require_consent is set and none is on record
    NOT_REHEARSED = "not_rehearsed"  # survey.only is set and names none of their addresses
    UNREACHABLE = "unreachable"  # no address on any channel that is on
    UNDELIVERABLE = "undeliverable"  # such addresses, but each refused us for good
    ALREADY_ASKED = "already_asked"  # about every sale in the window that was kept
    CASE_OPEN = "case_open"  # something that they complained of is not resolved yet
    COOLDOWN = "cooldown"  # the customer, or one of their addresses, was asked too recently
    NOT_NOW = "not_now"  # asked to be left alone until a day to come
    SAME_PERSON = "same_person"  # shares an address with a customer who comes before
    DAILY_LIMIT = "daily_limit"  # eligible, but today's number is full
    PAUSED = "paused"  # eligible, but the daily round is paused
    NOT_SAMPLED = "not_sampled"  # eligible, but not in the campaign's sample

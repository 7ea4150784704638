"""Plus-addresses with a token: read back whatever servers on the way did to their case, and nobody else's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.letters.return_address import LOCAL_LIMIT, ReturnAddresses, Returned
from storage.functions import new_token
from storage.statuses import DeliveryKind

OURS = ReturnAddresses("Answers@почта.рф", "+")
TOKEN = "AbCdEfGhIjKlMnOpQrStU-"


@given(st.text("ABCxyz019_-", min_size=22, max_size=22), st.sampled_from([str.lower, str.upper, str]))
def test_a_token_comes_back_whatever_became_of_the_case(token: str, changed: type[str]) -> None:
    assert OURS.read(changed(OURS.of_replies(token))) == Returned(token=token, kind=None)
    assert OURS.read(changed(OURS.of_bounces(token, "question"))) == Returned(token=token, kind=DeliveryKind.QUESTION)
    assert OURS.read(changed(OURS.of_bounces(token, "reminder"))) == Returned(token=token, kind=DeliveryKind.REMINDER)


def test_a_local_part_is_never_longer_than_mail_allows() -> None:
    longest = ReturnAddresses("x" * LOCAL_LIMIT + "@example.com", "+").of_replies(new_token())
    assert len(longest.partition("@")[0]) == 64


@pytest.mark.parametrize(
    "address",
    [
        "", "@", "Answers@почта.рф", "answers+@почта.рф", "answers+a@почта.рф", "answers+abc@почта.рф",
        OURS.of_replies(TOKEN)[:-1], OURS.of_replies(TOKEN).replace("+a", "+x"), "x" + OURS.of_replies(TOKEN),
        OURS.of_replies(TOKEN).replace("+a", "-a"), OURS.of_replies(TOKEN).replace("+aaa", "+a77"),
        OURS.of_replies(TOKEN).partition("@")[0] + "@example.com", "answers+a" + "1" * 29 + "@почта.рф",
        "answers+a" + "я" * 29 + "@почта.рф", "\x00@" + "я" * 80, "answers+a" + "a" * 5000 + "@почта.рф",
    ],
)  # fmt: skip
def test_what_is_no_address_of_ours_says_nothing(address: str) -> None:
    assert OURS.read(address) is None

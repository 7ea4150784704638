"""What a mail server's refusal means for the customer and for us."""

import pytest

from bot.channels.refusals import Step, meaning
from scheduler.channel import TryLater, Undeliverable


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (550, "5.1.1 User unknown"), (550, "No such user here"), (551, "User not local"), (553, "Bad mailbox"),
        (550, "5.1.10 Recipient not found"), (550, "5.4.4 No such host"), (501, "5.1.3 Bad address syntax"),
        (550, "5.0.0 Rejected"), (550, "5.7.1 No such user!"),
    ],
)  # fmt: skip
def test_a_mailbox_that_does_not_exist_is_dead(code: int, text: str) -> None:
    error = meaning(Step.RECIPIENT, code, text)
    assert isinstance(error, Undeliverable)
    assert error.address_is_dead


@pytest.mark.parametrize(
    ("step", "code", "text"),
    [
        (Step.RECIPIENT, 552, "5.2.2 Mailbox full"), (Step.RECIPIENT, 552, "Over quota"),
        (Step.RECIPIENT, 550, "5.2.1 Mailbox disabled"), (Step.RECIPIENT, 501, "Syntax"),
        (Step.LETTER, 552, "5.3.4 Too large"), (Step.LETTER, 554, "Transaction failed"),
        (Step.LETTER, 554, "5.6.0 Malformed"), (Step.LETTER, 550, "Not wanted"),
    ],
)  # fmt: skip
def test_a_letter_that_is_not_taken_kills_no_address(step: Step, code: int, text: str) -> None:
    error = meaning(step, code, text)
    assert isinstance(error, Undeliverable)
    assert not error.address_is_dead


@pytest.mark.parametrize(
    ("step", "code", "text"),
    [
        (Step.SESSION, 535, "5.7.8 Bad login"), (Step.SESSION, 554, "No service for you"),
        (Step.SESSION, 450, "Come back"), (Step.SENDER, 550, "5.1.8 Bad sender"), (Step.SENDER, 530, "Log in first"),
        (Step.SENDER, 554, "5.7.1 Your host is blocked"), (Step.SENDER, 421, "4.3.2 Shutting down"),
        (Step.RECIPIENT, 530, "5.7.0 Authentication required"), (Step.LETTER, 550, "5.7.8 Bad login"),
        (Step.SENDER, 452, "4.3.1 Out of storage"), (Step.SENDER, 450, "4.7.1 Too many letters this hour"),
        (Step.SENDER, -1, "Malformed"),
    ],
)  # fmt: skip
def test_our_own_trouble_stops_the_channel_and_harms_no_customer(step: Step, code: int, text: str) -> None:
    error = meaning(step, code, text)
    assert isinstance(error, TryLater)
    assert error.whole_channel
    assert not error.is_doubtful


@pytest.mark.parametrize(
    ("step", "code", "text"),
    [
        (Step.RECIPIENT, 550, "5.7.1 Relaying denied"), (Step.RECIPIENT, 550, "5.1.7 Your address is wrong"),
        (Step.RECIPIENT, 550, "5.7.0 Local policy"), (Step.LETTER, 552, "5.7.0 Blocked for its content"),
        (Step.LETTER, 554, "5.7.1 Spam"), (Step.LETTER, 550, "5.7.26 Not authenticated"),
    ],
)  # fmt: skip
def test_distrust_of_one_letter_may_be_the_policy_of_its_domain_alone(step: Step, code: int, text: str) -> None:
    error = meaning(step, code, text)
    assert isinstance(error, TryLater)
    assert error.is_doubtful
    assert not error.whole_channel


@pytest.mark.parametrize("step", [Step.RECIPIENT, Step.LETTER])
def test_a_server_that_hangs_up_over_a_letter_may_do_so_for_that_letter(step: Step) -> None:
    error = meaning(step, 421, "4.3.2 Shutting down")
    assert isinstance(error, TryLater)
    assert error.whole_channel
    assert error.is_doubtful


@pytest.mark.parametrize(
    ("step", "code", "text"),
    [
        (Step.RECIPIENT, 451, "Try later"), (Step.RECIPIENT, 452, "4.2.2 Over quota"), (Step.LETTER, 451, "4.3.0 Busy"),
        (Step.LETTER, 250, ""), (Step.RECIPIENT, -1, "Malformed"),
    ],
)  # fmt: skip
def test_what_may_pass_is_tried_again_and_may_meet_everybody(step: Step, code: int, text: str) -> None:
    error = meaning(step, code, text)
    assert isinstance(error, TryLater)
    assert (error.whole_channel, error.is_common) == (False, True)


@pytest.mark.parametrize(
    "text", ["4.7.1 Greylisted", "4.2.0 Grey-listed, see http://example.test", "Graylisting in action"]
)
def test_greylisting_is_of_one_recipient(text: str) -> None:
    error = meaning(Step.RECIPIENT, 450, text)
    assert isinstance(error, TryLater)
    assert (error.whole_channel, error.is_common, error.is_doubtful) == (False, False, False)


def test_the_reason_names_the_codes_and_nothing_that_could_name_a_customer() -> None:
    error = meaning(Step.RECIPIENT, 451, "4.7.1 <anna@example.com>: try later")
    assert str(error) == "smtp 451 4.7.1"

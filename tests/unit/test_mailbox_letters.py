"""What comes into the mailbox, told apart: bounces of every make, complaints, automatic and real replies."""

import pytest

from bot.letters.return_address import ReturnAddresses
from bot.mailbox.imap import encode_folder
from bot.mailbox.letters import read_letter
from scheduler.mailbox import Letter
from storage.statuses import DeliveryKind, LetterKind
from tests.unit.mail import MESSAGE_ID, OURS, TOKEN, bounce, complaint, reply

OTHER = "ZyXwVuTsRqPoNmLkJiHgF_"


def read(raw: bytes) -> Letter:
    return read_letter(raw, OURS)


def failed(status: str, words: str = "") -> bytes:
    diagnostic = [f"Diagnostic-Code: smtp; {words}"] if words else []
    return bounce("Final-Recipient: rfc822; anna@example.test", "Action: failed", f"Status: {status}", *diagnostic)


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        ("5.1.1", "550 5.1.1 <anna@example.test>: Recipient address rejected: User unknown", LetterKind.HARD_BOUNCE),
        ("5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", LetterKind.HARD_BOUNCE),
        ("5.4.4", "", LetterKind.HARD_BOUNCE),
        ("5.1.2", "", LetterKind.HARD_BOUNCE),
        ("5.0.0", "550 Message was not accepted -- invalid mailbox. Local mailbox a@mail.test is unavailable",
         LetterKind.HARD_BOUNCE),
        ("5.7.1", "550 5.7.1 No such user!", LetterKind.HARD_BOUNCE),
        ("5.0.0", "550 5.1.1 no mailbox here", LetterKind.HARD_BOUNCE),
        ("5.0.0", "550 spam message rejected. Please visit http://help", LetterKind.REFUSED_BOUNCE),
        ("5.7.26", "550-5.7.26 Unauthenticated email is refused by DMARC policy", LetterKind.REFUSED_BOUNCE),
        ("5.7.1", "554 5.7.1 Service unavailable; client host blocked", LetterKind.REFUSED_BOUNCE),
        ("5.1.8", "", LetterKind.REFUSED_BOUNCE),
        ("5.2.2", "552 5.2.2 Over quota", LetterKind.SOFT_BOUNCE),
        ("5.0.0", "550 mailbox is full", LetterKind.SOFT_BOUNCE),
        ("5.3.4", "552 too large", LetterKind.SOFT_BOUNCE),
        ("4.4.7", "", LetterKind.SOFT_BOUNCE),
        ("4.4.1", "connect to mx.test[192.0.2.1]:25: Connection timed out", LetterKind.SOFT_BOUNCE),
    ],
)  # fmt: skip
def test_a_report_tells_a_dead_address_from_a_lost_letter(status: str, words: str, kind: LetterKind) -> None:
    told = read(failed(status, words))
    assert (told.kind, told.token, told.delivery, told.reference) == (kind, TOKEN, DeliveryKind.QUESTION, MESSAGE_ID)


@pytest.mark.parametrize(
    ("action", "kind"),
    [("delayed", LetterKind.DELAYED), ("relayed", LetterKind.AUTO_REPLY), ("delivered", LetterKind.AUTO_REPLY)],
)
def test_a_delay_or_success_is_no_bounce(action: str, kind: LetterKind) -> None:
    assert read(bounce(f"Action: {action}", "Status: 4.4.1")).kind is kind


def test_a_bounce_is_matched_by_the_message_id_where_addresses_have_no_token() -> None:
    raw = bounce("Action: failed", "Status: 5.1.1", to="answers@shop.test", returned=f"Message-ID:\r\n {MESSAGE_ID}")
    for returns in (OURS, None):
        told = read_letter(raw, returns)
        assert (told.kind, told.token) == (LetterKind.HARD_BOUNCE, TOKEN)


def test_the_reminder_s_bounce_is_told_from_the_question_s() -> None:
    assert read(bounce("Action: failed", "Status: 5.1.1", to=OURS.of_bounces(TOKEN, "reminder"))).delivery == "reminder"
    named = bounce(
        "Action: failed", "Status: 5.1.1", to="x@shop.test", returned=f"Message-ID: <molva.{TOKEN}.reminder@a.b>"
    )
    assert read(named).delivery == "reminder"


def test_a_bounce_of_nothing_of_ours_is_a_stranger_s() -> None:
    raw = bounce("Action: failed", "Status: 5.1.1", to="answers@shop.test", returned="Message-ID: <other@shop.test>")
    assert read(raw).kind is LetterKind.STRANGER


QMAIL = """Hi. This is the qmail-send program at mx.test.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<anna@example.test>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Return-Path: <ask@shop.test>
Message-ID: {id}
Subject: spam policy question

10
"""
EXIM = """This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  anna@example.test
    host mx.test [192.0.2.1]: 550 Unknown user

------ This is a copy of the message, including all the headers. ------

Message-ID: {id}
"""
EXCHANGE = """Your message did not reach some or all of the intended recipients.

      Subject:  one question
      Sent:     11/18/2026 12:00 PM

The following recipient(s) could not be reached:

      anna@example.test on 11/18/2026 12:01 PM
            The e-mail account does not exist at the organization this message was sent to. 550 5.1.1

Message-ID: {id}
"""
RUSSIAN = """Здравствуйте!

Это письмо создано автоматически сервером. К сожалению, ваше письмо не может быть доставлено: 550 5.1.1
пользователь не найден.

Message-ID: {id}
"""


@pytest.mark.parametrize("text", [QMAIL, EXIM, EXCHANGE, RUSSIAN])
def test_bounces_in_words_of_their_own_are_recognised(text: str) -> None:
    raw = (
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.test (Mail Delivery System)\nTo: answers@shop.test\n"
        f"Subject: failure notice\nMessage-ID: <q@mx.test>\nContent-Type: text/plain; charset=utf-8\n\n{text}"
    ).format(id=MESSAGE_ID)
    told = read(raw.encode())
    assert (told.kind, told.token) == (LetterKind.HARD_BOUNCE, TOKEN)


def test_a_complaint_is_matched_by_what_it_encloses() -> None:
    for returned in (
        f"Message-ID: {MESSAGE_ID}",
        f"List-Unsubscribe: <https://nps.test/u/{TOKEN}>",
        f"Return-Path: <{OURS.of_bounces(TOKEN, 'question')}>",
    ):
        told = read(complaint(returned=returned))
        assert (told.kind, told.token) == (LetterKind.COMPLAINT, TOKEN)
    assert read(complaint("not-spam")).kind is LetterKind.AUTO_REPLY


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"}, {"Auto_Submitted": "Auto-Generated; x=1"}, {"X_Autoreply": "yes"},
        {"Precedence": "bulk"}, {"Precedence": "auto_reply"}, {"Return_Path": "<>"}, {"List_Id": "<l.test>"},
        {"Subject": "Автоответ: один вопрос"}, {"Subject": "Automatic reply: one question"},
        {"Subject": "=?utf-8?b?0JDQstGC0L7QvtGC0LLQtdGCOiDRjw==?="}, {"From": "postmaster@x.test"},
    ],
)  # fmt: skip
def test_automatic_replies_are_no_answers(headers: dict[str, str]) -> None:
    assert read(reply("9", **headers)).kind is LetterKind.AUTO_REPLY


def test_a_reply_with_a_score_is_an_answer_of_whose_address_it_was_sent_to() -> None:
    told = read(reply("9/10 спасибо\n\n18.11.2026, Лавка <a@shop.test>:\n> 10", Auto_Submitted="no"))
    assert (told.kind, told.token, told.score, told.text) == (LetterKind.ANSWER, TOKEN, 9, "спасибо")
    forged = read(reply("0", to=OURS.of_replies(OTHER), From="anna@example.test", In_Reply_To=MESSAGE_ID))
    assert forged.token == OTHER
    delivered = read(reply("9", to="Shop <ask@shop.test>", Delivered_To=OURS.of_replies(TOKEN).upper()))
    assert (delivered.kind, delivered.token) == (LetterKind.ANSWER, TOKEN)


def test_a_reply_without_a_tagged_address_is_matched_by_the_letter_that_it_answers() -> None:
    told = read_letter(reply("9", to="ask@shop.test", In_Reply_To=MESSAGE_ID), None)
    assert (told.kind, told.token) == (LetterKind.ANSWER, TOKEN)
    assert read(reply("9", to="ask@shop.test")).kind is LetterKind.STRANGER
    assert read(reply(f"9 {MESSAGE_ID}", to="ask@shop.test")).kind is LetterKind.STRANGER


@pytest.mark.parametrize("text", ["СТОП", "стоп!", "Отпишите меня.", "unsubscribe", "Больше не пишите мне"])
def test_who_wants_no_more_letters_can_say_so(text: str) -> None:
    told = read(reply(f"{text}\n\n18.11.2026, Лавка <a@shop.test>:\n> 10"))
    assert (told.kind, told.token) == (LetterKind.OPT_OUT, TOKEN)


def test_a_mail_program_may_opt_out_by_the_address_for_that() -> None:
    told = read(reply("", to=OURS.of_opting_out(TOKEN), Subject="unsubscribe", Auto_Submitted="auto-generated"))
    assert (told.kind, told.token) == (LetterKind.OPT_OUT, TOKEN)
    away = read(reply("Out of office", to=OURS.of_opting_out(TOKEN), Return_Path="<>"))
    assert away.kind is LetterKind.AUTO_REPLY


def test_words_about_stopping_are_no_opting_out() -> None:
    assert read(reply("Не пишите мне по утрам")).kind is LetterKind.COMMENT


def test_any_other_reply_is_a_comment() -> None:
    told = read(reply("2 дня ждал курьера\n\nOn Mon, 2026-11-16, Shop <a@shop.test> wrote:\n> 10"))
    assert (told.kind, told.score, told.text) == (LetterKind.COMMENT, None, "2 дня ждал курьера")


def test_a_reply_in_html_alone_is_read_down_to_what_it_quotes() -> None:
    html = (
        "<html><head><style>p{}</style></head><body><div>10&nbsp;!</div><p>Всё <b>хорошо</b></p>"
        '<div class="gmail_quote">On… wrote: <blockquote>5</blockquote></div></body></html>'
    )
    raw = reply("x").decode().replace("text/plain", "text/html").encode().rsplit(b"\n\n", 1)[0]
    raw = raw.replace(b"7bit", b"8bit").replace(b'charset="utf-8"', b'charset="utf-8"')
    told = read(raw + b"\n\n" + html.encode())
    assert (told.kind, told.score, told.text) == (LetterKind.ANSWER, 10, "Всё хорошо")


def test_folders_are_named_as_imap_writes_them() -> None:
    assert [encode_folder(name) for name in ("INBOX", "Отказы", "A&B", "a/б в")] == [
        "INBOX", "&BB4EQgQ6BDAENwRL-", "A&-B", "a/&BDE- &BDI-",
    ]  # fmt: skip
    assert ReturnAddresses("x@y.test", "-").read("x-a" + "a" * 29 + "@y.test") is not None

"""The statuses of what is stored, each with its arrows; nothing but a guarded UPDATE moves along them."""

from enum import StrEnum


class ImportStatus(StrEnum):
    """merging → done → undone; merging → undone. While a file is only read, nothing of it is here.

    An interrupted import stays `merging`: the same file again completes it.
    """

    MERGING = "merging"  # chunks of staged rows are becoming sales
    DONE = "done"  # every row is in
    UNDONE = "undone"  # taken back whole


class ChangeKind(StrEnum):
    """What an import changed."""

    SALE = "sale"  # replaced a sale that was there before
    NEW_CUSTOMER = "new_customer"
    CUSTOMER = "customer"  # contacts of a customer who was there before


class CampaignKind(StrEnum):
    """What a campaign asks about."""

    RELATIONSHIP = "relationship"  # the shop: one invitation per customer, about no sale
    TRANSACTIONAL = "transactional"  # a sale: one invitation per sale, whoever asked about it


class CampaignStatus(StrEnum):
    """draft → running ⇄ paused → finished; draft, running, paused → cancelled. The daily round never ends.

    finished → running: something is to be handed over after all. What is unknown is sent once more, by a person's
    word; a question that bounced goes to its next channel.
    """

    DRAFT = "draft"  # described, nobody queued
    RUNNING = "running"  # its deliveries may be handed over
    PAUSED = "paused"  # nothing of it is handed over, not even what was leased
    FINISHED = "finished"  # nothing left to hand over
    CANCELLED = "cancelled"  # stopped for good by a person; finished_at is set once its queue is empty


class InvitationStatus(StrEnum):
    """open → answered | closed; closed → answered, because a late answer is always stored; answered → open where the
    answer turns out to be no person's; closed → open where a customer takes back that they declined."""

    OPEN = "open"  # may be sent, may be answered
    ANSWERED = "answered"  # has a response
    CLOSED = "closed"  # nothing more is sent for it: expired, cancelled, opted out, unreachable


class CloseReason(StrEnum):
    """Why nothing more is sent for an invitation."""

    EXPIRED = "expired"  # still unsent when it was too old
    CANCELLED = "cancelled"  # by a person, with its campaign, or by what came up before it was handed over
    OPTED_OUT = "opted_out"  # the customer, or an address of theirs
    DECLINED = "declined"  # the customer wants to hear nothing more of this one question
    UNREACHABLE = "unreachable"  # refused on every channel


class DeliveryStatus(StrEnum):
    """One hand-over of a question on one channel.

    queued → leased: taken by a sender, in a batch        leased → queued: the lease is over, nothing was handed over
    leased → sending: the mark, committed before hand-over; who doesn't get the row doesn't send
    sending → sent: accepted                              sending → queued: surely not accepted, to be tried later
    sending → undeliverable: refused for good             sending → unknown: cut off after hand-over, or the sender died
    unknown → sent | undeliverable: a tap, click, bounce or report settles it; unknown → queued only by a person's word
    queued, leased → cancelled: opt-out, no consent, campaign cancelled, sale returned, too old, answered meanwhile, a
    case is open; a reminder also by whatever would have kept it from being queued
    sent → undeliverable: a bounce arrived later
    """

    QUEUED = "queued"  # due at due_at
    LEASED = "leased"  # a sender has it until leased_until
    SENDING = "sending"  # being handed over right now; never sent again by itself from here on
    SENT = "sent"  # the other side accepted it
    UNDELIVERABLE = "undeliverable"  # refused for good; the next channel gets a delivery of its own
    UNKNOWN = "unknown"  # nobody knows whether it arrived
    CANCELLED = "cancelled"  # never handed over, and never will be


WAITING = (DeliveryStatus.QUEUED, DeliveryStatus.LEASED)  # to be handed over
UNSETTLED = (*WAITING, DeliveryStatus.SENDING)  # … or being handed over
HANDED_OVER = (DeliveryStatus.SENDING, DeliveryStatus.SENT, DeliveryStatus.UNKNOWN)  # as far as anybody knows
NOT_HANDED_OVER = (DeliveryStatus.CANCELLED, DeliveryStatus.UNDELIVERABLE)  # only these surely never reached anybody


class DeliveryKind(StrEnum):
    """What a delivery hands over."""

    QUESTION = "question"  # the question for the first time, on this channel
    REMINDER = "reminder"  # the same question once more


class InboxStatus(StrEnum):
    """pending → done; pending → pending (failed, waits until due_at); pending → dead after too many attempts.

    dead → pending, and dead → done without effect, by a person's word.
    """

    PENDING = "pending"  # stored, to be processed in order within its chat
    DONE = "done"  # processed; kept a while, because update ids are compared for equality
    DEAD = "dead"  # failed every time; waits for a person


class OutboxStatus(StrEnum):
    """queued → sent; queued → queued (failed, waits until due_at); queued → dead after too many attempts.

    dead → queued by a person's word.
    """

    QUEUED = "queued"  # to be told at due_at
    SENT = "sent"  # the other side accepted it
    DEAD = "dead"  # refused for good, or failed too often; waits for a person


class AddressKind(StrEnum):
    """What an address is on."""

    EMAIL = "email"  # lower-case domain, IDNA kept readable
    PHONE = "phone"  # E.164
    TELEGRAM = "telegram"  # the id of the private chat, as decimal digits


class ResponseSource(StrEnum):
    """By which page an answer came, or by a letter written back."""

    LETTER = "letter"  # the page behind a letter's link
    REPLY = "reply"  # a letter written back to ours: no page
    SITE = "site"  # the question on the shop's site, by the number of an order
    COUNTER = "counter"  # a public link; nobody knows whose answer it is


class ResponseChannel(StrEnum):
    """How an answer came in."""

    TELEGRAM = "telegram"  # a tap in the chat
    EMAIL = "email"  # the page behind a letter's link, or a reply to the letter
    WEB = "web"  # the shop's site or a public link
    PHONE = "phone"  # an operator asked
    MANUAL = "manual"  # staff wrote it down
    IMPORT = "import"  # came with an old survey's file

    @property
    def source(self) -> ResponseSource | None:
        """Of an answer whose customer is known; None: it came by none."""
        return {self.EMAIL: ResponseSource.LETTER, self.WEB: ResponseSource.SITE}.get(self)


class AttachmentKind(StrEnum):
    """What a file is that a customer sent as an answer."""

    VOICE = "voice"
    AUDIO = "audio"
    PHOTO = "photo"
    VIDEO = "video"
    VIDEO_NOTE = "video_note"  # a round one
    ANIMATION = "animation"  # a video without sound
    DOCUMENT = "document"
    STICKER = "sticker"


class CaseStatus(StrEnum):
    """open → taken → contacted → resolved; open, taken → contacted | resolved by whoever does it; taken → open;
    resolved → open where it was not settled after all."""

    OPEN = "open"  # nobody's yet
    TAKEN = "taken"  # somebody sees to it
    CONTACTED = "contacted"  # the customer was spoken to
    RESOLVED = "resolved"  # nothing more is to be done; the customer may be asked again after a while


class CaseStep(StrEnum):
    """What was done about a case."""

    OPENED = "opened"
    TAKEN = "taken"
    RELEASED = "released"
    CONTACTED = "contacted"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    NOTED = "noted"
    SNOOZED = "snoozed"  # its text: until when
    HANDED = "handed"  # its text: to whom
    ANSWERED = "answered"  # its text: what the shop wrote to the customer
    REPLIED = "replied"  # its text: what the customer wrote back
    RESCORED = "rescored"  # its text: the score before and after; read from the answer's versions, as the next
    DOUBTED = "doubted"  # its text: the score that may be no person's


class LetterKind(StrEnum):
    """What a letter in our mailbox was."""

    HARD_BOUNCE = "hard_bounce"  # the address is dead
    SOFT_BOUNCE = "soft_bounce"  # this letter did not arrive; the address may live
    REFUSED_BOUNCE = "refused_bounce"  # the letter or its sender is distrusted: ours to see to, not the customer's
    DELAYED = "delayed"  # it is still under way
    AUTO_REPLY = "auto_reply"  # out of office and the like
    COMPLAINT = "complaint"  # somebody called the letter spam
    OPT_OUT = "opt_out"  # somebody wants no more letters, by the address for that or in plain words
    ANSWER = "answer"  # a reply with a score
    COMMENT = "comment"  # any other reply
    STRANGER = "stranger"  # nothing of ours: left as it is, and not remembered
    UNREADABLE = "unreadable"  # left as it is, waits for a person


class EpisodeKind(StrEnum):
    """What sort of trouble a channel has that does not pass by itself."""

    AWAY = "away"  # the other side cannot be reached, or takes nothing for now: trouble once it lasts
    REFUSED = "refused"  # the other side takes nothing of ours: login, sender, reputation
    DISTRUSTED = "distrusted"  # what it took came back, because somebody further on distrusts us


class StaffRole(StrEnum):
    """What somebody of the shop is; what each may do stands where they do it."""

    ADMIN = "admin"  # everything
    MANAGER = "manager"  # unhappy customers and figures
    OPERATOR = "operator"  # phones customers and writes scores down


class DialogueKind(StrEnum):
    """What a dialogue with staff is about."""

    CAMPAIGN = "campaign"  # a campaign is described
    STAFF = "staff"  # somebody is added

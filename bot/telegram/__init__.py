"""The bot's side of the survey in Telegram.

The way of an update: `updates` (fetched, stored, committed, then confirmed) → `processing` (in order within a chat,
each in one transaction with everything that follows from it) → `routing` → a handler (`survey`, `starting`, `stopping`,
`blocking`). A handler is a plain function of a `Turn`; what it says is queued in the outbox in the same transaction and
told by `bot.channels.telegram`. Only the acknowledgement of a tap goes straight out (`acknowledging`).
"""

CHANNEL = "telegram"  # as in survey.channels and in the outbox

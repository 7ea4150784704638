"""The other side on loopback: a Bot API server and a mail server of ours, for the demonstration and the tests.

The product speaks to them over real HTTP and SMTP, with the code that speaks to Telegram and to a mail provider; only
what is behind the wire is simulated. A request goes `bot.web.serving → bot_api → call → faults, rate → methods`, which
read and write the `world` (chats, messages, updates). What people do (tap, write, block) changes the same world from
`people`, in this process or, for a server started with `python -m bot.loopback`, through `control`. A letter goes
`mail_server → mail_session → mail_faults` and is kept as one of the `letters`.
"""

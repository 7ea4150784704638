"""Campaigns in the chat, for admins.

`entry` (/campaign: a new one, or the one that was left half-way) → `taps` and `typing` change a `draft`, `pages` show
it on one message → `jobs` do what takes seconds (a forecast, the start), beside the updates → `following` shows how
far it is, with the buttons of `progress`. Where a dialogue stands is a row; the rules are `scheduler.asking`'s.
"""

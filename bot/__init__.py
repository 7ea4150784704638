"""People and their machines: Telegram, e-mail, web and the command line. Doors: unpack, one call down, answer."""

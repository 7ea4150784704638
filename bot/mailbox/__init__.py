"""The mailbox: letters fetched by IMAP, understood, and taken in by `scheduler.mailbox`."""

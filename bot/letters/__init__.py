"""The letter that asks: one question with its wording, turned into a message that any mail program shows."""

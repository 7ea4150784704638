"""`docs/telegram.md`: whole conversations of each role with the running program, as people see them, in both languages.

`scenes_of_…` play on a `stage` (the program itself, a Bot API server on loopback, a clock of our own) and `transcript`
writes down what appears in the chats. `python -m tests.book` writes the document anew; a test holds it to the program.
"""

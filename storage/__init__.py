"""Data at rest: our own tables (SQL, one module per subject) and the shop's files (`sources`).

Query functions take a connection first and never commit; the use case in `scheduler` opens the transaction.
"""

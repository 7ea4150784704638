"""Sales and customers in, each once: read → staged in batches → gathered and checked → merged by chunks.

Files are parsed in a worker thread, large ones in a process of their own, and every write is short: one event loop goes
on serving taps in between.
"""

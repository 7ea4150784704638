"""Sales and customers in, batch by batch, each once: rows of a file → staging table → merged in chunks."""

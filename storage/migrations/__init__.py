"""The schema's history (Alembic); the models are what it must lead to, which a test proves on both engines."""

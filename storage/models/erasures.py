"""Who was erased, as keyed hashes: what nobody can read, but an import that brings them back can be held against."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base


class Suppression(Base):
    """An address or number of somebody who was erased; whoever comes back with it is opted out."""

    __tablename__ = "suppression"

    hash: Mapped[str] = mapped_column(primary_key=True)  # see storage.suppressions
    at: Mapped[datetime]


class Secret(Base):
    """A random key of this database's own, made at need."""

    __tablename__ = "secret"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]

"""Which column holds which field: by its name, or as mapped."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from storage.sources.problems import ColumnProblem, WrongColumns

CONTACT_FIELDS = ("customer_name", "email", "phone", "telegram_id", "language", "timezone", "consent", "acquired_by")
SALE_FIELDS = (
    "sale_id", "sold_at", "customer_id", "amount", "quantity", "unit_price", "currency", "discount", "cost", "product",
    "product_group", "store", "manager", "returns_sale", *CONTACT_FIELDS,
)  # fmt: skip
CUSTOMER_FIELDS = ("customer_id", *CONTACT_FIELDS)
SYNONYMS = {"name": "customer_name"}  # in a file of customers


@dataclass(frozen=True)
class Columns:
    """Where each field stands, counted from 0."""

    header: list[str]
    fields: dict[str, int]
    attributes: dict[str, int]  # other columns to be kept, by their own names

    def name_of(self, field: str | None) -> str | None:
        """The column's name of a field that has one."""
        return self.header[self.fields[field]] if field in self.fields else None


def find_sale_columns(header: Sequence[str], mapping: Mapping[str, str], attributes: Sequence[str]) -> Columns:
    """:raises WrongColumns: also where sale, time, customer or money are not there at all"""
    columns = _find(header, mapping, attributes, SALE_FIELDS)
    missing = [field for field in ("sale_id", "sold_at", "customer_id") if field not in columns.fields]
    if "amount" not in columns.fields:
        parts = [field for field in ("quantity", "unit_price") if field not in columns.fields]
        missing += ["amount"] if len(parts) == 2 else parts
    if missing:
        raise WrongColumns(ColumnProblem.MISSING_FIELDS, missing, list(header))
    return columns


def find_customer_columns(header: Sequence[str], mapping: Mapping[str, str], attributes: Sequence[str]) -> Columns:
    """:raises WrongColumns: also where there is no column of customers' ids"""
    mapping = {SYNONYMS.get(field, field): column for field, column in mapping.items()}
    named = [SYNONYMS.get(_folded(name), name) for name in header]
    columns = _find(named, mapping, attributes, CUSTOMER_FIELDS)
    if "customer_id" not in columns.fields:
        raise WrongColumns(ColumnProblem.MISSING_FIELDS, ["customer_id"], list(header))
    return columns


def _find(
    header: Sequence[str], mapping: Mapping[str, str], attributes: Sequence[str], known: Sequence[str]
) -> Columns:
    for field in mapping:
        if field not in known:
            close = difflib.get_close_matches(field, known, n=1)
            raise WrongColumns(ColumnProblem.UNKNOWN_FIELD, [field], list(known), close[0] if close else None)
    places = _places(header)
    found = {field: places[field][0] for field in known if len(places.get(field, ())) == 1}
    for field in known:
        if field not in mapping and len(places.get(field, ())) > 1:
            raise WrongColumns(ColumnProblem.AMBIGUOUS_COLUMN, [field], list(header))
    found |= {field: _place(column, header, places) for field, column in mapping.items()}
    return Columns(
        list(header), found, {header[at]: at for at in (_place(name, header, places) for name in attributes)}
    )


def _places(header: Sequence[str]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for place, name in enumerate(header):
        places.setdefault(_folded(name), []).append(place)
    return places


def _place(column: str, header: Sequence[str], places: Mapping[str, Sequence[int]]) -> int:
    """The place of a column named exactly, but for case and blanks; or numbered from 1."""
    exact = [place for place, name in enumerate(header) if name == column]
    candidates = exact or places.get(_folded(column), [])
    if len(candidates) > 1:
        raise WrongColumns(ColumnProblem.AMBIGUOUS_COLUMN, [column], list(header))
    if candidates:
        return candidates[0]
    if column.isdecimal() and 1 <= int(column) <= len(header):
        return int(column) - 1
    close = difflib.get_close_matches(_folded(column), list(places), n=1)
    suggestion = header[places[close[0]][0]] if close else None
    raise WrongColumns(ColumnProblem.UNKNOWN_COLUMN, [column], list(header), suggestion)


def _folded(name: str) -> str:
    """Case and blanks don't count: " Sale ID" is sale_id."""
    return "_".join(name.replace("\u00a0", " ").casefold().split())

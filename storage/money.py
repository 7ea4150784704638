"""Money: exact units of 1e-8, and the minor units of each currency that they are rounded to."""

from functools import cache

E8 = 100_000_000  # units in one unit of the currency
MOST = 9_000_000_000_000_000_000  # what 64 bits hold, less some room

# ISO 4217 currencies that don't have two decimals.
_NONE = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV"}
_NONE |= {"XAF", "XOF", "XPF"}
_THREE = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}
_FOUR = {"CLF", "UYW"}


def decimals(currency: str) -> int:
    """Of the currency's minor unit (ISO 4217): 2 for RUB, 0 for JPY, 3 for KWD."""
    return 0 if currency in _NONE else 3 if currency in _THREE else 4 if currency in _FOUR else 2


def to_minor(amount_e8: int, currency: str) -> int:
    """Minor units of an exact amount, half away from zero: a return is rounded as its sale was."""
    unit = _unit(currency)
    rounded = (abs(amount_e8) + unit // 2) // unit
    return rounded if amount_e8 >= 0 else -rounded


@cache
def _unit(currency: str) -> int:
    """Units of 1e-8 in a minor unit."""
    return int(10 ** (8 - decimals(currency)))


def multiply(quantity_e8: int, price_e8: int) -> int:
    """quantity × price in units of 1e-8, half away from zero where there are more decimals."""
    product = quantity_e8 * price_e8
    exact, rest = divmod(product, E8)
    if not rest:
        return exact
    rounded = (abs(product) + E8 // 2) // E8
    return rounded if product >= 0 else -rounded

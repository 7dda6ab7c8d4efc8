"""Money without floats: exact fractions, rounded once to the minor unit, half away from zero."""

from decimal import Decimal, InvalidOperation
from fractions import Fraction

from perfwidget.errors import InvalidPay
from perfwidget.pay.currencies import DIGITS

HOUR = 3_600_000_000
"""Microseconds of an hour."""
LARGEST = 10**9
"""The largest rate or adjustment."""


def decimal(value: object, places: int, name: str) -> Decimal:
    """Return a decimal from 0 to 10⁹ with at most so many places; raises InvalidPay.

    Text, whole numbers and `Decimal` are taken. Floats are refused, for nobody knows which decimal they mean.
    """
    try:
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise InvalidOperation
        found = Decimal(value)
        if (isinstance(value, str) and not value.replace(".", "", 1).isdigit()) or not found.is_finite():
            raise InvalidOperation
    except InvalidOperation:
        raise InvalidPay(f"{name} must be a decimal number such as 12.50, written without signs or spaces.") from None
    exponent = found.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent > places:
        raise InvalidPay(f"{name} has more than {places} decimal places; give at most {places}.")
    if not 0 <= found <= LARGEST:
        raise InvalidPay(f"{name} must lie between 0 and {LARGEST:,}.")
    return found


def rounded(amount: Fraction, code: str) -> str:
    """Return an amount that is not negative in the minor unit of a currency: half a unit is rounded up."""
    digits = DIGITS[code]
    scaled = amount * 10**digits
    return written((2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator), code)


def written(minor: int, code: str) -> str:
    """Return a number of minor units as a decimal with all digits of the currency."""
    digits = DIGITS[code]
    whole, part = divmod(minor, 10**digits)
    return f"{whole}.{part:0{digits}d}" if digits else str(whole)


def minor_units(amount: str, code: str) -> int:
    """Return the minor units of an amount that `written` wrote."""
    return int(Decimal(amount).scaleb(DIGITS[code]))


def exact(quantity: Fraction) -> str:
    """Return a quantity, whole or with a half, as an exact decimal."""
    twice = int(quantity * 2)
    return f"{twice // 2}.5" if twice % 2 else str(twice // 2)

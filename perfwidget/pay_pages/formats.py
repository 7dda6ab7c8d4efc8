"""How amounts, rates and quantities read: Babel writes them, with the digits of our own list of currencies."""

from decimal import Decimal
from fractions import Fraction

from babel.numbers import format_currency

from perfwidget.pay.cards import Clock, RateCard, Unit
from perfwidget.pay.currencies import DIGITS

LOCALE = "en"
_PER_HOUR = " / h"


def amount(written: str, currency: str) -> str:
    """Return an amount with its currency and all digits of it: `€ 1,234.50`, `KES 61,200.00`."""
    pattern = f"¤\u00a0{_pattern(DIGITS[currency])}"
    return str(format_currency(Decimal(written), currency, format=pattern, locale=LOCALE, currency_digits=False))


def rate(written: str, currency: str, *, is_time: bool) -> str:
    """Return a rate with all its places, at least those of its currency: `€ 11.00 / h`, `€ 0.0125`."""
    digits = DIGITS[currency]
    pattern = f"¤\u00a0{_pattern(digits, 6 - digits)}"
    told = format_currency(Decimal(written), currency, format=pattern, locale=LOCALE, currency_digits=False)
    return f"{told}{_PER_HOUR}" if is_time else str(told)


def times(microseconds: Fraction | int) -> str:
    """Return a time as `31h 02m 15s`; a time above 0 never reads as 0."""
    seconds = int(Fraction(microseconds) / 1_000_000 + Fraction(1, 2))
    if seconds == 0 < microseconds:
        return "under 1s"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,}h {minutes:02}m {rest:02}s" if hours else f"{minutes}m {rest:02}s" if minutes else f"{rest}s"


def exact_seconds(microseconds: Fraction | int) -> str:
    """Return a time in seconds with every digit: `111735.25 s`."""
    text = format(Decimal(int(Fraction(microseconds) * 2)) * 5 / 10_000_000, "f")
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}\u00a0s"


_UNITS = {
    Unit.ANNOTATION: "annotation",
    Unit.ACCEPTED_ANNOTATION: "accepted annotation",
    Unit.HOUR: "hour",
    Unit.REVIEW: "review",
    Unit.REVIEW_HOUR: "hour of review",
}


def how(unit: str, clock: str | None, cap_s: int | None) -> str:
    """Say what is paid: `hour, at most 20 min each`, `accepted annotation`."""
    told = _UNITS[Unit(unit)]
    if clock == Clock.CAPPED and cap_s is not None:
        return f"{told}, at most {_cap(cap_s)} each"
    return f"{told}, by the median" if clock == Clock.MEDIAN else told


def how_of(card: RateCard) -> str:
    """Say what a card pays."""
    return how(card.unit, card.clock, card.cap_s)


def _cap(seconds: int) -> str:
    return f"{seconds // 60} min" if seconds % 60 == 0 else f"{seconds} s"


def _pattern(least: int, more: int = 0) -> str:
    digits = "0" * least + "#" * more
    return f"#,##0.{digits}" if digits else "#,##0"

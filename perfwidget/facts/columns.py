"""How values are stored: ids as text, instants and lead times as whole microseconds, scores as whole millionths."""

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum, IntFlag
from hashlib import blake2b
from numbers import Real
from typing import Annotated, Any, NamedTuple, get_args, get_origin

from perfwidget.errors import InvalidFact

MICROSECONDS = 1_000_000
MILLIONTHS = 1_000_000
LONGEST_LEAD_TIME = 10**9
INVALID_LEAD_TIME = -1
"""Stored in place of a lead time that is given but no time: negative, NaN, infinite, over 10⁹ s or not a number."""

FIRST_INSTANT = datetime(1970, 1, 1, tzinfo=UTC)
AFTER_LAST_INSTANT = datetime(3000, 1, 1, tzinfo=UTC)
END_OF_TIME = 32_503_680_000 * MICROSECONDS
"""The same in whole microseconds: every instant of a fact lies before it."""
MAX_ID_LENGTH = 255
LARGEST_ID = 10**254


class Kind(Enum):
    """How a column is stored."""

    ID = "id"
    TEXT = "text"
    FLAG = "flag"
    INSTANT = "instant"
    LEAD_TIME = "lead time"
    SCORE = "score"
    FLAGS = "flags"


class AnnotationFlag(IntFlag):
    """What a source finds odd about an annotation, and a payer should look at; stored as one whole number."""

    NONE = 0
    POSTED_BY_OTHER = 1
    """Whoever wrote it last is neither its owner nor who reviewed it last."""
    IMPORTED = 2
    """It came with an import, which gives all its rows the instant of the import."""
    LONGER_THAN_TASK = 4
    """Its lead time is longer than the time from the creation of the task to its completion."""
    FROM_PREDICTION = 8
    """It is a prediction that was taken over as it was: without a lead time, and never updated."""


Id = Annotated[int | str, Kind.ID]
Text = Annotated[str, Kind.TEXT]
Flag = Annotated[bool, Kind.FLAG]
Instant = Annotated[datetime, Kind.INSTANT]
LeadTime = Annotated[float | None, Kind.LEAD_TIME]
Score = Annotated[float | None, Kind.SCORE]
Flags = Annotated[AnnotationFlag, Kind.FLAGS]


def id_text(value: object) -> str:
    """Return an id as text, the form it has at every edge.

    Raises InvalidFact for anything but an integer or a string of 1 to 255 characters without control characters.
    """
    if isinstance(value, str):
        text = value
    elif isinstance(value, int) and not isinstance(value, bool):
        text = str(value) if abs(value) < LARGEST_ID else ""
    else:
        raise InvalidFact(f"An id must be an integer or a string, not {type(value).__name__}.")
    if (
        not text
        or len(text) > MAX_ID_LENGTH
        or (
            not (text.isascii() and text.isprintable())
            and any(unicodedata.category(character) in ("Cc", "Cs") for character in text)
        )
    ):
        raise InvalidFact("An id must have 1 to 255 characters and no control characters.")
    return text


def clean_text(value: object) -> str:
    """Return text that every engine can keep: lone surrogates and NUL become the replacement character U+FFFD."""
    if not isinstance(value, str):
        raise InvalidFact(f"A text must be a string, not {type(value).__name__}.")
    if value.isascii() and "\0" not in value:
        return value
    return value.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def fingerprint(text: str) -> int:
    """Return a whole number of 64 bits that hardly any two texts share."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), signed=True)


def microseconds(value: object) -> int:
    """Return an aware datetime as whole microseconds since 1970 in UTC."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise InvalidFact("An instant must be a datetime with a time zone.")
    if not FIRST_INSTANT <= value < AFTER_LAST_INSTANT:
        raise InvalidFact("An instant must lie in the years 1970 to 2999.")
    elapsed = value - FIRST_INSTANT
    return (elapsed.days * 86_400 + elapsed.seconds) * MICROSECONDS + elapsed.microseconds


def lead_time_microseconds(value: object) -> int | None:
    """Return seconds as whole microseconds (half to even), None if missing, INVALID_LEAD_TIME if unusable.

    A float is taken as the decimal number that Python prints for it, so 0.1 s are 100,000 µs. Raises InvalidFact for
    text and for a timedelta, whose units nobody knows here.
    """
    if value is None:
        return None
    if isinstance(value, timedelta):
        raise InvalidFact("A lead time is a number of seconds and no timedelta; give its total_seconds().")
    if isinstance(value, str | bytes):
        raise InvalidFact("A lead time is a number of seconds and no text; give the number, or None for a missing one.")
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        return INVALID_LEAD_TIME
    if not _within(value, LONGEST_LEAD_TIME):
        return INVALID_LEAD_TIME
    exact = value if isinstance(value, int | Decimal) else Decimal(repr(float(value)))
    return round(exact * MICROSECONDS)


def score_millionths(value: object) -> int | None:
    """Return a score from 0 to 1 as whole millionths (half to even), None if there is none or it is no such number."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    if not _within(value, 1):
        return None
    exact = value if isinstance(value, int | Decimal) else Decimal(repr(float(value)))
    return round(exact * MILLIONTHS)


def _within(value: Any, most: int) -> bool:
    """Say whether a number lies from 0 to `most`. NaN lies nowhere, and of a Decimal it may not even be asked."""
    return not (isinstance(value, Decimal) and value.is_nan()) and 0 <= value <= most


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidFact(f"A flag must be True or False, not {type(value).__name__}.")
    return value


def _flags(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value & ~sum(AnnotationFlag):
        raise InvalidFact("flags must be an AnnotationFlag of perfwidget.facts, or several joined with |.")
    return int(value)


STORED: dict[Kind, Callable[[Any], Any]] = {
    Kind.ID: id_text,
    Kind.TEXT: clean_text,
    Kind.FLAG: _flag,
    Kind.INSTANT: microseconds,
    Kind.LEAD_TIME: lead_time_microseconds,
    Kind.SCORE: score_millionths,
    Kind.FLAGS: _flags,
}
"""How a value of each kind becomes what is stored. Each raises InvalidFact for a value that is none of its kind."""


class Column(NamedTuple):
    """A column of the contract: its name, how it is stored, and whether it may be null."""

    name: str
    kind: Kind
    nullable: bool


def column(name: str, hint: Any) -> Column:
    """Return the column that a fact's field with this type hint makes."""
    kinds = [meta for part in (hint, *get_args(hint)) if get_origin(part) is Annotated for meta in part.__metadata__]
    nullable = type(None) in get_args(hint) or kinds[0] in (Kind.LEAD_TIME, Kind.SCORE)
    return Column(name, kinds[0], nullable)

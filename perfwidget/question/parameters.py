"""The parameters of an address, one at a time: what each may hold, and the sentence where it does not."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from enum import StrEnum
from typing import TypeVar

from perfwidget.errors import InvalidFact, InvalidQuery
from perfwidget.facts.columns import id_text
from perfwidget.question.period import FIRST_DATE, LAST_DATE

Given = Mapping[str, list[str]]
"""The values of each name, without empty ones."""

_Choice = TypeVar("_Choice", bound=StrEnum)

_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME_OF_DAY = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"


def given(asked: Mapping[str, Iterable[str]]) -> Given:
    """Return what an address gives; an empty value is none."""
    return {name: [value for value in values if value != ""] for name, values in asked.items()}


def one(given: Given, name: str) -> str | None:
    """Return the value of a name that may be given once."""
    values = given.get(name, [])
    if len(set(values)) > 1:
        raise InvalidQuery(f"{name} may be given once only; the address has {len(values)} of them.")
    return values[0] if values else None


def choice(kind: type[_Choice], name: str, given: Given) -> _Choice | None:
    """Return the word of a kind that a name holds."""
    value = one(given, name)
    if value is None:
        return None
    try:
        return kind(value)
    except ValueError:
        raise InvalidQuery(f"{name} must be one of {', '.join(kind)}.") from None


def flag(name: str, word: str, given: Given) -> bool:
    """Say whether a name holds its only word."""
    value = one(given, name)
    if value not in (None, word):
        raise InvalidQuery(f"{name} must be {word}, or left out.")
    return value is not None


def ids(name: str, given: Given) -> tuple[str, ...]:
    """Return the ids that a name holds, each once."""
    try:
        return tuple(dict.fromkeys(map(id_text, given.get(name, []))))
    except InvalidFact:
        raise InvalidQuery(f"{name} is malformed: an id has 1 to 255 characters and no control characters.") from None


def moment(name: str, value: str) -> date | datetime:
    """Return the date that a text is, or the time of day of a date, without a zone."""
    if re.fullmatch(f"{_DATE}T{_TIME_OF_DAY}", value):
        date_text, _, time_of_day = value.partition("T")
        return datetime.combine(day(name, date_text), time.fromisoformat(time_of_day))
    return day(name, value, ", or with a time of day, such as 2024-03-01T09:30")


def day(name: str, value: str, or_else: str = "") -> date:
    """Return the date that a text is."""
    if re.fullmatch(_DATE, value):
        try:
            found = date.fromisoformat(value)
        except ValueError:
            pass
        else:
            if FIRST_DATE <= found <= LAST_DATE:
                return found
            raise InvalidQuery(f"{name} must lie between {FIRST_DATE} and {LAST_DATE}.")
    raise InvalidQuery(f"{name} must be a calendar date written YYYY-MM-DD, such as 2024-03-01{or_else}.")

"""The values of an export's rows: ids, instants, lead times; what cannot be read says why in a few words."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from perfwidget.errors import InvalidFact
from perfwidget.facts.columns import AFTER_LAST_INSTANT, FIRST_INSTANT, LONGEST_LEAD_TIME, id_text

JsonObject = Mapping[str, Any]

MAX_WORD_LENGTH = 255
"""Longer texts are no action, e-mail or name; keeping them would cost memory."""


class Unreadable(Exception):
    """A task, annotation, review or history entry that cannot be read; `str(error)` says why in a few words."""


def needed_object(value: object) -> JsonObject:
    """Return a JSON object; raises Unreadable for anything else."""
    if not isinstance(value, dict):
        raise Unreadable("not an object")
    return value


def optional_list(values: JsonObject, key: str) -> Sequence[object] | None:
    """Return the array under a key, or None if it is missing; raises Unreadable for anything else."""
    value = values.get(key)
    if value is None or isinstance(value, list):
        return value
    raise Unreadable(f"its '{key}' is no list")


def needed_id(value: object, name: str) -> str:
    """Return an id as text; raises Unreadable if it is missing or malformed."""
    if value is None:
        raise Unreadable(f"no {name}")
    found = optional_id(value)
    if found is None:
        raise Unreadable(f"its {name} is neither a whole number nor a text of 1 to 255 characters without control ones")
    return found


def optional_id(value: object) -> str | None:
    """Return an id as text, or None if it is missing or malformed."""
    try:
        return id_text(value)
    except InvalidFact:
        return None


def needed_instant(value: object, name: str) -> datetime:
    """Return an instant; raises Unreadable if it is missing or none."""
    if value is None:
        raise Unreadable(f"no {name}")
    found = optional_instant(value)
    if found is None:
        raise Unreadable(f"its {name} is no ISO 8601 date and time of the years 1970 to 2999")
    return found


def optional_instant(value: object) -> datetime | None:
    """Return an ISO 8601 date and time, in UTC if it names no offset. None if missing, malformed or out of range."""
    # A date alone says no instant; midnight would be made up.
    if not isinstance(value, str) or ("T" not in value and " " not in value):
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return instant if FIRST_INSTANT <= instant < AFTER_LAST_INSTANT else None


def lead_time(value: object) -> float | None:
    """Return a lead time in seconds, None if missing; what is none becomes NaN, so that it counts as invalid."""
    if value is None or isinstance(value, float):
        return value
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LONGEST_LEAD_TIME:
        return math.nan
    return value


def fraction(value: object) -> float | None:
    """Return a number from 0 to 1, or None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        return None
    return value


def word(value: object) -> str | None:
    """Return a text of 1 to 255 characters without the white space around it, or None for anything else."""
    if not isinstance(value, str):
        return None
    stripped = value.strip()
    return stripped if 0 < len(stripped) <= MAX_WORD_LENGTH else None

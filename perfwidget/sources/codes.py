"""Ids, texts and people of many rows as numbers. So what is told of them is worked out for all rows together."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from perfwidget.facts.columns import FIRST_INSTANT
from perfwidget.facts.snapshots import NOTHING
from perfwidget.sources.people import SOMEBODY, NamedPerson, remembered
from perfwidget.sources.task_form import PersonForm
from perfwidget.sources.value_columns import Integers

Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int32]

NOBODY: Final = -1
ODD: Final = -2
"""Stands for who is not simply an id, or an action that is not known. Such rows are read one by one."""


class Codes(dict[Any, int]):
    """Numbers for the texts of a column, in the order in which they come."""

    def __missing__(self, text: object) -> int:
        self[text] = len(self)
        return self[text]


class Cast(dict[Any, int]):
    """Numbers for the people of some rows as they are spelled. -1 is nobody, ODD who is not simply an id."""

    def __init__(self) -> None:
        super().__init__({None: -1, msgspec.UNSET: -1})
        self.persons: list[NamedPerson] = []
        self.spellings: list[object] = []
        self.users = Codes()
        self.user_of: list[int] = []

    def __missing__(self, value: Any) -> int:
        spelling = (
            (value.id, value.email, value.first_name, value.last_name)
            if isinstance(value, PersonForm)
            else (value, None, None, None)
        )
        person = remembered(*spelling)
        if person is None or person is SOMEBODY or person.by_email:
            code = -1 if person is None else ODD
        else:
            code = len(self.persons)
            self.persons.append(person)
            self.spellings.append(msgspec.structs.asdict(value) if isinstance(value, PersonForm) else value)
            self.user_of.append(self.users[person.user_id])
        self[value] = code
        return code

    def codes(self, values: Sequence[object]) -> npt.NDArray[np.int32]:
        """Return the numbers of people."""
        return np.array(list(map(self.__getitem__, values)), np.int32)


def whole_numbers(values: Sequence[Any], plain: Flags) -> Integers:
    """Return ids as numbers; where one is no whole number of 64 bits, `plain` becomes false."""
    if set(map(type, values)) <= {int}:
        with suppress(OverflowError):
            found = np.array(values, np.int64)
            plain &= found != NOTHING
            return found
    whole = [type(value) is int and NOTHING < value < -NOTHING for value in values]
    plain &= np.array(whole, np.bool_)
    return np.array([value if known else NOTHING for value, known in zip(values, whole, strict=True)], np.int64)


def ids(values: Sequence[Any]) -> npt.NDArray[Any]:
    """Return ids as whole numbers, or as texts if one of them is none."""
    if set(map(type, values)) <= {int}:
        return np.array(values, np.int64)
    numbers = [int(each) if type(each) is int or _is_canonical(each) else None for each in values]
    return np.array(list(map(str, values)), object) if None in numbers else np.array(numbers, np.int64)


def _is_canonical(text: str) -> bool:
    """Say whether an id is what Python prints for some whole number."""
    return text.isascii() and text.isdigit() and len(text) < 19 and (text[0] != "0" or text == "0")


def latest(codes: npt.NDArray[Any], at: Integers) -> Iterator[tuple[int, datetime]]:
    """Yield each code with the latest of its instants."""
    order = np.lexsort((at, codes))
    codes, at = codes[order], at[order]
    last = np.flatnonzero(np.append(codes[1:] != codes[:-1], True)) if len(codes) else np.empty(0, np.int64)
    for code, number in zip(codes[last].tolist(), at[last].tolist(), strict=True):
        yield code, instant(number)


def instant(number: int) -> datetime:
    """Return the instant of so many microseconds since 1970."""
    return FIRST_INSTANT + timedelta(microseconds=number)

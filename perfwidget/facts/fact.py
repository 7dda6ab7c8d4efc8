"""What every fact is: a row with typed columns, a key, and the form in which engines store it.

`Fact.row` turns a host's own values into what every engine stores. Ids become text, instants whole microseconds since
1970 in UTC. Lead times become whole microseconds, scores whole millionths. Whole numbers add up to the same digits in
any order on any engine; floating-point sums do not.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, ClassVar, NamedTuple, get_type_hints

from perfwidget.errors import InvalidFact
from perfwidget.facts.columns import STORED, Column, Id, Kind, column, id_text


class Key(NamedTuple):
    """What identifies a fact: its class and the text of its key columns, the organization first."""

    fact: "type[Fact]"
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """A row of the data contract."""

    table: ClassVar[str]
    key_columns: ClassVar[tuple[str, ...]]
    version_column: ClassVar[str | None] = None

    organization_id: Id

    @classmethod
    @cache
    def columns(cls) -> tuple[Column, ...]:
        """Return the columns in the contract's order."""
        hints = get_type_hints(cls, include_extras=True)
        return tuple(column(field.name, hints[field.name]) for field in fields(cls))

    @classmethod
    @cache
    def _stored(cls) -> tuple[tuple[str, Callable[[Any], Any], bool, bool], ...]:
        """Return for each column its name, what makes the stored value, and whether None is one and may be given."""
        return tuple(
            (name, STORED[kind], kind in (Kind.LEAD_TIME, Kind.SCORE), nullable)
            for name, kind, nullable in cls.columns()
        )

    def row(self) -> tuple[Any, ...]:
        """Return the stored values in the order of `columns`; raises InvalidFact naming the column at fault."""
        row: list[Any] = []
        for name, stored, tells_none, nullable in self._stored():
            value = getattr(self, name)
            if value is None and not tells_none:
                if not nullable:
                    raise InvalidFact(f"{type(self).__name__}.{name} is missing.")
                row.append(None)
                continue
            try:
                row.append(stored(value))
            except InvalidFact as fault:
                raise InvalidFact(f"{type(self).__name__}.{name}: {fault}") from None
        return tuple(row)

    @property
    def key(self) -> Key:
        """The key under which this fact is replaced and removed."""
        return Key(type(self), tuple(id_text(getattr(self, name)) for name in self.key_columns))

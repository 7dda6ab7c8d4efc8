"""One transaction in the records of one organization, and who people are in them."""

import json
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, Connection, Table, and_, any_, func, insert, literal, select, update
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import Join

from perfwidget.records.canonical import sha256
from perfwidget.records.tables import PEOPLE, TEXTS

AT_ONCE = 50_000
"""Values that go with one statement."""


class _InOrder(Join):
    """A join whose left side SQLite goes through, while it looks into the right one: its planner guesses otherwise."""

    inherit_cache = True


@compiles(_InOrder)
def _in_order(join: _InOrder, compiler: SQLCompiler, **more: Any) -> str:
    joined: str = compiler.visit_join(join, **more)  # type: ignore[no-untyped-call]
    return joined.replace(" JOIN ", " CROSS JOIN ", 1)


class Transaction:
    """What is read or written of one organization; nothing of another one can be reached."""

    def __init__(self, connection: Connection, organization_id: str, now: int, *, writes: bool) -> None:
        self._connection = connection
        self.organization_id = organization_id
        self.now = now
        """The instant of all that is written, in microseconds."""
        self.writes = writes

    def rows(
        self,
        table: Table,
        *where: Any,
        order: Sequence[Any] = (),
        columns: Sequence[Any] = (),
        distinct: bool = False,
    ) -> list[Any]:
        """Return rows of the organization that meet all conditions; with `distinct` no two that are the same."""
        mine = table.c.organization_id == self.organization_id
        query = select(*(columns or (table,))).where(mine, *where).order_by(*order)
        return list(self._connection.execute(query.distinct() if distinct else query).all())

    def rows_among(
        self,
        table: Table,
        column: str,
        values: Iterable[Any],
        *where: Any,
        columns: Sequence[Any] = (),
        distinct: bool = False,
    ) -> Iterable[Any]:
        """Yield rows of the organization whose column holds one of many values, which go as one value.

        An index of the column is looked into once a value.
        """
        wanted, named = list(dict.fromkeys(values)), table.c[column]
        for place in range(0, len(wanted), AT_ONCE):
            some, mine = wanted[place : place + AT_ONCE], table.c.organization_id == self.organization_id
            query = select(*(columns or (table,))).where(mine, *where)
            if self._connection.dialect.name == "sqlite":
                given = func.json_each(json.dumps(some)).table_valued("value")
                query = query.select_from(_InOrder(given, table, named == given.c.value))
            else:
                query = query.where(named == any_(literal(some, ARRAY(named.type))))
            yield from self._connection.execute(query.distinct() if distinct else query).all()

    def one(self, table: Table, *where: Any) -> Any | None:
        """Return the one row that meets all conditions, or None."""
        found = self.rows(table, *where)
        return found[0] if found else None

    def last(self, table: Table, column: Any, *where: Any) -> Any | None:
        """Return the row with the greatest value of a column among those that meet all conditions, or None."""
        mine = select(table).where(table.c.organization_id == self.organization_id, *where)
        return self._connection.execute(mine.order_by(column.desc()).limit(1)).first()

    def add(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows to a table of the organization; raises IntegrityError where a key is there."""
        if rows:
            mine = [{**row, "organization_id": self.organization_id} for row in rows]
            self._connection.execute(insert(table), mine)

    def change(self, table: Table, *where: Any, **values: Any) -> None:
        """Change columns of rows of the organization."""
        mine = table.c.organization_id == self.organization_id
        self._connection.execute(update(table).where(and_(mine, *where)).values(**values))

    def remove(self, table: Table, *where: Any) -> None:
        """Remove rows of the organization."""
        self._connection.execute(table.delete().where(table.c.organization_id == self.organization_id, *where))

    def put(self, table: Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        """Write a row in place of the one with its key."""
        self.remove(table, *(table.c[name] == value for name, value in key.items()))
        self.add(table, [{**key, **values}])

    # -- People and their texts --------------------------------------------------------------------------------------

    def person(self, user_id: str) -> str | None:
        """Return the random number that stands for a member, or None where there is none yet."""
        row = self.one(PEOPLE, PEOPLE.c.user_id == user_id)
        return None if row is None else str(row.person)

    def named_person(self, user_id: str) -> str:
        """Return the random number that stands for a member; a new one where there is none yet."""
        found = self.person(user_id)
        if found is None:
            found = secrets.token_hex(8)
            self.add(PEOPLE, [{"person": found, "user_id": user_id}])
        return found

    def user_ids(self, people: Collection[str] | None = None) -> dict[str, str | None]:
        """Map random numbers to the members they stand for; None for who was forgotten."""
        rows = self.rows(PEOPLE) if people is None else self.rows_among(PEOPLE, "person", sorted(people))
        return {row.person: row.user_id for row in rows}

    def forget_person(self, person: str) -> None:
        """Remove who a person is and the texts about them; what names them by their number or by hashes stays."""
        self.change(PEOPLE, PEOPLE.c.person == person, user_id=None)
        self.remove(TEXTS, TEXTS.c.person == person)

    def keep_text(self, text: str, person: str = "") -> str:
        """Keep a text beside its hash, and return the hash."""
        digest = sha256(text)
        if self.one(TEXTS, TEXTS.c.sha256 == digest, TEXTS.c.person == person) is None:
            self.add(TEXTS, [{"sha256": digest, "person": person, "text": text}])
        return digest

    def texts(self, digests: Iterable[str | None]) -> dict[tuple[str, str], str]:
        """Map hashes and persons to the texts that are kept of them."""
        wanted = sorted({each for each in digests if each is not None})
        return {(row.sha256, row.person): row.text for row in self.rows_among(TEXTS, "sha256", wanted)}

    def text(self, digest: str) -> str | None:
        """Return the text with a hash, or None where it was forgotten."""
        row = self.one(TEXTS, TEXTS.c.sha256 == digest)
        return None if row is None else str(row.text)

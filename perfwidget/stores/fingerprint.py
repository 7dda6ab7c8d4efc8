"""What tells whether the facts that a question's numbers are made of are still the same."""

from typing import Any

from perfwidget.facts import Fact
from perfwidget.facts.columns import Kind
from perfwidget.metrics import METRICS
from perfwidget.metrics.rows import REVIEWED
from perfwidget.question.access import ScopedQuery
from perfwidget.stores.dialect import Dialect
from perfwidget.stores.formulas import wanted_of
from perfwidget.stores.schema import MENTIONED
from perfwidget.stores.sql import Statement, facts_from, scoped


def fingerprint(dialect: Dialect, asked: ScopedQuery) -> Statement:
    """Return the statement of a row a scan: its name, how many facts there are, and a sum over what these hold.

    They are those of the question's scope and period; of reviews those of any time, for the latest one has a say.
    """
    parts: list[str] = []
    parameters: dict[str, Any] = {}
    for scan in (wanted.scan for wanted in wanted_of(tuple(METRICS))):
        facts = facts_from(dialect, asked, scan, asked.start, asked.end)
        text = f"{scan.fact.table} WHERE {scoped(dialect, asked, scan.member).text}" if scan is REVIEWED else facts.text
        hashed = dialect.hashed(", ".join(_telling(scan.fact)))
        parts.append(f"SELECT '{scan.name}', count(*), {dialect.total(hashed)} FROM {text}")
        parameters |= facts.parameters
    return Statement(" UNION ALL ".join(parts), parameters)


def _telling(fact: type[Fact]) -> list[str]:
    """Return the columns that numbers hang on: all but what facts and tasks are called, which takes the longest."""
    named = {column for those in MENTIONED.values() for table, column in those if table == fact.table}
    return [column.name for column in fact.columns() if column.kind is not Kind.ID or column.name in named]

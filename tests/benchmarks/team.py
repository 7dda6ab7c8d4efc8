"""The table of all members over a year: our one question beside pandas and one statement by hand for each table."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import duckdb
import pandas as pd

from perfwidget import Viewer, open_store
from perfwidget.metrics import METRICS, Number
from perfwidget.question.access import scope
from perfwidget.question.period import Period
from perfwidget.question.query import Query
from perfwidget.report import read_members
from perfwidget.stores import Store
from tests.benchmarks.by_hand import COUNTED
from tests.benchmarks.frames import SECONDS, Pandas, load
from tests.benchmarks.measuring import Measure, compared, in_turns
from tests.benchmarks.questions import TIMEZONE, numbers
from tests.benchmarks.site import Site
from tests.benchmarks.world import LAST_DAY
from tests.worlds import ORGANIZATION

PART = "team"
SAYS = "all members, one year"
OWNER = Viewer(ORGANIZATION, "boss", "owner")
PERIOD = Period(LAST_DAY - timedelta(days=364), LAST_DAY, TIMEZONE)
COLUMNS = tuple(metric for metric in METRICS if metric.tabs)
LEAST = 3
"""Turns, of which some of a large world take many seconds."""

Table = Mapping[str, Mapping[str, Number]]
"""The numbers of the table by member."""

_WHERE = "WHERE organization_id = $organization AND {member} IS NOT NULL AND {at} >= $start AND {at} < $end"
_STATEMENTS = (
    f"""
    WITH mine AS (
        SELECT completed_by AS member, lead_time, was_cancelled, last_action,
            NOT was_cancelled AND last_action IN {COUNTED} AS countable
        FROM annotations {_WHERE.format(member="completed_by", at="completed_at")}
    ),
    sorted_out AS (SELECT *, CASE WHEN countable AND lead_time >= 0 THEN lead_time END AS usable FROM mine)
    SELECT member, sum(usable) / 1e6 AS total_time, count(usable) AS usable, median(usable) / 1e6 AS median,
        count_if(countable) AS submitted_annotations, count_if(was_cancelled) AS skipped,
        count_if(NOT was_cancelled AND last_action = 'rejected') AS rejected
    FROM sorted_out GROUP BY member
    """,
    f"""
    SELECT completed_by AS member,
        sum(CASE action WHEN 'accepted' THEN 1000000 WHEN 'fixed_and_accepted' THEN score END) / 1e6 AS scores,
        count_if(action IN ('accepted', 'rejected') OR action = 'fixed_and_accepted' AND score IS NOT NULL) AS scored
    FROM reviews {_WHERE.format(member="completed_by", at="created_at")} GROUP BY member
    """,
    f"""
    SELECT reviewer_id AS member, count_if(action = 'accepted') AS reviews_accepted,
        count_if(action = 'rejected') AS reviews_rejected,
        count_if(action = 'fixed_and_accepted') AS reviews_fixed_and_accepted
    FROM reviews {_WHERE.format(member="reviewer_id", at="created_at")} GROUP BY member
    """,
    f"""
    SELECT user_id AS member, sum(closed_at - opened_at) FILTER (closed_at >= opened_at) / 1e6 AS review_time
    FROM review_visits {_WHERE.format(member="user_id", at="coalesce(closed_at, opened_at)")} GROUP BY member
    """,
)


def ours(store: Store) -> Table:
    """Return the table from the store, as the page asks for it."""
    query = Query(everybody=True, period=PERIOD, timezone=TIMEZONE)
    with store.reading() as reader:
        return read_members(reader, scope(OWNER, query, reader.standing(OWNER, query)), query, COLUMNS)


def by_hand(connection: duckdb.DuckDBPyConnection) -> Table:
    """Return the table from four statements over the same tables."""
    given = {"organization": ORGANIZATION, "start": PERIOD.start, "end": PERIOD.end}
    found: dict[str, dict[str, Any]] = {}
    for statement in _STATEMENTS:
        answer = connection.execute(statement, given)
        names = [column[0] for column in answer.description or ()]
        for member, *values in answer.fetchall():
            row = zip(names[1:], values, strict=True)
            found.setdefault(member, {}).update((key, value) for key, value in row if value is not None)
    return _table(found)


class PandasTable:
    """The table from frames in memory: one selection and one grouping a table."""

    def __init__(self, frames: Pandas) -> None:
        self._frames = frames.frames

    def __call__(self) -> Table:
        """Return the numbers of every member."""
        found: dict[str, dict[str, Any]] = {}
        for part in (self._annotated(), self._reviewed(), self._reviewing(), self._visited()):
            grouped = part.groupby("member", observed=True)
            values = grouped.sum()
            if "total_time" in part:
                values["median"] = grouped["total_time"].median()
            for member, row in values.to_dict("index").items():
                found.setdefault(str(member), {}).update(row)
        return _table(found)

    def _annotated(self) -> pd.DataFrame:
        rows = _within(self._frames.annotations, self._frames.annotations.completed_at)
        countable = ~rows.was_cancelled & rows.last_action.isin(_counted())
        usable = countable & (rows.lead_time >= 0)
        return pd.DataFrame(
            {
                "member": rows.completed_by,
                "total_time": (rows.lead_time / SECONDS).where(usable),
                "usable": usable,
                "submitted_annotations": countable,
                "skipped": rows.was_cancelled,
                "rejected": ~rows.was_cancelled & (rows.last_action == "rejected"),
            }
        )

    def _reviewed(self) -> pd.DataFrame:
        rows = _within(self._frames.reviews, self._frames.reviews.created_at)
        score = (rows.score / SECONDS).where(rows.action == "fixed_and_accepted")
        score = score.mask(rows.action == "accepted", 1.0).mask(rows.action == "rejected", 0.0)
        return pd.DataFrame({"member": rows.completed_by, "scores": score, "scored": score.notna()})

    def _reviewing(self) -> pd.DataFrame:
        rows = _within(self._frames.reviews, self._frames.reviews.created_at)
        taken = {
            f"reviews_{action}": rows.action == action for action in ("accepted", "rejected", "fixed_and_accepted")
        }
        return pd.DataFrame({"member": rows.reviewer_id} | taken)

    def _visited(self) -> pd.DataFrame:
        visits = self._frames.review_visits
        rows = _within(visits, visits.closed_at.fillna(visits.opened_at))
        lasted = (rows.closed_at - rows.opened_at).dt.total_seconds()
        return pd.DataFrame({"member": rows.user_id, "review_time": lasted.where(lasted >= 0)})


def _counted() -> list[str]:
    return [word.strip("' ") for word in COUNTED.strip("()").split(",")]


def _within(frame: pd.DataFrame, instants: "pd.Series[Any]") -> pd.DataFrame:
    start, end = (pd.Timestamp(at, unit="us", tz="UTC") for at in (PERIOD.start, PERIOD.end))
    return frame[(instants >= start) & (instants < end)]


def _table(found: Mapping[str, Mapping[str, Any]]) -> Table:
    shown = {member: numbers(row, bar=False) for member, row in found.items()}
    return {member: {metric.key: row[metric.key] for metric in COLUMNS} for member, row in shown.items()}


def differences(one: Table, other: Table) -> list[str]:
    """Name the numbers in which two tables differ by more than one part in 10⁹."""
    assert one.keys() == other.keys(), one.keys() ^ other.keys()
    pairs = ((member, key, value, other[member][key]) for member, row in one.items() for key, value in row.items())
    return [
        f"{member} {key}: {mine!r} and {theirs!r}"
        for member, key, mine, theirs in pairs
        if (mine is None) != (theirs is None) or abs((mine or 0) - (theirs or 0)) > 1e-9 * max(1, abs(mine or 0))
    ]


def measure(site: Site) -> Iterator[Measure]:
    """Ask everybody for the table in turns, once they agree."""
    pandas = PandasTable(Pandas(load(site.frames)))
    store = open_store(site.address)
    try:
        with duckdb.connect(str(site.beside), read_only=True, config={"memory_limit": "1GB"}) as connection:
            asked: dict[str, Callable[[], Table]] = {
                "perfwidget": lambda: ours(store),
                "pandas in memory": pandas,
                "SQL by hand": lambda: by_hand(connection),
            }
            tables = {name: ask() for name, ask in asked.items()}
            for name, table in tables.items():
                if found := differences(tables["perfwidget"], table):
                    raise AssertionError(f"perfwidget and {name} differ in {len(found)} numbers: {found[:5]}")
            yield from compared(PART, SAYS, in_turns(asked, LEAST))
    finally:
        store.close()

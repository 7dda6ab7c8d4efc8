"""The table of all members over a year: our one question beside pandas and one statement by hand for each table."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import duckdb

from perfwidget import Viewer, open_store
from perfwidget.metrics import BY_MEMBER
from perfwidget.question.access import scope
from perfwidget.question.period import Period
from perfwidget.question.query import Query
from perfwidget.report.reading import told_by
from perfwidget.stores import Store
from tests.benchmarks.by_hand import COUNTED
from tests.benchmarks.frames import load
from tests.benchmarks.measuring import Measure, compared, in_turns
from tests.benchmarks.questions import TIMEZONE
from tests.benchmarks.site import Site
from tests.benchmarks.team_frames import COLUMNS, PandasTable, Table, table
from tests.benchmarks.world import LAST_DAY
from tests.worlds import ORGANIZATION

PART = "team"
SAYS = "all members, one year"
OWNER = Viewer(ORGANIZATION, "boss", "owner")
PERIOD = Period(LAST_DAY - timedelta(days=364), LAST_DAY, TIMEZONE)
LEAST = 3
"""Turns, of which some of a large world take many seconds."""

_WHERE = "WHERE organization_id = $organization AND {member} IS NOT NULL AND {at} >= $start AND {at} < $end"
_STATEMENTS = (
    f"""
    WITH mine AS (
        SELECT completed_by AS member, completed_at, lead_time, was_cancelled, last_action,
            NOT was_cancelled AND last_action IN {COUNTED} AS countable
        FROM annotations {_WHERE.format(member="completed_by", at="completed_at")}
    ),
    sorted_out AS (SELECT *, CASE WHEN countable AND lead_time >= 0 THEN lead_time END AS usable FROM mine)
    SELECT member, sum(usable) / 1e6 AS total_time, count(usable) AS usable, median(usable) / 1e6 AS median,
        count_if(countable) AS submitted_annotations, count_if(was_cancelled) AS skipped,
        count_if(NOT was_cancelled AND last_action = 'rejected') AS rejected,
        max(completed_at) FILTER (was_cancelled OR countable OR last_action = 'rejected') AS worked
    FROM sorted_out GROUP BY member
    """,
    f"""
    SELECT completed_by AS member,
        sum(CASE action WHEN 'accepted' THEN 1000000 WHEN 'fixed_and_accepted' THEN score END) / 1e6 AS scores,
        count_if(action IN ('accepted', 'rejected') OR action = 'fixed_and_accepted' AND score IS NOT NULL) AS scored,
        count_if(action = 'accepted') AS received_accepted, count_if(action = 'rejected') AS received_rejected,
        count_if(action = 'fixed_and_accepted') AS received_fixed_and_accepted
    FROM reviews {_WHERE.format(member="completed_by", at="created_at")} GROUP BY member
    """,
    """
    WITH counted AS (
        SELECT completed_by AS member, annotation_id, review_id, created_at, action FROM reviews
        WHERE organization_id = $organization AND completed_by IS NOT NULL AND created_at < $end
        AND action IN ('accepted', 'rejected', 'fixed_and_accepted')
    ),
    mine AS (SELECT * FROM counted WHERE created_at >= $start)
    SELECT member, count(*) AS firsts, count_if(action <> 'rejected') AS passes
    FROM mine WHERE review_id NOT IN (
        SELECT mine.review_id FROM counted JOIN mine USING (annotation_id) WHERE counted.created_at < mine.created_at
    ) GROUP BY member
    """,
    f"""
    SELECT reviewer_id AS member, count_if(action = 'accepted') AS reviews_accepted,
        count_if(action = 'rejected') AS reviews_rejected,
        count_if(action = 'fixed_and_accepted') AS reviews_fixed_and_accepted,
        count(DISTINCT annotation_id) FILTER (action IN ('accepted', 'rejected', 'fixed_and_accepted'))
            AS annotations_reviewed,
        max(created_at) FILTER (action IN ('accepted', 'rejected', 'fixed_and_accepted')) AS took
    FROM reviews {_WHERE.format(member="reviewer_id", at="created_at")} GROUP BY member
    """,
    f"""
    SELECT user_id AS member, sum(closed_at - opened_at) FILTER (closed_at >= opened_at) / 1e6 AS review_time,
        count_if(closed_at >= opened_at) AS visits,
        median(closed_at - opened_at) FILTER (closed_at >= opened_at) / 1e6 AS visit_median
    FROM review_visits {_WHERE.format(member="user_id", at="coalesce(closed_at, opened_at)")} GROUP BY member
    """,
    f"""
    SELECT created_by AS member, max(created_at) AS wrote
    FROM comments {_WHERE.format(member="created_by", at="created_at")} GROUP BY member
    """,
)


def ours(store: Store) -> Table:
    """Return the table from the store, as the page asks for it."""
    query = Query(everybody=True, period=PERIOD, timezone=TIMEZONE)
    with store.reading() as reader:
        asked = scope(OWNER, query, reader.standing(OWNER, query))
        return told_by(BY_MEMBER, reader.answer(asked, [BY_MEMBER], metrics=COLUMNS), COLUMNS, PERIOD)


def by_hand(connection: duckdb.DuckDBPyConnection) -> Table:
    """Return the table from six statements over the same tables."""
    given = {"organization": ORGANIZATION, "start": PERIOD.start, "end": PERIOD.end}
    found: dict[str, dict[str, Any]] = {}
    for statement in _STATEMENTS:
        answer = connection.execute(statement, given)
        names = [column[0] for column in answer.description or ()]
        for member, *values in answer.fetchall():
            row = zip(names[1:], values, strict=True)
            found.setdefault(member, {}).update((key, value) for key, value in row if value is not None)
    return table(found)


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
    pandas = PandasTable(load(site.frames))
    store = open_store(site.address)
    try:
        with duckdb.connect(str(site.beside), read_only=True, config={"memory_limit": "1GB"}) as connection:
            asked: dict[str, Callable[[], Table]] = {
                "perfwidget": lambda: ours(store),
                "pandas in memory": lambda: pandas(PERIOD),
                "SQL by hand": lambda: by_hand(connection),
            }
            tables = {name: ask() for name, ask in asked.items()}
            for name, each in tables.items():
                if found := differences(tables["perfwidget"], each):
                    raise AssertionError(f"perfwidget and {name} differ in {len(found)} numbers: {found[:5]}")
            yield from compared(PART, SAYS, in_turns(asked, LEAST))
    finally:
        store.close()

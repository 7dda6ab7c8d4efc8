"""From a report of several members to the table of them: the page of it that is asked for, and its small graphs."""

from collections.abc import Mapping, Sequence

from perfwidget.metrics import BY_BUCKET_AND_MEMBER, Metric, Unit
from perfwidget.page.team_table import Markup, team_table
from perfwidget.question.access import ScopedQuery
from perfwidget.question.query import Query
from perfwidget.question.table import Table
from perfwidget.report import Report
from perfwidget.report.team import columns_of, found_members, page_of, read_earlier, read_projects
from perfwidget.stores.reading import Reader

MOST_BARS = 130
"""Bars of a small graph; of more nobody could tell one from the other."""


def team(reader: Reader, asked: ScopedQuery, report: Report, query: Query, question: str, *, leads: bool) -> Markup:
    """Return what a report's table of members shows; the report answers the question."""
    found, counted = found_members(reader, asked.scope, report.members, query.table.search), counted_of(query.table)
    page = page_of(found, query.table)
    ids = [each.user.user_id for each in page.rows]
    bars = _bars(reader, asked, report, ids, counted)
    before = report.previous
    earlier = {} if before is None else read_earlier(reader, asked, before.period, ids)
    opened = None
    if query.table.open in ids:
        opened = read_projects(reader, asked.among([query.table.open]), query, report.period)
    return team_table(report, page, query.table, counted, bars, earlier, question, opened, leads=leads)


def counted_of(table: Table) -> Metric:
    """Return what the small graphs of a tab show: its first count."""
    return next(metric for metric in columns_of(Table(tab=table.tab)) if metric.unit is Unit.COUNT)


def _bars(
    reader: Reader, asked: ScopedQuery, report: Report, members: Sequence[str], counted: Metric
) -> Mapping[str, Sequence[int]]:
    """Map the members on the page to what they did in each bucket of the report. It is empty where these are too
    many."""
    buckets = [point.bucket for point in report.series]
    if not members or len(buckets) > MOST_BARS:
        return {}
    shown = asked.during(report.period).among(members)
    answer = reader.answer(shown, [BY_BUCKET_AND_MEMBER], buckets, metrics=[counted])
    numbers = answer.numbers[BY_BUCKET_AND_MEMBER]
    bars = {member: [0] * len(buckets) for member in members}
    for (place, member), value in zip(numbers.keys, counted.formula.values(numbers.aggregates), strict=True):
        bars[member][place] = int(value or 0)
    return bars

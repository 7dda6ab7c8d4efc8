"""The projects of one member among several, and their numbers in each: those that the project alone would give."""

from collections.abc import Sequence

from perfwidget.metrics import BY_PROJECT, METRICS
from perfwidget.question.access import ScopedQuery
from perfwidget.question.period import Period
from perfwidget.question.previous import previous
from perfwidget.question.query import Query
from perfwidget.report.numbers import ProjectNumbers
from perfwidget.report.team import in_order
from perfwidget.report.values import active_in, told_by
from perfwidget.stores.reading import Reader


def read_projects(reader: Reader, asked: ScopedQuery, query: Query, period: Period) -> Sequence[ProjectNumbers]:
    """Return the projects in which a question's one member has activity in the period, in the order of the table."""
    asked = asked.during(period).apart()
    answer = reader.answer(asked, [BY_PROJECT])
    numbers = told_by(BY_PROJECT, answer, METRICS, period)
    active = active_in(BY_PROJECT, answer, period)
    titles = reader.project_titles(asked.scope, active)
    period_before = previous(period, query.preset) if query.compare else None
    before = {}
    if period_before is not None and active:
        answer = reader.answer(asked.during(period_before), [BY_PROJECT])
        before = told_by(BY_PROJECT, answer, METRICS, period_before, active)
    rows = [ProjectNumbers(each, titles[each], numbers[each], before.get(each)) for each in active]
    return in_order(rows, query.table, lambda each: each.title.casefold())

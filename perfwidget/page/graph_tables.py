"""The numbers of each graph as a table: times as people read them, and the very digits of the report beside them."""

from collections.abc import Sequence
from typing import NamedTuple

from perfwidget.metrics import Number, Unit
from perfwidget.page import formats, words
from perfwidget.page.figures import ANNOTATED, REJECTED, Each, Series, added_up
from perfwidget.report import Report


class Table(NamedTuple):
    """A table of finished texts; the first column names the row, the others hold numbers."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    keys: Sequence[str]
    """The number behind each column, or behind each row where `dated` is false; empty where there is none."""
    dated: bool
    """Whether a row stands for a bucket of the report, so that its numbers speak of that bucket alone."""
    whose: Sequence[str] = ()
    """The member behind each column, by id; none where the numbers are those of all together."""


def by_date(report: Report, shown: Sequence[Series]) -> Table:
    """Return a row for each bucket, oldest first."""
    head, columns, keys = [words.DATE_OF[report.grain]], [formats.buckets(report.period, report.grain)], [""]
    for series in shown:
        head += _names(series, series.metric.label if series.metric.unit is Unit.SECONDS else series.name)
        columns += _columns(series, [point.values[series.key] for point in report.series])
        keys += _keys(series)
    return Table(head, list(zip(*columns, strict=True)), keys, dated=True)


def by_date_of_each(report: Report, shown: Sequence[Each]) -> Table:
    """Return a row for each bucket, and in it what the line of each member shows."""
    head, columns, keys, whose = (
        [words.DATE_OF[report.grain]],
        [formats.buckets(report.period, report.grain)],
        [""],
        [""],
    )
    for place, (name, line) in enumerate(zip(formats.told_apart(report.users), report.lines, strict=True)):
        for each in shown:
            series = each.series(place, name, line.user.user_id)
            titles = _names(series, name if len(shown) == 1 else words.of_member(name, series.metric.label))
            head += titles
            columns += _columns(series, [added_up(each, point) for point in line.series])
            keys += _keys(series)
            whose += [series.whose] * len(titles)
    return Table(head, list(zip(*columns, strict=True)), keys, dated=True, whose=whose)


def of_shares(report: Report) -> Table:
    """Return the annotations of the summary with their shares, and the rejected ones beside them."""
    total = sum(report.values[series.key] or 0 for series in ANNOTATED)
    rows = []
    for series in ANNOTATED:
        number = report.values[series.key] or 0
        rows.append([series.name, formats.exact(number), formats.share(number / total) if total else formats.NO_VALUE])
    rows.append([words.rejected_beside(report.rules), formats.exact(report.values[REJECTED.key]), formats.NO_VALUE])
    return Table(words.SHARES_HEAD, rows, [series.key for series in (*ANNOTATED, REJECTED)], dated=False)


def _names(series: Series, name: str) -> tuple[str, ...]:
    return (name, words.in_seconds(name)) if series.metric.unit is Unit.SECONDS else (name,)


def _keys(series: Series) -> tuple[str, ...]:
    return (series.key, "") if series.metric.unit is Unit.SECONDS else (series.key,)


def _columns(series: Series, numbers: Sequence[Number]) -> list[list[str]]:
    exact = list(map(formats.exact, numbers))
    return [formats.values(series.metric, numbers), exact] if series.metric.unit is Unit.SECONDS else [exact]

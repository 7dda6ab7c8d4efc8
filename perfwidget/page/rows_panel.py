"""The rows behind a number, as the page lists them: what they come to, the longest ones, and each with its task."""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from dash import dcc, html
from dash.development.base_component import Component

from perfwidget.errors import Forbidden, InvalidQuery
from perfwidget.facts import Annotation, Comment, Review
from perfwidget.facts.columns import FIRST_INSTANT, MICROSECONDS, MILLIONTHS
from perfwidget.metrics import Unit
from perfwidget.page import formats, row_words, words
from perfwidget.page.answer import read
from perfwidget.page.components import aria
from perfwidget.page.context import PageContext
from perfwidget.page.formats import shown
from perfwidget.question import access
from perfwidget.question.period import zone
from perfwidget.report.drilldown import PAGE, RowsBehind, read_rows
from perfwidget.settings import TaskLink
from perfwidget.stores.listing import ListedRow, Order


class Opened(NamedTuple):
    """Which rows to open, and how, which the address says; without an order, the number's own is taken."""

    question: str
    order: Order | None
    descending: bool
    page: int


def opened_rows(context: PageContext, sought: Any) -> list[Component]:
    """Return the panel of the rows behind a number, for the viewer of the current request.

    `sought` holds the question, which says the number and the day, order, direction and page as well. Raises
    InvalidQuery for anything else, Forbidden and StoreUnavailable.
    """
    opened = _read(sought)
    query = read(context, opened.question)
    if query.rows is None:
        raise InvalidQuery("The address names no number whose rows are to be shown; choose one on the page.")
    if not context.offers("rows"):
        raise Forbidden("Your role may not see the rows behind the numbers here; ask your administrator.")
    viewer = context.viewer()
    with context.store.reading() as reader:
        asked = access.scope(viewer, query, reader.standing(viewer, query), context.rules)
        own = Order.QUANTITY if query.rows.metric.unit is Unit.SECONDS else Order.TIME  # the longest, the latest first
        order = opened.order or own
        listed = read_rows(reader, asked, query, query.rows, order, descending=opened.descending, page=opened.page)
    return panel(listed, opened.question, context.task_link)


def _read(sought: Any) -> Opened:
    question = sought.get("question") if isinstance(sought, dict) else None
    if not isinstance(question, str):
        raise InvalidQuery("The question is malformed; load the page again.")
    given = parse_qsl(question)
    how = {name: value for name, value in given if name in ("rows_sort", "rows_page")}
    sort, page = how.get("rows_sort", "-"), how.get("rows_page", "1")
    order = sort.removeprefix("-")
    if order not in ("", *Order) or not re.fullmatch("[1-9][0-9]{0,5}", page):
        raise InvalidQuery("The rows are to be sorted by what there is not, or their page is none; choose on the page.")
    asked = urlencode([each for each in given if each[0] not in how], safe="/@")
    return Opened(asked, Order(order) if order else None, sort.startswith("-"), int(page))


def panel(listed: RowsBehind, question: str, link: TaskLink | None) -> list[Component]:
    """Return the panel: its head, what the rows come to, and the rows; `question` is that of the page's address."""
    if not listed.tally.rows:
        return [_head(listed), html.P(row_words.NO_ROWS, className="rows-about")]
    named = aria(labelledby="rows-title")
    parts = [_head(listed), html.P(_about(listed), className="rows-about", role="status")]
    if listed.long is not None:
        said = row_words.longest(listed.long.annotations, listed.tally.usable, formats.share(listed.long.share))
        parts.append(html.P(said, className="rows-long"))
    return [
        *parts,
        html.Div(_table(listed, question, link), className="rows-table", tabIndex="0", role="region", **named),
        _foot(listed, question),
    ]


def _head(listed: RowsBehind) -> Component:
    when = formats.period(listed.period)
    return html.H2([listed.metric.label, html.Span(when, className="rows-when")], id="rows-title", tabIndex="-1")


def _about(listed: RowsBehind) -> list[Any]:
    metric, number = listed.metric, listed.number
    parts: list[Any] = [html.Strong(formats.value(metric, number))]
    if number is not None and metric.unit is not Unit.COUNT:
        parts += [" = ", words.exactly(formats.exact(number), metric.unit)]
    return [*parts, words.BETWEEN, row_words.listed(listed.tally.rows, metric.rows.scan.fact), ". ", metric.definition]


class _Column(NamedTuple):
    order: Order
    name: str
    cell: Callable[[ListedRow, RowsBehind, TaskLink | None], Any]


def _columns(listed: RowsBehind) -> Sequence[_Column]:
    fact = listed.metric.rows.scan.fact
    columns = [
        _Column(Order.TIME, row_words.TIME, _time),
        _Column(Order.PROJECT, row_words.PROJECT, _project),
        _Column(Order.TASK, row_words.TASK, _task),
    ]
    if fact is Annotation:
        columns.append(_Column(Order.ACTION, row_words.LAST_ACTION, _action))
        columns.append(_Column(Order.QUANTITY, row_words.LEAD_TIME, _lasted))
    elif fact is Review:
        columns.append(_Column(Order.ACTION, row_words.REVIEW, _action))
        columns.append(_Column(Order.QUANTITY, row_words.SCORE, _score))
    elif fact is Comment:
        columns.append(_Column(Order.ACTION, row_words.COMMENT, _said))
    else:
        columns.append(_Column(Order.QUANTITY, row_words.DURATION, _lasted))
    return columns


def _table(listed: RowsBehind, question: str, link: TaskLink | None) -> html.Table:
    columns = _columns(listed)
    body = [html.Tr([html.Td(column.cell(row, listed, link)) for column in columns]) for row in listed.rows]
    parts = [html.Thead(html.Tr([_sorter(column, listed, question) for column in columns])), html.Tbody(body)]
    if listed.metric.rows.scan.fact is not Comment:
        name = html.Th(row_words.ALL_ROWS, colSpan=len(columns) - 1, scope="row")
        parts.append(html.Tfoot(html.Tr([name, _sums(listed)])))
    return html.Table(parts)


def _sorter(column: _Column, listed: RowsBehind, question: str) -> html.Th:
    current = column.order is listed.order
    first = column.order in (Order.TIME, Order.QUANTITY)  # the latest and the longest first, names from A to Z
    descending = not listed.descending if current else first
    arrow = html.Span(("↓" if listed.descending else "↑") if current else "", className="arrow", **aria(hidden="true"))
    link = dcc.Link(
        [column.name, arrow],
        id=f"rows-by-{column.order.value}",
        href=_address(question, column.order, 1, descending=descending),
        title=row_words.SORT,
    )
    if not current:
        return html.Th(link, scope="col")
    return html.Th(link, scope="col", **aria(sort="descending" if listed.descending else "ascending"))


def _address(question: str, order: Order, page: int, *, descending: bool) -> str:
    """Return the address of the page with these rows in another order, or on another page."""
    how = [("rows_sort", f"{'-' if descending else ''}{order.value}"), ("rows_page", str(page))]
    return f"?{urlencode(parse_qsl(question) + how, safe='/@:')}"


def _time(row: ListedRow, listed: RowsBehind, _link: TaskLink | None) -> html.Time:
    moment = (FIRST_INSTANT + timedelta(microseconds=row.instant)).astimezone(zone(listed.period.timezone))
    return html.Time(formats.moment(moment), dateTime=moment.isoformat(), title=moment.isoformat())


def _project(row: ListedRow, *_: Any) -> str:
    return shown(row.project_title) or shown(row.project_id) or "?"


def _task(row: ListedRow, _listed: RowsBehind, link: TaskLink | None) -> Any:
    if row.task_id is None:
        return formats.NO_VALUE
    task = shown(row.task_id) or row_words.UNSEEN
    if link is None:
        return task
    href = link(row.project_id, row.task_id, row.annotation_id)
    return html.A(task, href=href, target="_blank", rel="noopener", title=row_words.open_task(shown(row.annotation_id)))


def _action(row: ListedRow, *_: Any) -> str:
    return row_words.ACTIONS.get(row.action or "", shown(row.action))


def _said(row: ListedRow, *_: Any) -> str:
    return shown(row.action) or formats.NO_VALUE


def _lasted(row: ListedRow, *_: Any) -> Any:
    if row.quantity is None:
        return row_words.INVALID_TIME if row.given else formats.NO_VALUE
    seconds = row.quantity / MICROSECONDS
    text = html.Span(formats.duration(seconds), title=words.exactly(formats.exact(seconds), Unit.SECONDS))
    return [html.Span(row_words.LONG, className="long"), " ", text] if row.long else text


def _score(row: ListedRow, *_: Any) -> Any:
    if row.quantity is None:
        return formats.NO_VALUE
    score = row.quantity / MILLIONTHS
    return html.Span(formats.share(score), title=words.exactly(formats.exact(score), Unit.SHARE))


def _sums(listed: RowsBehind) -> html.Td:
    """Return what the rows come to, worked out of the rows."""
    tally = listed.tally
    if not tally.usable or tally.middle is None:
        return html.Td(formats.NO_VALUE)
    if listed.metric.rows.scan.fact is Review:
        mean = tally.total / (tally.usable * MILLIONTHS)
        return html.Td(_sum(row_words.MEAN, formats.share(mean), formats.exact(mean), Unit.SHARE))
    numbers = (
        (row_words.SUM, tally.total / MICROSECONDS),
        (row_words.MEDIAN, tally.middle / (2 * MICROSECONDS)),
        (row_words.MEAN, tally.total / (tally.usable * MICROSECONDS)),
    )
    return html.Td([_sum(name, formats.duration(value), formats.exact(value), Unit.SECONDS) for name, value in numbers])


def _sum(name: str, text: str, exact: str, unit: Unit) -> html.Div:
    return html.Div([html.Span(name, className="sum"), html.Span(text, title=words.exactly(exact, unit))])


def _foot(listed: RowsBehind, question: str) -> html.Div:
    first = (listed.page - 1) * PAGE + 1
    place = row_words.rows_shown(first, first + len(listed.rows) - 1, listed.tally.rows)
    turns = [
        _turn("rows-previous", row_words.PREVIOUS, listed, question, listed.page - 1),
        html.Span(place),
        _turn("rows-next", row_words.NEXT, listed, question, listed.page + 1),
    ]
    return html.Div(
        [html.Div(turns, className="turns"), html.A(row_words.DOWNLOAD, href=_download(listed, question))],
        className="rows-foot",
    )


def _turn(name: str, text: str, listed: RowsBehind, question: str, page: int) -> Component:
    if not 1 <= page <= listed.pages:
        return html.Span(text, id=name, className="turn", tabIndex="-1", **aria(disabled="true"))
    href = _address(question, listed.order, page, descending=listed.descending)
    return dcc.Link(text, id=name, className="turn", href=href)


def _download(listed: RowsBehind, question: str) -> str:
    asked = [(name, value) for name, value in parse_qsl(question) if name not in ("rows", "grain")]
    asked += [("grain", listed.grain.value), ("metric", listed.metric.key), ("csv", "excel")]
    if listed.behind.day is not None:
        asked.append(("date", listed.behind.day.isoformat()))
    return f"./export/rows.csv?{urlencode(asked)}"

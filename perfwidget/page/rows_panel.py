"""The rows behind a number, as the page lists them: what they come to, the longest ones, and each with its task."""

import re
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from dash import dcc, html
from dash.development.base_component import Component

from perfwidget.errors import Forbidden, InvalidQuery
from perfwidget.facts import Comment, Review
from perfwidget.facts.columns import MICROSECONDS, MILLIONTHS
from perfwidget.metrics import Unit
from perfwidget.page import formats, row_words, words
from perfwidget.page.answer import read
from perfwidget.page.components import aria
from perfwidget.page.context import PageContext
from perfwidget.page.row_cells import Column, columns_of
from perfwidget.question import access
from perfwidget.report.drilldown import PAGE, RowsBehind, read_rows
from perfwidget.settings import TaskLink
from perfwidget.stores.listing import Order


class Opened(NamedTuple):
    """Which rows to open, and how, which the address says; without an order, the number's own is taken."""

    question: str
    """That of the page's address."""
    user: str | None
    """The one member of a page of several whose rows are meant."""
    project: str | None
    """The one project of theirs that is meant, likewise."""
    order: Order | None
    descending: bool
    page: int

    @property
    def asked(self) -> str:
        """The question about whose rows they are."""
        told = {"user": ("user", "members"), "project": ("project",)}
        meant = [(name, value) for name, value in (("user", self.user), ("project", self.project)) if value is not None]
        others = {"rows_user", "rows_project"}.union(*(told[name] for name, _ in meant))
        return urlencode([*meant, *(each for each in parse_qsl(self.question) if each[0] not in others)], safe="/@")


def opened_rows(context: PageContext, sought: Any) -> list[Component]:
    """Return the panel of the rows behind a number, for the viewer of the current request.

    `sought` holds the question, which says the number and the day, order, direction and page as well. Raises
    InvalidQuery for anything else, Forbidden and StoreUnavailable.
    """
    opened = _read(sought)
    query = read(context, opened.asked)
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
    return panel(listed, opened, context.task_link)


def _read(sought: Any) -> Opened:
    question = sought.get("question") if isinstance(sought, dict) else None
    if not isinstance(question, str):
        raise InvalidQuery("The question is malformed; load the page again.")
    given = parse_qsl(question)
    how = {name: value for name, value in given if name in ("rows_sort", "rows_page")}
    user, project = (next((value for name, value in given if name == of), None) for of in ("rows_user", "rows_project"))
    sort, page = how.get("rows_sort", "-"), how.get("rows_page", "1")
    order = sort.removeprefix("-")
    if order not in ("", *Order) or not re.fullmatch("[1-9][0-9]{0,5}", page):
        raise InvalidQuery("The rows are to be sorted by what there is not, or their page is none; choose on the page.")
    asked = urlencode([each for each in given if each[0] not in how], safe="/@")
    return Opened(asked, user, project, Order(order) if order else None, sort.startswith("-"), int(page))


def panel(listed: RowsBehind, opened: Opened, link: TaskLink | None) -> list[Component]:
    """Return the panel: its head, what the rows come to, and the rows."""
    if not listed.tally.rows:
        return [_head(listed, opened), html.P(row_words.NO_ROWS, className="rows-about")]
    named = aria(labelledby="rows-title")
    parts = [_head(listed, opened), html.P(_about(listed), className="rows-about", role="status")]
    if listed.long is not None:
        said = row_words.longest(listed.long.annotations, listed.tally.usable, formats.share(listed.long.share))
        parts.append(html.P(said, className="rows-long"))
    look = "rows-table comments" if listed.metric.rows.scan.fact is Comment else "rows-table"
    return [
        *parts,
        html.Div(_table(listed, opened.question, link), className=look, tabIndex="0", role="region", **named),
        _foot(listed, opened),
    ]


def _head(listed: RowsBehind, opened: Opened) -> Component:
    named = [] if opened.user is None else [formats.member_name(*listed.people.values())]
    if opened.project is not None:
        title = listed.rows[0].project_title if listed.rows else ""
        named.append(formats.shown(title) or formats.shown(opened.project))
    when = words.BETWEEN.join([*named, formats.period(listed.period)])
    return html.H2([listed.metric.label, html.Span(when, className="rows-when")], id="rows-title", tabIndex="-1")


def _about(listed: RowsBehind) -> list[Any]:
    metric, number = listed.metric, listed.number
    parts: list[Any] = [html.Strong(formats.value(metric, number))]
    if number is not None and metric.unit is not Unit.COUNT:
        parts += [" = ", words.exactly(formats.exact(number), metric.unit)]
    return [*parts, words.BETWEEN, row_words.listed(listed.tally.rows, metric.rows.scan.fact), ". ", metric.definition]


def _table(listed: RowsBehind, question: str, link: TaskLink | None) -> html.Table:
    columns = columns_of(listed)
    body = [html.Tr([html.Td(column.cell(row, listed, link)) for column in columns]) for row in listed.rows]
    parts = [html.Thead(html.Tr([_sorter(column, listed, question) for column in columns])), html.Tbody(body)]
    if listed.metric.rows.scan.fact is not Comment:
        name = html.Th(row_words.ALL_ROWS, colSpan=len(columns) - 1, scope="row")
        parts.append(html.Tfoot(html.Tr([name, _sums(listed)])))
    return html.Table(parts)


def _sorter(column: Column, listed: RowsBehind, question: str) -> html.Th:
    if column.order is None:
        return html.Th(column.name, scope="col")
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


def _foot(listed: RowsBehind, opened: Opened) -> html.Div:
    question = opened.question
    first = (listed.page - 1) * PAGE + 1
    place = row_words.rows_shown(first, first + len(listed.rows) - 1, listed.tally.rows)
    turns = [
        _turn("rows-previous", row_words.PREVIOUS, listed, question, listed.page - 1),
        html.Span(place),
        _turn("rows-next", row_words.NEXT, listed, question, listed.page + 1),
    ]
    return html.Div(
        [html.Div(turns, className="turns"), html.A(row_words.DOWNLOAD, href=_download(listed, opened.asked))],
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

"""The columns of the rows behind a number, and what each row says in them."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from dash import html

from perfwidget.facts import Annotation, Comment, Review
from perfwidget.facts.columns import FIRST_INSTANT, MICROSECONDS, MILLIONTHS
from perfwidget.metrics import Unit
from perfwidget.page import formats, row_words, words
from perfwidget.page.formats import shown
from perfwidget.question.period import zone
from perfwidget.report.drilldown import RowsBehind
from perfwidget.settings import TaskLink
from perfwidget.stores.listing import ListedRow, Order


class Column(NamedTuple):
    """A column: what it is sorted by, if it can be, its name, and the cell of a row."""

    order: Order | None
    name: str
    cell: Callable[[ListedRow, RowsBehind, TaskLink | None], Any]


def columns_of(listed: RowsBehind) -> Sequence[Column]:
    """Return the columns of some rows; whose each is, where these are several members'."""
    fact = listed.metric.rows.scan.fact
    columns = [
        Column(Order.TIME, row_words.TIME, _time),
        *([Column(None, row_words.MEMBER, _member)] if listed.several else []),
        Column(Order.PROJECT, row_words.PROJECT, _project),
        Column(Order.TASK, row_words.TASK, _task),
    ]
    if fact is Annotation:
        columns.append(Column(Order.ACTION, row_words.LAST_ACTION, _action))
        columns.append(Column(Order.QUANTITY, row_words.LEAD_TIME, _lasted))
    elif fact is Review:
        columns.append(Column(Order.ACTION, row_words.REVIEW, _action))
        columns.append(Column(Order.QUANTITY, row_words.SCORE, _score))
    elif fact is Comment:
        columns.append(Column(Order.ACTION, row_words.COMMENT, _said))
    else:
        columns.append(Column(Order.QUANTITY, row_words.DURATION, _lasted))
    return columns


def _time(row: ListedRow, listed: RowsBehind, _link: TaskLink | None) -> html.Time:
    moment = (FIRST_INSTANT + timedelta(microseconds=row.instant)).astimezone(zone(listed.period.timezone))
    return html.Time(formats.moment(moment), dateTime=moment.isoformat(), title=moment.isoformat())


def _member(row: ListedRow, listed: RowsBehind, _link: TaskLink | None) -> html.Span:
    user = listed.people[row.member_id]
    return html.Span(formats.member_name(user), title=formats.member_email(user) or None)


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

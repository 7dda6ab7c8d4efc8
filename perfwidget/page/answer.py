"""From a question to all that the page shows: parse, ask, draw. A part that fails says so and the others stay."""

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from dash import html

from perfwidget.errors import InvalidQuery
from perfwidget.page import formats, ids, words
from perfwidget.page.cards import cards, folded, question_of, spoken
from perfwidget.page.context import PageContext
from perfwidget.page.control_words import EXPORTS
from perfwidget.page.heading import Clock, clock, freshness, heading, kept_since, late_notice, whom
from perfwidget.page.panels import (
    ANNOTATION_SUMMARY,
    ANNOTATIONS,
    PANELS,
    REVIEWS,
    TIME_PER_ANNOTATION,
    TIME_REVIEWED,
    TOTAL_TIME,
    Panel,
    legend,
    never_filled,
    shares,
    shown,
)
from perfwidget.page.team import counted_of, team
from perfwidget.question import access
from perfwidget.question.access import ScopedQuery
from perfwidget.question.period import zone
from perfwidget.question.query import Query
from perfwidget.report import Report, read_report, resolved_period
from perfwidget.stores.reading import Reader

log = logging.getLogger(__name__)

MOST_PARAMETERS = 4_096

_EXPORTS = {ids.export(file): f"export/{file}?{'csv=excel&' if file.endswith('csv') else ''}" for file in EXPORTS}
"""The links to files, and what they begin with: on the page, for people's spreadsheets."""

_NAMED = (ANNOTATIONS, TOTAL_TIME, TIME_PER_ANNOTATION)
"""The panels whose legend names the looks alone."""

Shown = dict[tuple[str, str], Any]
"""What an answer puts into the page, by the component's id and its property."""


def ask(context: PageContext, question: Any, table: Any = "") -> Shown:
    """Answer a question, written as the query of an address, for the viewer of the current request.

    `table` says in the same way what of the table of members is shown.

    Raises InvalidQuery, Forbidden and StoreUnavailable, each with its sentence for people.
    """
    query = read(context, f"{question}&{table}" if isinstance(question, str) and table else question)
    viewer = context.viewer()
    leads = context.offers("rows")
    with context.store.reading() as reader:
        asked = access.scope(viewer, query, reader.standing(viewer, query), context.rules)
        report = read_report(reader, asked, query, earlier_members=False)
        members = _members(reader, asked, report, query, question, leads=leads)
        fresh = freshness(reader, viewer.organization_id, asked.projects)
        news = context.news.mark(reader, asked, query, report.period, fresh)
        unfinished = [words.UNFINISHED_COPY] if reader.unfinished_copy else []
    now = datetime.now(UTC)
    as_of = fresh.as_of if fresh and fresh.complete else now
    parts = show(report, context.review_time_since, now, question if leads else None, as_of)
    notices = [*context.store.notices, *unfinished, *kept_since(report)]
    if query.grain not in (None, report.grain):
        notices.append(words.TOO_LONG.format(words.PER[query.grain], words.PER[report.grain]))
    told = {
        "question": question,
        "notices": notices,
        "news": news,
    }
    late = _said(late_notice(fresh, now, context.late_after, query.timezone), context.notice())
    return {
        **parts,
        **{(link, "href"): f"{context.prefix()}{file}{question}" for link, file in _EXPORTS.items()},
        (ids.TEAM, "content"): members,
        (ids.NEIGHBOURS, "content"): [],
        (ids.TEAM, "address"): f"?{question_of(question)}",
        (ids.ANSWER, "data"): {**parts[ids.ANSWER, "data"], **told},
        (ids.LATE, "data"): late,
        (ids.PROBLEM, "data"): None,
    }


def ask_members(context: PageContext, sought: Any) -> list[Any]:
    """Return the table of members alone, where nothing else of the page changes; raises what `ask` raises.

    Of the numbers of days only those are read that the table shows. `sought` holds the page's question and what of the
    table is asked for.
    """
    match sought:
        case {"question": str(question), "table": str(table)}:
            query = read(context, f"{question}&{table}")
        case _:
            raise InvalidQuery("The question is malformed; load the page again.")
    viewer = context.viewer()
    with context.store.reading() as reader:
        asked = access.scope(viewer, query, reader.standing(viewer, query), context.rules)
        report = read_report(reader, asked, query, series=[counted_of(query.table)], earlier_members=False)
        return _members(reader, asked, report, query, question, leads=context.offers("rows"))


def _members(
    reader: Reader, asked: ScopedQuery, report: Report, query: Query, question: str, *, leads: bool
) -> list[Any]:
    """Return the table of members; nothing of one member."""
    if not report.several:
        return []
    return _guarded("members", lambda: team(reader, asked, report, query, question, leads=leads))


class Look(NamedTuple):
    """What an open page learns: a mark that differs once there are other facts, and how old these are."""

    news: str | None
    late: str
    clock: Clock | None


def look(context: PageContext, question: Any) -> Look:
    """Say for an open page how fresh the facts are; raises what `ask` raises."""
    query = read(context, question)
    viewer = context.viewer()
    with context.store.reading() as reader:
        asked = access.scope(viewer, query, reader.standing(viewer, query))
        fresh = freshness(reader, viewer.organization_id, asked.projects)
        news = context.news.mark(reader, asked, query, resolved_period(reader, asked, query), fresh)
    if news is None:
        return Look(None, context.notice(), None)
    now = datetime.now(UTC)
    as_of = fresh.as_of if fresh and fresh.complete else now
    late = _said(late_notice(fresh, now, context.late_after, query.timezone), context.notice())
    return Look(news, late, clock(as_of.astimezone(zone(query.timezone)), now))


def _said(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def read(context: PageContext, question: Any) -> Query:
    """Parse a question as the page sends it; raises InvalidQuery."""
    if not isinstance(question, str):
        raise InvalidQuery("The question is malformed; load the page again.")
    try:
        given = parse_qs(question, max_num_fields=MOST_PARAMETERS)
    except ValueError:
        raise InvalidQuery(f"At most {MOST_PARAMETERS:,} parameters are read; choose fewer projects.") from None
    return context.parse(given)


def show(
    report: Report,
    review_time_since: date,
    now: datetime,
    question: str | None = None,
    as_of: datetime | None = None,
) -> Shown:
    """Draw the report that answers a question; `now` is the instant of the answer, `as_of` that of its facts.

    Without the question the numbers do not lead to their rows.
    """
    as_of = (as_of or now).astimezone(zone(report.period.timezone))
    time = clock(as_of, now)
    drawn = [(panel, shown(panel, report)) for panel in PANELS]
    never = never_filled(report)
    dates = [point.bucket.first.isoformat() for point in report.series]
    begins, ends = report.period.written
    return {
        (ids.HEADING, "children"): heading(report, question),
        (ids.AS_OF, "children"): time.text,
        (ids.AS_OF, "dateTime"): time.instant,
        (ids.AS_OF, "title"): time.title,
        (ids.CARDS, "children"): _guarded("cards", lambda: cards(report, question)),
        (ANNOTATION_SUMMARY.legend, "children"): _guarded("shares", lambda: shares(report, question)),
        **{(panel.legend, "children"): _legend(panel, report) for panel in _NAMED},
        (TIME_REVIEWED.legend, "children"): _guarded("visits", lambda: visits(report, review_time_since, question)),
        (REVIEWS.legend, "children"): _guarded("reviewing", lambda: reviewing(report, question)),
        (ids.NOTES, "children"): _guarded(
            "notes", lambda: folded(report, question, [words.PANELS[panel.name][0] for panel in never])
        ),
        (ids.READINGS, "data"): next(dict(each.figures) for panel, each in drawn if panel is TOTAL_TIME),
        (ids.DATES, "first"): formats.end(begins),
        (ids.DATES, "last"): formats.end(ends),
        (ids.DATES, "days"): {"first": begins, "last": ends},
        **{(panel.graph, "figure"): each.figures.get("") for panel, each in drawn if panel is not TOTAL_TIME},
        **{(panel.message, "children"): each.message for panel, each in drawn},
        **{(panel.message, "className"): "message never" if panel in never else "message" for panel in PANELS},
        (ids.ANSWER, "data"): {
            "members": [formats.option(each.user_id, words.member_option(each)) for each in report.users],
            "name": whom(report),
            "several": report.several,
            "lines": bool(report.lines),
            "from": begins,
            "to": ends,
            "time": f"{as_of:%H:%M}",
            "what": words.whose(whom(report), report.period),
            "dates": dates,
            "leads": question is not None,
        },
    }


def _legend(panel: Panel, report: Report) -> list[Any]:
    return _guarded("legend", lambda: legend(panel, report))


def reviewing(report: Report, question: str | None) -> list[html.Span]:
    """Return the legend of the reviews that the member took, and what else they did as a reviewer."""
    line = spoken(("annotations_reviewed", "comments_added"), report, question)
    return [*legend(REVIEWS, report), *([html.Span(line)] if line else [])]


def visits(report: Report, since: date, question: str | None) -> list[Any]:
    """Return what stands above the graph of review time: times per visit, and since when there are any."""
    line = spoken(("review_time_median", "review_time_average"), report, question)
    notice = review_time_notice(report, since)
    return [*legend(TIME_REVIEWED, report), *(html.Span(part) for part in (line, notice) if part)]


def review_time_notice(report: Report, since: date) -> str | None:
    """Return a notice where the period begins before review time was recorded: by the platform, or by this source."""
    if "review_visits" not in report.recorded:
        return None
    recorded = report.recorded["review_visits"]
    if recorded is not None:
        instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=recorded)
        since = max(since, instant.astimezone(zone(report.period.timezone)).date())
    return words.review_time_since(since) if report.period.first < since else None


def _guarded(part: str, build: Callable[[], list[Any]]) -> list[Any]:
    try:
        return build()
    except Exception:
        log.exception("The %s could not be shown.", part)
        return [words.PART_FAILED]


OUTPUTS: Sequence[tuple[str, str]] = (
    (ids.HEADING, "children"),
    (ids.AS_OF, "children"),
    (ids.AS_OF, "dateTime"),
    (ids.AS_OF, "title"),
    (ids.CARDS, "children"),
    (ANNOTATION_SUMMARY.legend, "children"),
    *((panel.legend, "children") for panel in _NAMED),
    (TIME_REVIEWED.legend, "children"),
    (REVIEWS.legend, "children"),
    (ids.NOTES, "children"),
    (ids.TEAM, "content"),
    (ids.NEIGHBOURS, "content"),
    (ids.TEAM, "address"),
    (ids.READINGS, "data"),
    (ids.DATES, "first"),
    (ids.DATES, "last"),
    (ids.DATES, "days"),
    *((panel.graph, "figure") for panel in PANELS if panel is not TOTAL_TIME),
    *((panel.message, prop) for panel in PANELS for prop in ("children", "className")),
    *((link, "href") for link in _EXPORTS),
    (ids.LATE, "data"),
    (ids.PROBLEM, "data"),
    (ids.ANSWER, "data"),
)
"""Every component and property that an answer sets."""

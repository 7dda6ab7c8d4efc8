"""From a question to all that the page shows: parse, ask, draw. A part that fails says so and the others stay."""

import logging
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from perfwidget.dashboard import formats, ids, words
from perfwidget.dashboard.cards import cards
from perfwidget.dashboard.choices import member_option
from perfwidget.dashboard.context import PageContext
from perfwidget.dashboard.heading import clock, heading
from perfwidget.dashboard.labels import member_name
from perfwidget.dashboard.legends import shares
from perfwidget.dashboard.notes import notes
from perfwidget.dashboard.panels import ANNOTATION_SUMMARY, PANELS, REVIEW_TIME_PANEL, shown
from perfwidget.errors import InvalidQuery
from perfwidget.question import access
from perfwidget.question.period import zone
from perfwidget.question.query import Query
from perfwidget.report import Report, read_report
from perfwidget.report.freshness import Freshness, freshness

log = logging.getLogger(__name__)

MOST_PARAMETERS = 4_096


def ask(context: PageContext, question: Any) -> dict[str, Any]:
    """Answer a question, written as the query of an address, for the viewer of the current request.

    Raises InvalidQuery, Forbidden and StoreUnavailable, each with its sentence for people.
    """
    query = read(context, question)
    viewer = context.viewer()
    with context.place(), context.store.reading() as reader:
        report = read_report(reader, access.scope(viewer, query, reader.standing(viewer, query), context.rules), query)
        fresh = freshness(reader, viewer.organization_id)
    now = datetime.now(UTC)
    as_of = fresh.as_of if fresh and fresh.complete else now
    answer = show(report, context.review_time_since, now, question if context.offers("rows") else None, as_of)
    late = late_notice(fresh, now, context.late_after, query.timezone)
    told = {"notices": list(context.store.notices), "question": question, "late": late}
    return {**answer, **told, "news": fresh.news if fresh else None}


def news(context: PageContext, query: Query) -> dict[str, Any]:
    """Return whether the facts have changed since an answer, as of when they are, and a sentence if they are late."""
    viewer = context.viewer()
    with context.store.reading() as reader:
        access.scope(viewer, query, reader.standing(viewer, query))
        fresh = freshness(reader, viewer.organization_id)
    if fresh is None:
        return {"news": None}
    now = datetime.now(UTC)
    late = late_notice(fresh, now, context.late_after, query.timezone)
    as_of = fresh.as_of if fresh.complete else now
    return {"news": fresh.news, "late": late, "clock": clock(as_of.astimezone(zone(query.timezone)), now)}


def late_notice(fresh: Freshness | None, now: datetime, after: int, timezone: str) -> str:
    """Return the sentence for facts that are older than they should be, or not complete yet; or nothing."""
    if fresh is not None and not fresh.complete:
        return words.FIRST_READING
    if fresh is None or not fresh.late(now, after):
        return ""
    return words.late(formats.moment(fresh.as_of.astimezone(zone(timezone))).rpartition(":")[0])


def read(context: PageContext, question: Any) -> Query:
    """Parse a question as the page's script sends it; raises InvalidQuery."""
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
) -> dict[str, Any]:
    """Draw the report that answers a question; `now` is the instant of the answer, `as_of` that of its facts.

    What is within parts of the page stands under the ids of these parts; the rest is what the script goes by. Without
    the question the numbers do not lead to their rows.
    """
    as_of = (as_of or now).astimezone(zone(report.period.timezone))
    return {
        "parts": {
            ids.HEADING: heading(report, as_of, now),
            ids.CARDS: _guarded("cards", lambda: cards(report, question)),
            ids.legend(ANNOTATION_SUMMARY): _guarded("shares", lambda: shares(report, question)),
            ids.legend(REVIEW_TIME_PANEL): review_time_notice(report, review_time_since),
            ids.NOTES: _guarded("notes", lambda: notes(report, question)),
        },
        "member": member_option(report.user),
        "name": member_name(report.user),
        "from": report.period.first.isoformat(),
        "to": report.period.last.isoformat(),
        "time": f"{as_of:%H:%M}",
        "what": words.whose(member_name(report.user), report.period),
        "dates": [point.bucket.first.isoformat() for point in report.series],
        "leads": question is not None,
        "panels": {panel.name: shown(panel, report) for panel in PANELS},
    }


def review_time_notice(report: Report, since: date) -> str | None:
    """Return the notice of a period that begins before review time was recorded; `since` is the host's setting."""
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

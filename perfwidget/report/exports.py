"""What leaves as a file: reports, timelines, comments and the rows behind a number. The package's only CSV writer."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from perfwidget.facts import Annotation, Comment, Fact, Review, ReviewVisit
from perfwidget.facts.columns import FIRST_INSTANT, MICROSECONDS, MILLIONTHS, Kind
from perfwidget.metrics import TIMELINE, Number, Rows
from perfwidget.question.period import Period
from perfwidget.question.pseudonyms import Named
from perfwidget.report import Report
from perfwidget.stores.listing import columns_of
from perfwidget.stores.schema import MENTIONED

_INTEGER = re.compile("-?[0-9]+")
_SAFE_NUMBER = re.compile("0|-?[1-9][0-9]{0,14}")
"""Whole numbers that a spreadsheet shows with the same digits."""
_SEPARATOR = re.compile("\r\n|[,;|\t\r\n]")
_FORMULA_STARTS = frozenset("=+-@|%\t\r\n\0")

FOR_EXCEL = "\ufeffsep=,\r\n"
"""What a file begins with by which Excel reads its letters and its columns rightly, wherever it runs."""


def guarded(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: what might be one gets a leading apostrophe.

    A cell may begin where the text does, and behind whatever a spreadsheet may split a line at. Its first visible
    character decides, full-width twins included. An apostrophe gets one more at these places. So taking one away again
    at each of them always restores the text.
    """
    begins = [0, *(found.end() for found in _SEPARATOR.finditer(text))]
    pieces = (text[begin:end] for begin, end in pairwise([*begins, len(text)]))
    return "".join(
        f"'{piece}" if _may_be_formula(text, begin) else piece for begin, piece in zip(begins, pieces, strict=True)
    )


def _may_be_formula(text: str, begin: int) -> bool:
    if text.startswith("'", begin):
        return True
    visible = (text[place] for place in range(begin, len(text)))
    first = next((each for each in visible if each in "\t\r\n\0" or not _invisible(each)), "")
    return first in _FORMULA_STARTS or unicodedata.normalize("NFKC", first)[:1] in _FORMULA_STARTS - {""}


def _invisible(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Zs")


def text_cell(text: str) -> str:
    """Return a text as a quoted cell that no spreadsheet takes for a formula."""
    return '"' + guarded(text).replace('"', '""') + '"'


def number_cell(value: Number) -> str:
    """Return a number as its shortest exact text; nothing for no value."""
    return "" if value is None else repr(value)


def csv_lines(rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Write rows of finished cells, numbers and quoted texts, as RFC 4180 lines, one at a time."""
    return (",".join(row) + "\r\n" for row in rows)


def report_json(report: Report) -> Iterator[str]:
    """Return the JSON report, ending with a line break."""
    yield report.to_json() + "\n"


def file_name(kind: str, user_id: str, period: Period, suffix: str) -> str:
    """Return the name of a download: kind, member id and period, in characters that every system allows."""
    member = re.sub("[^A-Za-z0-9@._-]+", "_", user_id)[:80]
    begins, ends = (end.replace(":", "") for end in period.written)
    return f"{kind}-{member}-{begins}-{ends}.{suffix}"


# -- Rows ---------------------------------------------------------------------------------------------------------

TIMELINE_COLUMNS = {
    "created_at": "created_at",
    "started_at": "started_at",
    "action": "action",
    "user_id": "user_id",
    "user_email": "email",
    "project_id": "project_id",
    "project_title": "project_title",
    "task_id": "task_id",
    "annotation_id": "annotation_id",
    "lead_time": "lead_time",
    "review_id": "review_id",
    "comment_id": "comment_id",
}
"""The columns of the timeline CSV, and the columns of its rows that they show."""

COMMENT_COLUMNS = {
    "comment_id": "comment_id",
    "created_at": "created_at",
    "updated_at": "updated_at",
    "project_id": "project_id",
    "project_title": "project_title",
    "task_id": "task_id",
    "annotation_id": "annotation_id",
    "created_by": "created_by",
    "created_by_email": "email",
    "text": "text",
    "is_resolved": "is_resolved",
    "resolved_at": "resolved_at",
}
"""The columns of the comments CSV, likewise."""

ROW_COLUMNS: Mapping[type[Fact], tuple[str, ...]] = {
    Annotation: (
        "completed_at",
        "project_id",
        "project_title",
        "task_id",
        "annotation_id",
        "last_action",
        "was_cancelled",
        "lead_time",
        "created_at",
        "started_at",
        "updated_at",
        "completed_at_estimated",
        "completed_by",
    ),
    Review: (
        "created_at",
        "project_id",
        "project_title",
        "task_id",
        "annotation_id",
        "review_id",
        "action",
        "score",
        "completed_by",
        "reviewer_id",
    ),
    ReviewVisit: (
        "opened_at",
        "closed_at",
        "project_id",
        "project_title",
        "annotation_id",
        "visit_id",
        "review_id",
        "user_id",
    ),
}
"""The columns of the rows behind a number, by what they are."""


_PEOPLE = frozenset(column for _, column in MENTIONED["member"])
"""The columns that hold ids of people."""


def row_columns(rows: Rows, *, several: bool) -> dict[str, str]:
    """Return the columns of the CSV of rows, and the columns of the rows that they show. All say whose a row is."""
    if rows == TIMELINE:
        return TIMELINE_COLUMNS
    if rows.scan.fact is Comment:  # those of one member's file are a contract
        return {**COMMENT_COLUMNS, "completed_by": "completed_by"} if several else COMMENT_COLUMNS
    return {column: column for column in ROW_COLUMNS[rows.scan.fact]}


def rows_csv(
    rows: Rows,
    batches: Iterable[Sequence[tuple[Any, ...]]],
    timezone: ZoneInfo,
    *,
    several: bool,
    with_emails: bool,
    named: Named,
    for_excel: bool = False,
) -> Iterator[tuple[str, int]]:
    """Write batches of rows as CSV, a text and its number of rows a batch. The header comes first, with none.

    Of several members every row says whose it is. Instants are ISO 8601 with the offset of the zone, lead times
    seconds, scores 0 to 1. E-mails are left empty unless the viewer may choose members; `named` says what people's ids
    are to them. With `for_excel`, ids whose digits a spreadsheet would change are texts.
    """
    shown = row_columns(rows, several=several)
    names = columns_of(rows)
    kinds = {column.name: column.kind for column in rows.scan.fact.columns()}
    cells = [
        (
            names.index(column),
            _writer(kinds.get(column, Kind.TEXT), timezone, named if column in _PEOPLE else str, for_excel=for_excel),
        )
        for column in shown.values()
    ]
    email = None if with_emails else names.index("email")
    yield "".join([FOR_EXCEL if for_excel else "", *csv_lines([shown])]), 0
    for batch in batches:
        lines = csv_lines(
            ["" if place == email or row[place] is None else write(row[place]) for place, write in cells]
            for row in batch
        )
        yield "".join(lines), len(batch)


def _writer(kind: Kind, timezone: ZoneInfo, named: Named, *, for_excel: bool) -> Callable[[Any], str]:
    """Return what writes a stored value of a kind as a cell."""
    match kind:
        case Kind.INSTANT:
            return lambda value: (FIRST_INSTANT + timedelta(microseconds=value)).astimezone(timezone).isoformat()
        case Kind.LEAD_TIME:
            return lambda value: repr(value / MICROSECONDS) if value >= 0 else ""
        case Kind.SCORE:
            return lambda value: repr(value / MILLIONTHS)
        case Kind.FLAG:
            return lambda value: "true" if value else "false"
        case Kind.FLAGS:
            return str
        case Kind.ID:
            return lambda value: id_cell(named(value), for_excel=for_excel)
        case Kind.TEXT:
            return text_cell


def id_cell(value: str, *, for_excel: bool = False) -> str:
    """Return an id as a cell; with `for_excel` digits that a spreadsheet would change are text."""
    plain = _SAFE_NUMBER if for_excel else _INTEGER
    if plain.fullmatch(value):
        return value
    return f'"\'{value}"' if _INTEGER.fullmatch(value) else text_cell(value)

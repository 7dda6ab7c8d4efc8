"""What leaves as a file: reports as CSV and JSON. The package's only CSV writer."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator

from perfwidget.metrics import Number
from perfwidget.report import Report

REPORT_COLUMNS = (
    "submitted_annotations",
    "submitted",
    "updated",
    "skipped",
    "total_time",
    "total_time_median",
    "time_per_annotation_median",
    "time_per_annotation_average",
    "performance_score",
    "reviews_accepted",
    "reviews_rejected",
    "reviews_fixed_and_accepted",
    "review_time",
)
"""The numbers of the report CSV, in its order, behind the date."""

_FORMULA_STARTS = frozenset("=+-@|%'\t\r\n\0")


def guarded(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: one that might be gets a leading apostrophe.

    The first visible character decides, full-width twins included; a text that begins with an apostrophe gets one
    more, so that taking one away again always restores the text.
    """
    first = next((each for each in text if each in "\t\r\n\0" or not _invisible(each)), "")
    twin = unicodedata.normalize("NFKC", first)[:1]
    return f"'{text}" if first in _FORMULA_STARTS or twin in _FORMULA_STARTS else text


def _invisible(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Zs")


def number_cell(value: Number) -> str:
    """Return a number as its shortest exact text; nothing for no value."""
    return "" if value is None else repr(value)


def csv_lines(rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Write rows of finished cells as RFC 4180 lines, one at a time."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow(row)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def report_csv(report: Report) -> Iterator[str]:
    """Return the lines of the report CSV: the header, the whole period as `total`, then every day."""
    by_day = ((point.bucket.first.isoformat(), point.values) for point in report.series)
    rows = (("total", report.values), *by_day)
    return csv_lines(
        [("date", *REPORT_COLUMNS)]
        + [(name, *(number_cell(values[key]) for key in REPORT_COLUMNS)) for name, values in rows]
    )


def report_json(report: Report) -> Iterator[str]:
    """Return the JSON report, ending with a line break."""
    yield report.to_json() + "\n"


def file_name(report: Report, kind: str, suffix: str) -> str:
    """Return the name of a download: kind, member id and period, in characters that every system allows."""
    member = re.sub("[^A-Za-z0-9@._-]+", "_", report.user.user_id)[:80]
    return f"{kind}-{member}-{report.period.first}-{report.period.last}.{suffix}"

"""From a scoped question to numbers and files."""

from perfwidget.report.numbers import MemberNumbers, MemberSeries, Point, Previous, Report
from perfwidget.report.reading import read_report, report, resolved_period

__all__ = [
    "MemberNumbers",
    "MemberSeries",
    "Point",
    "Previous",
    "Report",
    "read_report",
    "report",
    "resolved_period",
]

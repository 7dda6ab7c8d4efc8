"""From a scoped question to numbers and files."""

from perfwidget.report.numbers import DAILY_KEYS, SERIES, Point, Report, read_report, report, resolved_period

__all__ = ["DAILY_KEYS", "SERIES", "Point", "Report", "read_report", "report", "resolved_period"]

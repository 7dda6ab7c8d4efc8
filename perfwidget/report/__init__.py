"""From a scoped question to numbers and files."""

from perfwidget.report.numbers import (
    MemberNumbers,
    Point,
    Report,
    read_members,
    read_report,
    report,
    resolved_period,
)

__all__ = ["MemberNumbers", "Point", "Report", "read_members", "read_report", "report", "resolved_period"]

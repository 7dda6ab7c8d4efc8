"""The addresses of files, and what each sends."""

from collections.abc import Callable, Mapping

from flask import Response, request

from perfwidget.hosting.downloads import Downloads
from perfwidget.metrics import COMMENTS_RECEIVED, TIMELINE
from perfwidget.question.period import Grain
from perfwidget.question.query import Query, parse_behind


def file_views(downloads: Downloads, query: Callable[[], Query]) -> Mapping[str, Callable[[], Response]]:
    """Map the names of files to the views that send them; `query` is what the current request asks."""

    def rows() -> Response:
        asked = query()
        behind = parse_behind(request.args.to_dict(flat=False))
        grain = asked.grain or Grain.DAY
        return downloads.rows("rows", asked, behind.metric.rows, lambda period: behind.part(period, grain))

    return {
        "report.csv": lambda: downloads.days(query()),
        "members.csv": lambda: downloads.members(query()),
        "report.json": lambda: downloads.report(query()),
        "timeline.csv": lambda: downloads.rows("timeline", query(), TIMELINE),
        "comments.csv": lambda: downloads.rows("comments", query(), COMMENTS_RECEIVED),
        "rows.csv": rows,
    }

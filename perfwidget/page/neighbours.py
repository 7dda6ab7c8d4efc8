"""The way from one member to the next of those whom somebody came from: in the order of the table that they left.

Where a search had narrowed that table, the way leads from one of those found to the next.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from perfwidget.errors import Forbidden, InvalidQuery
from perfwidget.page import team_words
from perfwidget.page.answer import read
from perfwidget.page.context import PageContext
from perfwidget.page.formats import SEVERAL, id_of
from perfwidget.page.team import counted_of
from perfwidget.page.team_table import Markup
from perfwidget.question import access
from perfwidget.report import Report, read_report
from perfwidget.report.team import found_members, sorted_members


def neighbours(context: PageContext, sought: Any) -> Markup:
    """Return the links to the previous and the next member, and to all of them, for the viewer of the current request.

    `sought` holds the question about one member, what of the table was shown, and of whom it was (`among`). There are
    no links where the viewer may not have all of these. Raises InvalidQuery for anything else, and Forbidden.
    """
    match sought:
        case {"question": str(question), "table": str(table), "among": str(among)}:
            one = read(context, question)
        case _:
            raise InvalidQuery("The question is malformed; load the page again.")
    rest = [each for each in parse_qsl(question) if each[0] not in ("user", "members")]
    users = [("user", id_of(value)) for value in among.split(SEVERAL) if value]
    of_all = urlencode([*(users or [("members", "all")]), *rest], safe="/@:")
    viewer = context.viewer()
    with context.store.reading() as reader:
        access.scope(viewer, one, reader.standing(viewer, one), context.rules)
        try:
            query = read(context, f"{of_all}&{table}")
            asked = access.scope(viewer, query, reader.standing(viewer, query), context.rules)
        except (Forbidden, InvalidQuery):  # who sent the link might see more
            return []
        # The way says no more than who follows whom.
        alone = replace(query, compare=False)
        report = read_report(reader, asked, alone, series=[counted_of(query.table)])
        found = found_members(reader, asked.scope, report.members, query.table.search)
    ids = [each.user.user_id for each in sorted_members(found, query.table)]
    return _drawn(report, ids, one.users, rest, of_all)


def _drawn(
    report: Report, ids: Sequence[str], shown: Sequence[str], rest: Sequence[tuple[str, str]], of_all: str
) -> Markup:
    back = ["a", {"href": f"?{of_all}&among="}, team_words.all_members(report.asked_about)]
    if len(shown) != 1 or shown[0] not in ids:
        return [back]
    place = ids.index(shown[0])

    def turn(text: str, to: int) -> Markup:
        if not 0 <= to < len(ids):
            return ["span", {"className": "turn", "aria-disabled": "true"}, text]
        return ["a", {"className": "turn", "href": f"?{urlencode([('user', ids[to]), *rest], safe='/@:')}"}, text]

    where = ["span", {}, team_words.place(place + 1, len(ids))]
    turns = [turn(team_words.PREVIOUS, place - 1), where, turn(team_words.NEXT, place + 1)]
    return [["nav", {"className": "turns", "aria-label": team_words.NEIGHBOURS}, *turns, back]]

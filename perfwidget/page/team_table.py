"""The table of members: a row for each on the page, and above them one for everybody who is asked about.

All that one does in it is a link: the address says what is shown. Every number leads to the rows that it counts.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from perfwidget.metrics import BY_KEY, METRICS, Better, Metric, Number, Unit
from perfwidget.page import formats, team_words, words
from perfwidget.page.comparison import change, dates
from perfwidget.page.project_rows import opener, project_rows
from perfwidget.question.table import MEMBER, SIZES, Table
from perfwidget.report import Report
from perfwidget.report.numbers import MemberNumbers, ProjectNumbers
from perfwidget.report.team import TeamPage, columns_of
from perfwidget.stores.choosing import Profile

Markup = list[Any]
"""Elements as `components.Markup` shows them: a text, or name, properties and children."""

MUCH = 1 / 4
"""The part of a total time in unusually long annotations from which on it is marked."""

WIDTH, HEIGHT = 96, 16
"""Of a small graph, in pixels."""


def team_table(
    report: Report,
    page: TeamPage,
    table: Table,
    counted: Metric,
    bars: Mapping[str, Sequence[int]],
    earlier: Mapping[str, Mapping[str, Number]],
    question: str,
    opened: Sequence[ProjectNumbers] | None = None,
    *,
    leads: bool,
) -> Markup:
    """Return the table with what stands around it.

    Of the members on the page `bars` are the small graphs', and `earlier` the numbers of the period before. `opened`
    are the projects of the member whom the table has open, if that one is on the page.
    """
    shown = columns_of(table)
    rows = _Rows(report, shown, counted, bars, earlier, question, leads=leads)
    columns = [_name_head(table), *rows.line_head(), *(_head(metric, table) for metric in shown)]
    drawn = [
        "table",
        {},
        ["caption", {"className": "visually-hidden"}, f"{team_words.TITLE}, {report.named_scope}"],
        ["thead", {}, ["tr", {}, *columns], rows.all_members(searched=bool(table.search))],
        ["tbody", {}, *(row for each in page.rows for row in rows.member(each, opened, table.open))],
    ]
    region = {"className": "team-scroll", "role": "region", "tabIndex": 0, "aria-labelledby": "team-title"}
    return [
        ["div", {"className": "panel-head"}, ["h2", {"id": "team-title"}, team_words.TITLE], *_tools(table)],
        ["div", region, drawn],
        *([] if page.rows else [["p", {"className": "message", "role": "status"}, team_words.nobody(table)]]),
        _foot(report, page, table, leads=leads),
    ]


# -- What stands around it ---------------------------------------------------------------------------------------------


def _tools(table: Table) -> Markup:
    tabs = [
        _choice(name, chosen=tab is table.tab, tab=tab.value, columns="", sort="", page="")
        for tab, name in team_words.TABS.items()
    ]
    shown = {metric.key for metric in columns_of(table)}
    columns = []
    for metric in METRICS:
        keys = [each.key for each in METRICS if (each.key in shown) != (each is metric)]
        check = {"role": "checkbox", "aria-checked": str(metric.key in shown).lower(), "title": metric.definition}
        columns.append(["li", {}, ["a", {"href": _turned(columns=",".join(keys)), **check}, metric.label]])
    rest = ["li", {}, ["a", {"href": _turned(columns="")}, team_words.DEFAULT_COLUMNS]]
    return [
        ["nav", {"className": "switch", "aria-label": team_words.KINDS_OF_WORK}, *tabs],
        [
            "details",
            {"className": "picker"},
            ["summary", {"className": "tool"}, team_words.COLUMNS],
            ["ul", {}, *columns, rest],
        ],
    ]


def _choice(text: str, *, chosen: bool, **changes: str) -> Markup:
    current = {"aria-current": "true"} if chosen else {}
    return ["a", {"href": _turned(**changes), **current}, text]


def _foot(report: Report, page: TeamPage, table: Table, *, leads: bool) -> Markup:
    parts: Markup = []
    if page.rows:
        place = team_words.shown(page.first, page.first + len(page.rows) - 1, page.of, table)
        parts.append(["span", {"role": "status"}, place])
    if page.pages > 1:
        turns = [_turn(team_words.PREVIOUS, page.page - 1, page), _turn(team_words.NEXT, page.page + 1, page)]
        parts.append(["nav", {"className": "turns", "aria-label": team_words.PAGES}, *turns])
    if table.idle:
        parts.append(["a", {"href": _turned(idle="", page="")}, team_words.HIDE_IDLE])
    elif report.without_activity:
        href = _turned(idle="show", page="")
        parts.append(["a", {"href": href}, team_words.show_idle(report.without_activity)])
    if page.of > min(SIZES):
        sizes = [_choice(str(size), chosen=size == page.size, size=str(size), page="") for size in SIZES]
        parts.append(["nav", {"className": "sizes", "aria-label": team_words.SIZES}, f"{team_words.SIZES} ", *sizes])
    about = [["span", {"className": "about-numbers"}, team_words.LEADS]] if leads and page.rows else []
    return ["div", {"className": "team-foot"}, *parts, *about]


def _turn(text: str, to: int, page: TeamPage) -> Markup:
    if not 1 <= to <= page.pages:
        return ["span", {"className": "turn", "aria-disabled": "true"}, text]
    return ["a", {"className": "turn", "href": _turned(page=str(to))}, text]


def _turned(**changes: str) -> str:
    """Return the link to the same page with something else of the table. What it does not name stays as it is."""
    return "&" + urlencode(changes, safe=",")


# -- The heads of the columns ------------------------------------------------------------------------------------------


def _name_head(table: Table) -> Markup:
    return _sorter(MEMBER, team_words.MEMBER, team_words.BY_NAME, table, descending=False)


def _head(metric: Metric, table: Table) -> Markup:
    return _sorter(metric.key, metric.label, metric.definition, table, descending=True)


def _sorter(key: str, label: str, about: str, table: Table, *, descending: bool) -> Markup:
    """Return the head of a column that sorts by it: names from A to Z at first, numbers from the largest."""
    current = table.sort == key
    downwards = not table.descending if current else descending
    link = {
        "href": _turned(sort=f"{'-' if downwards else ''}{key}", page=""),
        "title": team_words.SORT.format(label, about),
    }
    arrow = [["span", {"aria-hidden": "true"}, " ↓" if table.descending else " ↑"]] if current else []
    sorted_ = {"aria-sort": "descending" if table.descending else "ascending"} if current else {}
    return ["th", {"scope": "col", **sorted_}, ["a", link, label, *arrow]]


# -- The rows ----------------------------------------------------------------------------------------------------------


class _Rows:
    """The rows of one page of the table."""

    def __init__(
        self,
        report: Report,
        columns: Sequence[Metric],
        counted: Metric,
        bars: Mapping[str, Sequence[int]],
        earlier: Mapping[str, Mapping[str, Number]],
        question: str,
        *,
        leads: bool,
    ) -> None:
        self._report, self._columns, self._counted, self._bars, self._leads = report, columns, counted, bars, leads
        self._most = max((max(heights) for heights in bars.values()), default=0)
        self._alone = [each for each in parse_qsl(question) if each[0] not in ("user", "members")]
        self._among = formats.together(each.user_id for each in report.users)
        self._before = earlier
        self._named = "" if report.previous is None else dates(report.previous.period)

    def line_head(self) -> Markup:
        """Return the head of the small graphs, if there are some."""
        head = team_words.per_bucket(self._counted.label, words.PER[self._report.grain])
        return [["th", {"scope": "col", "className": "line"}, head]] if self._bars else []

    def all_members(self, *, searched: bool) -> Markup:
        """Return the row of everybody who is asked about, whatever page is shown and whoever is found."""
        heights = [int(point.values[self._counted.key] or 0) for point in self._report.series]
        line = [self._line(heights, max(heights, default=0))] if self._bars else []
        before = None if self._report.previous is None else self._report.previous.values
        cells = self._cells(self._report.values, before, "")
        besides = [["span", {"className": "besides"}, team_words.NOT_ONLY_FOUND]] if searched else []
        named = ["th", {"scope": "row"}, team_words.all_members(self._report.asked_about), *besides]
        return ["tr", {"className": "all"}, named, *line, *cells]

    def member(self, each: MemberNumbers, opened: Sequence[ProjectNumbers] | None, open_: str | None) -> Markup:
        """Return the row of a member, and below it those of their projects if these are opened."""
        user = each.user
        line = [self._line(self._bars[user.user_id], self._most)] if self._bars else []
        cells = self._cells(each.values, self._before.get(user.user_id), f"{urlencode({'rows_user': user.user_id})}&")
        is_open = opened is not None and user.user_id == open_
        button = opener(user, _turned(open="" if is_open else user.user_id), is_open=is_open)
        head = ["th", {"scope": "row"}, button, self._name(user), *_flags(user)]
        row = ["tr", {"key": user.user_id}, head, *line, *cells]
        if opened is None or not is_open:
            return [row]
        return [row, *project_rows(user, opened, self._name(user), self._cells, len(self._columns) + 1 + len(line))]

    def _name(self, user: Profile) -> Markup:
        alone = f"?{urlencode([('user', user.user_id), *self._alone, ('among', self._among)], safe='/@:~')}&open="
        return ["a", {"href": alone, "title": formats.member_email(user) or None}, formats.member_name(user)]

    def _cells(self, values: Mapping[str, Number], before: Mapping[str, Number] | None, whose: str) -> Markup:
        cells = []
        for metric in self._columns:
            cell = self._cell(metric, values[metric.key], None if before is None else before[metric.key], whose)
            cells.append([*cell, *_long(values)] if metric.key == "total_time" else cell)
        return cells

    def _cell(self, metric: Metric, number: Number, before: Number, whose: str) -> Markup:
        shown: Any = formats.value(metric, number, self._report.period.timezone)
        plain = number is None or metric.unit in (Unit.COUNT, Unit.INSTANT)
        exactly = None if plain else words.exactly(formats.exact(number), metric.unit)
        if self._leads and number and metric.unit is not Unit.INSTANT:
            href = f"&{whose}rows={metric.key}"
            shown = ["a", {"href": href, "className": "leads", "title": exactly}, shown]
        changed = change(metric, number, before)
        if changed is None:
            return ["td", {}, shown]
        word = f" {changed.word}" if changed.word else ""
        told = {"className": f"change {(changed.verdict or Better.NEITHER).value}"}
        title = f"{formats.value(metric, before)}, {self._named}"
        return ["td", {}, shown, ["span", {**told, "title": title}, f"{changed.text}{word}"]]

    def _line(self, heights: Sequence[int], most: int) -> Markup:
        """Return the cell of a small graph on a scale up to `most`, which also says what it shows."""
        step = WIDTH / len(heights)
        bars = "".join(
            f"M{(place + 0.5) * step:.1f},{HEIGHT}v-{max(1, round(height / most * HEIGHT))}"
            for place, height in enumerate(heights)
            if height
        )
        top = max(heights)
        bucket = self._report.series[heights.index(top)].bucket
        when = formats.bucket(bucket, self._report.grain) if top else ""
        told = team_words.line(formats.count(sum(heights)), formats.count(top), when)
        path = [["path", {"d": bars, "strokeWidth": f"{max(0.6, step * 0.7):.1f}"}]] if bars else []
        box = {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "role": "img"}
        return ["td", {"className": "line"}, ["svg", box, ["title", {}, told], *path]]


def _long(values: Mapping[str, Number]) -> Markup:
    """Return the mark of a total time of which a large part is in unusually long annotations."""
    total, long = values["total_time"], values["long_time"]
    if not total or not long or long < MUCH * total:
        return []
    mark = {"className": "much", "title": BY_KEY["long_time"].definition}
    return [["span", mark, team_words.long(formats.share(long / total))]]


def _flags(user: Profile) -> Markup:
    if user.role is None:
        return [["span", {"className": "flag"}, team_words.UNKNOWN]]
    return [] if user.active else [["span", {"className": "flag"}, words.INACTIVE]]

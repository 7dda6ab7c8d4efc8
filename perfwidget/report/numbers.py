"""What a question is answered with: a Report, as Python, JSON and DataFrames."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from perfwidget.metrics import (
    DAILY,
    METRICS,
    Metric,
    Number,
    Rules,
    Section,
)
from perfwidget.question.period import Bucket, Grain, Period, zone
from perfwidget.stores.choosing import Profile

if TYPE_CHECKING:
    import pandas as pd


ALL_PROJECTS = "all projects"
NOT_INCLUDED = "work in other projects is not included"


def whole_scope(number: int | None) -> str:
    """Name a viewer's scope by its number of projects; None is all of the organization."""
    return ALL_PROJECTS if number is None else f"your {_counted(number, 'project')}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


@dataclass(frozen=True, slots=True)
class Point:
    """The numbers of one bucket: those that the report CSV gives for every day."""

    bucket: Bucket
    values: Mapping[str, Number]


@dataclass(frozen=True, slots=True)
class MemberSeries:
    """The numbers of one member among several, for every bucket of their report."""

    user: Profile
    series: tuple[Point, ...]


class MemberNumbers(NamedTuple):
    """The numbers of one member among several, for the whole period, by the keys of their metrics."""

    user: Profile
    values: Mapping[str, Number]


@dataclass(frozen=True, slots=True)
class ProjectNumbers:
    """Numbers in one project, as that project alone gives them, and those of the period before if there are some."""

    project_id: str
    title: str
    values: Mapping[str, Number]
    before: Mapping[str, Number] | None


@dataclass(frozen=True, slots=True)
class Previous:
    """The numbers of the period before, by the keys of their metrics: of all together, and of members.

    Of several these are the members of the report, and whoever else had some.
    """

    period: Period
    values: Mapping[str, Number]
    members: tuple[MemberNumbers, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """How one member worked over a period, or several together, as far as the viewer may see it.

    `values` maps the key of every metric to its number for the whole period. `series` holds the same for every bucket
    of `grain`, in order and without gaps. Times are in seconds, scores from 0 to 1; None means that there is no value.
    `recorded` maps the kinds of facts that the source records to the instant since when (None: always). `users` are the
    members asked about, none where that is everybody whom the viewer may choose. Of several, `members` holds those with
    activity in the period, by id, or all of them where the question wants that. `without_activity` says how many have
    none, `asked_about` how many there are. `previous` is None where it is not asked for, or where there is none.
    `by_project` holds the projects with activity, by id; it is None where they were not asked for. `lines` holds the
    series of each of two to five members who were asked for by id, in the order of `users`. Of more, and of everybody,
    none.
    """

    users: tuple[Profile, ...]
    members: tuple[MemberNumbers, ...]
    without_activity: int
    asked_about: int
    period: Period
    scope: Literal["all"] | tuple[str, ...]
    workspaces: tuple[str, ...]
    projects: tuple[str, ...]
    grain: Grain
    values: Mapping[str, Number]
    series: tuple[Point, ...]
    recorded: Mapping[str, int | None]
    rules: Rules
    compares: bool = False
    previous: Previous | None = None
    by_project: tuple[ProjectNumbers, ...] | None = None
    lines: tuple[MemberSeries, ...] = ()

    @property
    def several(self) -> bool:
        """Whether it speaks of several members together."""
        return len(self.users) != 1

    @property
    def user(self) -> Profile:
        """The one member; raises ValueError where there are several."""
        if self.several:
            raise ValueError("This report is of several members; ask for one.")
        return self.users[0]

    @property
    def by_member(self) -> tuple[MemberNumbers, ...]:
        """The numbers of each member, of the only one too."""
        return self.members if self.several else (MemberNumbers(self.user, self.values),)

    @property
    def named_scope(self) -> str:
        """Which projects the numbers speak of, in words: the viewer's scope, and how many of it were chosen."""
        whole = whole_scope(None if self.scope == "all" else len(self.scope))
        chosen = ((self.workspaces, "workspace"), (self.projects, "project"))
        parts = [_counted(len(each), noun) for each, noun in chosen if each]
        told = f"{' and '.join(parts)} of {whole}" if parts else whole
        return told if self.scope == "all" or not self.several else f"{told}; {NOT_INCLUDED}"

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON report; only a report by day has one."""
        self._needs_days()
        return {
            "user": None if self.several else _person(self.user),
            **({"users": [_person(each) for each in self.users]} if self.several else {}),
            "period": _written(self.period),
            "scope": self.scope if self.scope == "all" else list(self.scope),
            "filters": {"workspaces": list(self.workspaces), "projects": list(self.projects)},
            **_sections(self.values, self.period),
            **(_of_members(self.members, self.period) if self.several else {}),
            **({"without_activity": self.without_activity} if self.several else {}),
            **({"previous": self._previous()} if self.compares else {}),
            "days": [
                {"date": point.bucket.first.isoformat()} | {metric.key: point.values[metric.key] for metric in DAILY}
                for point in self.series
            ],
            "definitions": {metric.key: metric.definition for metric in METRICS},
        }

    def _previous(self) -> dict[str, Any] | None:
        if self.previous is None:
            return None
        return {
            "period": _written(self.previous.period),
            **_sections(self.previous.values, self.previous.period),
            **(_of_members(self.previous.members, self.previous.period) if self.several else {}),
        }

    def to_json(self) -> str:
        """Return the JSON report as text; equal reports give equal text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2, allow_nan=False)

    def to_pandas(self, rows: Literal["days", "members", "projects"] = "days") -> "pd.DataFrame":
        """Return the days by date, or members or projects by id, as a DataFrame. Each number is a column, and missing
        ones are NA.

        Members and projects are those with activity. A project's numbers are those of a report of it alone. So medians,
        and what is long, are its own. Raises ValueError where the report does not hold them.
        """
        import pandas as pd  # costs most of a second, and only notebooks ask for it

        if rows == "projects":
            if self.by_project is None:
                raise ValueError("This report was read without its projects; ask for it with perfwidget.report.report.")
            ids = pd.Index([each.project_id for each in self.by_project], name="project_id", dtype="str")
            return _frame(METRICS, [each.values for each in self.by_project], ids)
        if rows == "members":
            ids = pd.Index([each.user.user_id for each in self.by_member], name="user_id", dtype="str")
            return _frame(METRICS, [each.values for each in self.by_member], ids)
        self._needs_days()
        days = pd.DatetimeIndex([point.bucket.first for point in self.series], name="date")
        return _frame(DAILY, [point.values for point in self.series], days)

    def _needs_days(self) -> None:
        if self.grain is not Grain.DAY:
            raise ValueError(f"This report is by {self.grain}; ask for one by day.")


def _frame(metrics: Sequence[Metric], rows: Sequence[Mapping[str, Number]], index: "pd.Index") -> "pd.DataFrame":
    import pandas as pd  # as above

    columns = {metric.key: [row[metric.key] for row in rows] for metric in metrics}
    return pd.DataFrame(columns, index=index).convert_dtypes()


def _written(period: Period) -> dict[str, str]:
    begins, ends = period.written
    return {"from": begins, "to": ends, "timezone": period.timezone}


def _of_members(members: Sequence[MemberNumbers], period: Period) -> dict[str, Any]:
    return {"members": [{"user": _person(each.user), **_sections(each.values, period)} for each in members]}


def _sections(values: Mapping[str, Number], period: Period) -> dict[str, dict[str, Number | str]]:
    """Return the numbers of a period by the sections of the JSON report."""
    place = zone(period.timezone)
    return {
        section.value: {
            metric.key: metric.written(values[metric.key], place) for metric in METRICS if metric.section is section
        }
        for section in Section
    }


def _person(user: Profile) -> dict[str, str | None]:
    return {"id": user.user_id, "email": user.email, "name": user.name}

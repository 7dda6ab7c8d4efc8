"""What the canonical JSON of a draft or a statement says, in words: the same for both, so that both read alike."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from perfwidget.page import formats as page_formats
from perfwidget.pay import Draft
from perfwidget.pay.sorting import Due, Reason
from perfwidget.pay.work import Kind
from perfwidget.pay_pages import formats, words
from perfwidget.question.period import Period

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Group:
    """Items that stand together on a page, and the part of the address that opens them."""

    opens: str
    items: Sequence[Mapping[str, Any]]
    project: str | None = None
    """The project that they share."""
    is_time: bool = False
    """Whether hours of them are paid, and not pieces."""

    @property
    def counted(self) -> str:
        """How many there are, of each kind."""
        return words.items(kinds(self.items))


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line as people read it."""

    place: int
    workspace: str
    project: str
    due: str
    due_means: str
    how: str
    quantity: str
    exact: str
    rate: str
    amount: str
    written_after: bool
    group: Group
    since: str
    days: str


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """What is left out for a reason, or told of at nothing."""

    title: str
    means: Sequence[str]
    group: Group


@dataclass(frozen=True, slots=True)
class Titles:
    """The titles of projects and workspaces, by their ids."""

    projects: Mapping[str, str]
    workspaces: Mapping[str, str]

    def project(self, project_id: str) -> str:
        """Return the title of a project, or its id."""
        return page_formats.shown(self.projects.get(project_id)) or page_formats.shown(project_id) or "?"

    def workspace(self, workspace_id: str | None) -> str:
        """Return the title of a workspace, or its id; a dash where there is none."""
        if workspace_id is None:
            return words.NOTHING
        return page_formats.shown(self.workspaces.get(workspace_id)) or page_formats.shown(workspace_id) or "?"


def kinds(items: Iterable[Mapping[str, Any]]) -> Mapping[str, int]:
    """Count items by their kind."""
    return Counter(item["kind"] for item in items)


def all_items(said: Document) -> Iterable[Mapping[str, Any]]:
    """Yield all items that are paid."""
    return (item for line in said["lines"] for item in line["items"])


def time_of(item: Mapping[str, Any]) -> int | None:
    """Return the time of an item that a statement speaks of, in microseconds; of growth what was added."""
    if item["kind"] == Kind.VISIT:
        opened, closed = item.get("opened_at"), item.get("closed_at")
        return None if opened is None or closed is None else max(closed - opened, 0)
    time: int | None = item.get("lead_time_us")
    before: int | None = item.get("paid_before_us")
    return time if time is None or before is None else time - before


def time_in(said: Document) -> int | None:
    """Return the time of all items that are paid, in microseconds; None where no item has one."""
    times = [time for item in all_items(said) if (time := time_of(item)) is not None]
    return sum(times) if times else None


def left_out(said: Document) -> Mapping[str, int]:
    """Count what is left out by its reason, in their order; reasons without items are not there."""
    return {each["reason"]: len(each["items"]) for each in said["left_out"] if each["items"]}


def period_of(said: Document) -> Period:
    """Return the period that a document is of."""
    told = said["period"]
    return Period(date.fromisoformat(told["first"]), date.fromisoformat(told["last"]), told["timezone"])


@dataclass(frozen=True, slots=True)
class Summary:
    """What a draft or a statement comes to, but for its amounts."""

    kinds: Mapping[str, int]
    """How many items are paid, of each kind."""
    time: int | None
    """The time of all of them, in microseconds; None where none has one."""
    left_out: Mapping[str, int]
    """How many are left out, by the reason."""
    has_line: bool
    """Whether a statement could be made of it: there are lines, changes or adjustments."""

    @property
    def items(self) -> int:
        """How many items are paid."""
        return sum(self.kinds.values())


def summary_of(said: Document) -> Summary:
    """Return what a document comes to."""
    has_line = bool(said["lines"] or said["changes"] or said["adjustments"])
    return Summary(kinds(all_items(said)), time_in(said), left_out(said), has_line)


def summary_of_draft(draft: Draft) -> Summary:
    """Return the same of a draft, without the way over its JSON."""
    times, found = [line.time for line in draft.lines if line.time is not None], Counter[str]()
    for line in draft.lines:
        found[str(line.kind)] += line.count
    return Summary(
        kinds=found,
        time=sum(times) if times else None,
        left_out={str(reason): count for reason, count in draft.left_out_counts.items()},
        has_line=not draft.is_empty,
    )


def shown_lines(said: Document, titles: Titles) -> list[ShownLine]:
    """Return the lines in the order in which they stand."""
    cards = {card["card_id"]: card for card in said["cards"]}
    return [_line(place, line, cards[line["card"]], titles) for place, line in enumerate(said["lines"], 1)]


def shown_left_out(said: Document, texts: Mapping[str, str]) -> list[ShownGroup]:
    """Return what is left out, each reason with what it means and the texts of payers."""
    found = []
    for each in said["left_out"]:
        if not each["items"]:
            continue
        title, means = words.LEFT_OUT[Reason(each["reason"])]
        given = list(dict.fromkeys(item["text"] for item in each["items"] if item.get("text")))
        told = [texts[digest] for digest in given if digest in texts]
        if each["reason"] == Reason.HELD and any(not item.get("text") for item in each["items"]):
            began = page_formats.day(date.fromisoformat(said["pay_from"]))
            means = words.HELD_BY_ITSELF.format(since=began)
        found.append(ShownGroup(title, (means, *told), Group(f"left-{each['reason']}", each["items"])))
    return found


def shown_changes(said: Document) -> list[ShownGroup]:
    """Return what a document tells of at nothing."""
    found = []
    for each in said["changes"]:
        title, means = words.CHANGES[each["change"]]
        found.append(ShownGroup(title, (means,), Group(f"change-{each['change']}", each["items"])))
    return found


def opened(said: Document, name: str) -> Group | None:
    """Return the items that a part of the address opens, or None."""
    sort, _, which = name.partition("-")
    if sort == "line" and which.isascii() and which.isdigit() and 1 <= int(which) <= len(said["lines"]):
        line = said["lines"][int(which) - 1]
        return Group(name, line["items"], line["project"], line["unit"] == "us")
    for each in said["left_out"] if sort == "left" else said["changes"] if sort == "change" else ():
        if which in (each.get("reason"), each.get("change")):
            return Group(name, each["items"])
    return None


def _line(place: int, line: Mapping[str, Any], card: Mapping[str, Any], titles: Titles) -> ShownLine:
    is_time = line["unit"] == "us"
    quantity = Fraction(line["quantity"])
    due = Due(line["due"])
    worked = [date.fromisoformat(item["work_day"]) for item in line["items"]]
    return ShownLine(
        place=place,
        workspace=titles.workspace(line["workspace"]),
        project=titles.project(line["project"]),
        due=words.DUE[due],
        due_means=words.DUE_MEANS[due],
        how=formats.how(card["unit"], card["clock"], card["cap_s"]),
        quantity=formats.times(quantity) if is_time else page_formats.count(int(quantity)),
        exact=formats.exact_seconds(quantity) if is_time else "",
        rate=formats.rate(line["rate"], line["currency"], is_time=is_time),
        amount=formats.amount(line["amount"], line["currency"]),
        written_after=line["card_written_after_work"],
        group=Group(f"line-{place}", line["items"], line["project"], is_time),
        since=words.DUE_SINCE[due],
        days="" if due is Due.WORK else words.days(min(worked), max(worked)),
    )

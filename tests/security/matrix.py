"""Who asks whom for what, where and how: the dimensions of the authorization matrix, and its cases."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product
from typing import Any
from urllib.parse import quote

from tests.security.authorization_world import (
    FORGOTTEN,
    HOME,
    NFC,
    NFD,
    PEOPLE,
    PERIOD,
    STRANGER,
    WORLD,
)
from tests.security.oracle import Ask, Decision, Offer, Person, decide, malformed, offer, refused

ROUTES: dict[str, tuple[str, str]] = {
    "index": ("page", "/"),
    "layout": ("lists", "/_dash-layout"),
    "dependencies": ("nothing", "/_dash-dependencies"),
    "callback": ("callback", "/_dash-update-component"),
    "component_suites": ("static", "/_dash-component-suites/<package>/<path:filename>"),
    "assets": ("static", "/assets/<path:filename>"),
    "session": ("nothing", "/session"),
    "health": ("health", "/health"),
    "metrics": ("metrics", "/metrics"),
    "report_csv": ("figures", "/export/report.csv"),
    "members_csv": ("figures", "/export/members.csv"),
    "report_json": ("figures", "/export/report.json"),
    "timeline_csv": ("rows", "/export/timeline.csv"),
    "comments_csv": ("rows", "/export/comments.csv"),
    "rows_csv": ("rows", "/export/rows.csv"),
    # -- pay, whose matrix is in test_pay_pages.py
    "pay": ("pay", "/pay"),
    "pay_draft": ("pay", "/pay/draft"),
    "pay_statement": ("pay", "/pay/statements/<int:number>"),
    "pay_cards": ("pay", "/pay/cards"),
    "pay_terms": ("pay", "/pay/terms"),
    "pay_questions": ("pay", "/pay/questions"),
    "my_pay": ("pay", "/my-pay"),
    "pay_check": ("pay", "/pay/check"),
    "pay_run": ("pay", "/pay/run"),
    "pay_card": ("pay", "/pay/cards/<int:card_id>"),
    "pay_hold": ("pay", "/pay/hold"),
    "pay_adjust": ("pay", "/pay/adjust"),
    "pay_take_back": ("pay", "/pay/adjustments/<int:number>"),
    "pay_contest": ("pay", "/pay/statements/<int:number>/question"),
    "pay_acknowledge": ("pay", "/pay/statements/<int:number>/acknowledge"),
    "pay_answer": ("pay", "/pay/questions/<int:number>"),
    "pay_payroll_csv": ("pay", "/pay/payroll.csv"),
    "pay_lines_csv": ("pay", "/pay/lines.csv"),
    "pay_items_csv": ("pay", "/pay/items.csv"),
    "pay_manifest_json": ("pay", "/pay/manifest.json"),
}
"""Every endpoint of the widget: what it gives away, and its rule behind the prefix."""

CALLBACKS = {
    "asked": "the page's figures",
    "open-tables": "their tables",
    "team-sought": "the table of members, one's projects in it, and the way from one to the next",
    "dates": "what somebody typed",
    "seek": "searches",
    "rows-sought": "the rows behind a number",
    "look": "how fresh the figures are",
    "definitions": "what the numbers mean",
}
"""Every callback on the server, by its input."""

IN_BROWSER = {"among", "ask", "beat", "list", "open_tables", "read", "seek", "settle", "settle_rows"}
"""Every callback in the browser, by its function."""

SURFACES: dict[str, tuple[str, dict[str, str]]] = {
    "page": ("index", {}),
    "report.json": ("report_json", {}),
    "report.csv": ("report_csv", {}),
    "members.csv": ("members_csv", {}),
    "timeline.csv": ("timeline_csv", {}),
    "comments.csv": ("comments_csv", {}),
    "times.csv": ("rows_csv", {"metric": "total_time"}),
    "scores.csv": ("rows_csv", {"metric": "performance_score"}),
    "fixes.csv": ("rows_csv", {"metric": "reviews_fixed_and_accepted"}),
    "visits.csv": ("rows_csv", {"metric": "review_time"}),
    "news": ("look", {}),
    "figures": ("asked", {}),
    "tables": ("open-tables", {}),
    "members": ("team-sought", {}),
    "way": ("team-sought", {}),
    "projects": ("team-sought", {}),
    "times": ("rows-sought", {"rows": "total_time"}),
    "scores": ("rows-sought", {"rows": "performance_score"}),
    "visits": ("rows-sought", {"rows": "review_time"}),
}
"""Where the question of an address is answered: the endpoint or callback, and what it needs besides."""

CROWD = 10_000
LARGEST_IN_A_CALLBACK = 64_000
"""Characters of a question with which the body of a callback is larger than it may be, in any case."""
MOST_IN_A_CALLBACK = 4_096

Spell = Callable[[Person], tuple[str, ...]]


@cache
def allowed(person: Person) -> Offer:
    """Return what somebody may choose; nothing for those who are refused."""
    return Offer(frozenset(), {}) if refused(WORLD, person) else offer(WORLD, person)


def _mine(person: Person) -> str:
    return min(allowed(person).projects, default="20")


def _foreign(person: Person) -> str:
    """Return a project of the person's organization that they may not see, or else one of the other's."""
    outside = {name for home, name in WORLD.projects if home == person.organization} - set(allowed(person).projects)
    return min(outside, default=_others(person))


def _others(person: Person) -> str:
    return "30" if person.organization == HOME else "23"


def _my_workspace(person: Person) -> str:
    return min(allowed(person).workspaces, default="10")


def _foreign_workspace(person: Person) -> str:
    return min({"10", "11", "12", "13"} - allowed(person).workspaces, default="13")


def _colleague(person: Person) -> str:
    return "7" if person.user == "8" else "8"


MEMBERS: dict[str, Spell] = {
    "nobody": lambda _: (),
    "self": lambda person: (person.user,),
    "colleague": lambda person: (_colleague(person),),
    "owner": lambda _: ("1",),
    "inactive": lambda _: ("9",),
    "stranger": lambda _: (STRANGER,),
    "other's": lambda person: ("12" if person.organization == HOME else "2",),
    "missing": lambda _: ("4711",),
    # -- spelled otherwise
    "empty": lambda _: ("",),
    "twice": lambda person: (person.user, person.user, ""),
    "two": lambda person: (person.user, _colleague(person)),
    "two and a stranger": lambda person: (person.user, _colleague(person), "4711"),
    "everybody": lambda _: (),
    "everybody and one": lambda person: (person.user,),
    "blank before": lambda _: (" 7",),
    "blank behind": lambda _: ("7 ",),
    "zero before": lambda _: ("07",),  # somebody else
    "plus": lambda _: ("+7",),
    "fraction": lambda _: ("7.0",),
    "full width": lambda _: ("\uff17",),
    "encoded twice": lambda _: ("%37",),
    "composed": lambda _: (NFC,),
    "decomposed": lambda _: (NFD,),
    "capital": lambda _: (NFC.upper(),),
    "nul": lambda _: ("7\0",),
    "line break": lambda _: ("7\n",),
    "long": lambda _: ("7" * 256,),
}
PLAIN_MEMBERS = (*tuple(MEMBERS)[:8], "two", "everybody")


@dataclass(frozen=True)
class Narrowing:
    """What is asked of workspaces and projects."""

    workspaces: Spell
    projects: Spell


def _projects(ask: Spell) -> Narrowing:
    return Narrowing(lambda _: (), ask)


def _workspaces(ask: Spell) -> Narrowing:
    return Narrowing(ask, lambda _: ())


NARROWINGS: dict[str, Narrowing] = {
    "all": _projects(lambda _: ()),
    "own project": _projects(lambda person: (_mine(person),)),
    "foreign project": _projects(lambda person: (_foreign(person),)),
    "own and foreign": _projects(lambda person: (_mine(person), _foreign(person))),
    "missing project": _projects(lambda _: ("4711",)),
    "other's project": _projects(lambda person: (_others(person),)),
    "own workspace": _workspaces(lambda person: (_my_workspace(person),)),
    "foreign workspace": _workspaces(lambda person: (_foreign_workspace(person),)),
    "missing workspace": _workspaces(lambda _: ("4711",)),
    "workspace beside project": Narrowing(lambda _: ("10",), lambda _: ("22",)),
    # -- spelled otherwise
    "empty": Narrowing(lambda _: ("", ""), lambda _: ("",)),
    "twice": _projects(lambda person: (_mine(person),) * 2),
    "forgotten": _projects(lambda _: (FORGOTTEN,)),
    "a crowd of one": _projects(lambda person: (_mine(person),) * CROWD),
    "a crowd": _projects(lambda person: (_mine(person), *map(str, range(100_000, 100_000 + CROWD)))),
    "empty workspace": _workspaces(lambda _: ("14",)),
    "other's workspace": _workspaces(lambda person: ("13" if person.organization == HOME else "14",)),
    "own and foreign workspace": _workspaces(lambda person: (_my_workspace(person), _foreign_workspace(person))),
    "workspace with project": Narrowing(lambda _: ("10", "11"), lambda _: ("20", "22")),
    "own workspace, foreign project": Narrowing(
        lambda person: (_my_workspace(person),), lambda person: (_foreign(person),)
    ),
    "workspace as project": _projects(lambda person: (_my_workspace(person),)),
    "project as workspace": _workspaces(lambda person: (_mine(person),)),
    "blank before": _projects(lambda _: (" 20",)),
    "zero before": _projects(lambda _: ("020",)),  # another project
    "fraction": _projects(lambda _: ("20.0",)),
    "full width": _projects(lambda _: ("\uff12\uff10",)),
    "composed": _projects(lambda _: ("caf\u00e9",)),
    "decomposed": _projects(lambda _: ("cafe\u0301",)),
    "capital": _projects(lambda _: ("CAF\u00c9",)),
    "listed": _projects(lambda _: ("20,22",)),
    "nul": _projects(lambda _: ("20\0",)),
    "long": _workspaces(lambda _: ("1" * 256,)),
}
PLAIN_NARROWINGS = tuple(NARROWINGS)[:10]

ENTRIES: dict[str, tuple[str, ...]] = {
    "none": (),
    "home": ("home",),
    "members": ("members",),
    "organization": ("organization",),
    "garbage": ("payroll",),
    "two": ("home", "organization"),
}
PLAIN_ENTRIES = tuple(ENTRIES)[:4]

ENCODINGS = ("quoted", "every byte")


@cache
def _encoded(text: str, encoding: str) -> str:
    """Return a text as it stands in an address; a project's id stands in thousands of them."""
    if encoding == "quoted":
        return quote(text, safe="")
    return "".join(f"%{byte:02x}" for byte in text.encode())


@dataclass(frozen=True)
class Case:
    """One question of one person at one place."""

    person: str
    surface: str
    member: str
    narrowing: str
    entry: str
    encoding: str = "quoted"

    def ask(self) -> Ask:
        """Return what is asked, in plain text."""
        person = PEOPLE[self.person] or Person(HOME, "7", "annotator")
        narrowing = NARROWINGS[self.narrowing]
        return Ask(
            MEMBERS[self.member](person),
            ("all",) if self.member.startswith("everybody") else (),
            narrowing.workspaces(person),
            narrowing.projects(person),
            ENTRIES[self.entry],
        )

    @property
    def opened(self) -> set[str]:
        """The member whose projects are to be opened."""
        return {_colleague(PEOPLE[self.person] or Person(HOME, "7", "annotator"))}

    def question(self) -> str:
        """Return the same as the query of an address."""
        pairs = [*self.ask().pairs(), *SURFACES[self.surface][1].items()]
        return "&".join([PERIOD, *(f"{self._encoded(name)}={self._encoded(value)}" for name, value in pairs)])

    def _encoded(self, text: str) -> str:
        return _encoded(text, self.encoding)

    def decision(self) -> Decision:
        """Say what is right."""
        person, ask = PEOPLE[self.person], self.ask()
        decision = decide(WORLD, person, ask)
        crowded = len(ask.projects) > MOST_IN_A_CALLBACK and SURFACES[self.surface][0] in CALLBACKS
        if person is None:
            return Decision(frozenset({302})) if self.surface == "page" else decision
        if self.surface == "projects" and 200 in decision.statuses and not self.opened & allowed(person).members:
            decision = Decision(frozenset({403}))
        if SURFACES[self.surface][0] in CALLBACKS and len(self.question()) > LARGEST_IN_A_CALLBACK:
            return Decision(frozenset({413}))
        if crowded and not malformed(ask):
            return Decision(frozenset({400, 403} if refused(WORLD, person) else {400}))
        return decision


def plain_cases() -> Iterator[Case]:
    """Yield everybody everywhere, asking for themselves without any filter, and for a colleague."""
    for name, person in PEOPLE.items():
        chooses = person is not None and len(allowed(person).members) > 1
        for surface in SURFACES:
            yield Case(name, surface, "nobody", "all", "none")
            if chooses or surface in ("page", "report.json", "comments.csv", "figures", "tables", "times"):
                yield Case(name, surface, "colleague", "all", "none")


def covering_cases() -> list[Case]:
    """Return few cases in which any two values of any two dimensions meet, always the same ones."""
    dimensions: Sequence[Sequence[str]] = [*map(list, (PEOPLE, SURFACES, MEMBERS, NARROWINGS, ENTRIES)), ENCODINGS]
    places = list(combinations(range(len(dimensions)), 2))
    missing = {
        (one, other, first, second)
        for one, other in places
        for first, second in product(dimensions[one], dimensions[other])
    }
    drawn, cases = random.Random(7), []
    ordered = sorted(missing)
    drawn.shuffle(ordered)
    for one, other, first, second in ordered:
        if (one, other, first, second) not in missing:
            continue
        best: tuple[int, tuple[str, ...], set[Any]] = (-1, (), set())
        for _ in range(12):
            row = [drawn.choice(values) for values in dimensions]
            row[one], row[other] = first, second
            met = {(i, j, row[i], row[j]) for i, j in places} & missing
            best = max(best, (len(met), tuple(row), met), key=lambda each: each[0])
        missing -= best[2]
        cases.append(Case(*best[1]))
    return cases


def all_cases() -> Iterator[Case]:
    """Yield the full product of people, places, entries and what is asked for.

    What is spelled in an unusual way, of members, of projects or of the entry, meets the usual half of the others.
    """
    spelled = [each for each in MEMBERS if each not in PLAIN_MEMBERS]
    narrowed = [each for each in NARROWINGS if each not in PLAIN_NARROWINGS]
    asked = [
        *product(PLAIN_MEMBERS, PLAIN_NARROWINGS, PLAIN_ENTRIES),
        *product(spelled, ("all", "own project"), ("none",)),
        *product(("nobody", "colleague"), narrowed, ("none",)),
        *product(("nobody", "colleague"), ("all",), ("garbage", "two")),
    ]
    for person, surface in product(PEOPLE, SURFACES):
        for place, (member, narrowing, entry) in enumerate(asked):
            yield Case(person, surface, member, narrowing, entry, ENCODINGS[place % len(ENCODINGS)])

"""Nobody sees what they may not: everybody asks for everybody everywhere, and a table says what is right.

`make test` asks a covering part of the matrix of a real store. With PERFWIDGET_SECURITY=full the whole product is asked
of a store that answers equal scoped questions once, for it answers nothing else and does not change meanwhile.
"""

import csv
import io
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from perfwidget.report.drilldown import PAGE
from perfwidget.report.reading import MOST_LINES
from perfwidget.stores import Store, open_store
from tests.conftest import WHOLE, NewStore
from tests.hosts import OPENERS, asking_body, shown_seconds
from tests.security.authorization_world import (
    AWAY,
    DAYS,
    HOME,
    PEOPLE,
    PERIOD,
    PREFIX,
    STRANGER,
    WORLD,
    Cell,
    Platform,
    cells_in,
    facts,
    microseconds,
    name_token,
    neighbour,
    score,
    title_token,
    token,
    tokens,
    workspace_token,
)
from tests.security.matrix import (
    CALLBACKS,
    IN_BROWSER,
    ROUTES,
    SURFACES,
    Case,
    all_cases,
    allowed,
    covering_cases,
    plain_cases,
)
from tests.security.oracle import ROLES, Decision, Person, refused, role_table, seen

ROOT = Path(__file__).parents[2]
STRIDES = {"postgresql": 7, "clickhouse": 29}
"""On other engines than the embedded one one case in so many is asked."""
DOCUMENT = {"Sec-Fetch-Dest": "document"}
_RANDOM = re.compile(rb'"end_id":"[^"]*"')
"""What Dash writes into each page anew, and nothing in it depends on who asks."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = open_store(f"duckdb:///{tmp_path_factory.mktemp('authorization')}/facts.duckdb")
    opened.write(facts())
    yield opened
    opened.close()


class _Remembering:
    """A store that does not change, and looks up what it was asked before."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._reader = _RememberingReader(store)

    @contextmanager
    def reading(self) -> Iterator["_RememberingReader"]:
        yield self._reader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class _RememberingReader:
    """Answers equal questions once: who asks and what is asked are all that an answer depends on."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[Any, Any] = {}

    def __getattr__(self, name: str) -> Any:
        def ask(*arguments: Any, **named: Any) -> Any:
            key = (name, *map(_frozen, arguments), *((each, _frozen(value)) for each, value in named.items()))
            if key not in self._known:
                with self._store.reading() as reader:
                    answer = getattr(reader, name)(*arguments, **named)
                    self._known[key] = list(answer) if name == "stream" else answer
            return iter(self._known[key]) if name == "stream" else self._known[key]

        return ask

    def timed(self, note: object) -> "_RememberingReader":
        """Return the same: nobody looks at how long it takes."""
        return self


def _frozen(value: Any) -> Any:
    if type(value).__name__ == "Viewer":
        return tuple(getattr(value, slot) for slot in value.__slots__)
    if isinstance(value, slice):
        return value.start, value.stop
    return tuple(value) if isinstance(value, list) else value


class Asker:
    """Everybody's browsers, and the bodies of callbacks."""

    def __init__(self, store: Any) -> None:
        self.platform = Platform(store, PEOPLE, metrics_allowed=lambda request: "Let-Me-In" in request.headers)
        self.browsers = {name: self.platform.browser(name) for name in PEOPLE}
        boss = self.browsers["owner 1"]
        self._bodies = {name: asking_body(boss, name, None) for name in CALLBACKS}

    def call(self, name: str, callback: str, value: object) -> TestResponse:
        """Forge what the page's script would send."""
        body = {**self._bodies[callback]}
        body["inputs"] = [{**body["inputs"][0], "value": value}]
        return self.browsers[name].post(f"{PREFIX}/_dash-update-component", json=body)

    def answer(self, case: Case) -> TestResponse:
        """Ask one case."""
        place, question = SURFACES[case.surface][0], case.question()
        if place == "asked":
            return self.call(case.person, place, {"question": question})
        if place == "open-tables":
            return self.call(case.person, place, {"question": question, "open": [*OPENERS]})
        if place == "team-sought":
            among = {"among": "_"} if case.surface == "way" else {}
            table = f"open={min(case.opened)}" if case.surface == "projects" else ""
            return self.call(case.person, place, {"question": question, "table": table, **among})
        if place == "look":
            return self.call(case.person, place, {"question": question, "news": None})
        if place == "rows-sought":
            sought = {"question": question}
            return self.call(case.person, place, sought)
        address = f"{PREFIX}{ROUTES[place][1]}?{question}"
        return self.browsers[case.person].get(address, headers=DOCUMENT, buffered=True)


@pytest.fixture(scope="module")
def asker(store: Store) -> Asker:
    return Asker(store)


# -- What a right answer holds ----------------------------------------------------------------------------------------


def _named(person: Person, users: Iterable[str]) -> set[str]:
    return {name_token(person.organization, user) for user in users if (person.organization, user) in WORLD.active}


def _titled(cells: Iterable[Cell]) -> set[str]:
    return {title_token(where, project) for where, _, project in cells if (where, project) in WORLD.projects}


def _texts(case: Case, person: Person, decision: Decision, cells: set[Cell]) -> set[str]:
    """Return the tokens that the answer must hold, and no other."""
    of = {kind: {token(kind, cell) for cell in cells} for kind in "tacrv"}
    titles = _titled(cells)
    at_work = {member for _, member, _ in cells}
    asked = () if decision.everybody else decision.subjects
    whose = _named(person, at_work) if decision.several else set()
    match case.surface:
        case "page" | "news" | "way":
            return set()
        case "tables":  # of few members each column is one's own
            return _named(person, asked) if 1 < len(asked) <= MOST_LINES and cells else set()
        case "members":
            return _named(person, at_work) if decision.several else set()
        case "projects":
            theirs = {cell for cell in cells if cell[1] in case.opened}
            return _named(person, at_work) | _titled(theirs) if decision.several else set()
        case "report.csv" | "members.csv":
            return _named(person, at_work if decision.several else decision.subjects)
        case "report.json" | "figures":
            return _named(person, {*asked, *at_work} if decision.several else decision.subjects)
        case "timeline.csv":
            return of["a"] | titles | _named(person, at_work)
        case "comments.csv":
            authors = {neighbour(cell)[1] for cell in cells}
            chooses = ROLES[person.role].members != "self"
            return of["t"] | of["c"] | titles | (_named(person, authors) if chooses else set())
        case "scores.csv":
            return of["r"] | titles
        case "scores":
            return of["r"] | titles | whose
        case "fixes.csv":
            return {token("r", neighbour(cell, -1)) for cell in cells} | titles
        case "visits.csv":
            return of["v"] | titles
        case "times" | "visits":
            return of["t"] | titles | whose
        case _:
            return of["t"] | titles


def _figures(case: Case, answer: TestResponse) -> list[tuple[float | None, float | None]] | None:
    """Return the day's seconds of annotating and of reviewing, where the answer tells them."""

    def number(text: str) -> float | None:
        return float(text) if text not in ("", "—") else None

    match case.surface:
        case "report.json":
            return [(day["total_time"], day["review_time"]) for day in answer.json["days"]]
        case "report.csv":
            by_date: dict[str, list[float | None]] = {}
            for day in csv.DictReader(io.StringIO(answer.text)):
                sums = by_date.setdefault(day["date"], [None, None])
                for place, name in enumerate(("total_time_s", "review_time_s")):
                    sums[place] = _sum(sums[place], number(day[name]))
            told = [(annotating, reviewing) for annotating, reviewing in by_date.values()]
            return told or [(None, None)] * DAYS  # nobody worked
        case "tables":
            both = [shown_seconds(answer, panel) or [""] * DAYS for panel in ("total-time", "review-time")]
            return [(number(one), number(other)) for one, other in zip(*both, strict=True)]
    return None


def _sum(one: float | None, other: float | None) -> float | None:
    return one if other is None else other if one is None else one + other


def _faults(case: Case, decision: Decision, answer: TestResponse) -> Iterator[str]:
    """Say what is wrong with an answer."""
    if answer.status_code not in decision.statuses:
        yield f"status {answer.status_code} instead of {sorted(decision.statuses)}"
        return
    person = PEOPLE[case.person]
    text = answer.text
    if answer.status_code != 200 or person is None:
        if strange := tokens(text):
            yield f"a refusal tells {sorted(strange)}"
        return
    cells = seen(WORLD, person.organization, decision.subjects, decision.projects)
    expected, found = _texts(case, person, decision, cells), tokens(text)
    if found - expected:
        yield f"it tells what it must not: {sorted(found - expected)}"
    first_page = case.surface in ("times", "scores", "visits") and len(cells) > PAGE
    if expected - found and not first_page:
        yield f"it lacks {sorted(expected - found)}"
    days = _figures(case, answer)
    if days is not None:
        for kind, place in (("annotating", 0), ("reviewing", 1)):
            made_of = {cell for day in range(DAYS) for cell in cells_in(day, days[day][place])}
            if made_of != cells or len(days) != DAYS:
                yield f"{kind} is made of too many {sorted(made_of - cells)} and of too few {sorted(cells - made_of)}"
    if case.surface == "times" and cells:
        exact = f"{sum(map(microseconds, cells)) / 1_000_000!r} seconds"
        if exact not in text:
            yield f"it does not say {exact}"
    if case.surface == "report.json":
        yield from _report_faults(case, person, cells, answer.json)


def _report_faults(case: Case, person: Person, cells: set[Cell], report: dict[str, Any]) -> Iterator[str]:
    ask = case.ask()
    everything = ROLES[person.role].projects == "organization"
    mean = sum(map(score, cells)) / len(cells) if cells else None
    told = {
        "scope": report["scope"],
        "workspaces": report["filters"]["workspaces"],
        "projects": report["filters"]["projects"],
        "submitted": report["summary"]["submitted_annotations"],
        "fixed": report["reviewing"]["reviews_fixed_and_accepted"],
        "score": report["summary"]["performance_score"],
    }
    right = {
        "scope": "all" if everything else sorted(allowed(person).projects),
        "workspaces": list(dict.fromkeys(filter(None, ask.workspaces))),
        "projects": list(dict.fromkeys(filter(None, ask.projects))),
        "submitted": len(cells),
        "fixed": len(cells) if person.organization in (HOME, AWAY) else None,  # nothing says that others record it
        "score": mean if mean is None else pytest.approx(mean, abs=1e-12),
    }
    yield from (f"{key} is {told[key]} and not {right[key]}" for key in right if told[key] != right[key])


class Verdict:
    """What was wrong in many cases; refusals of one person in one place must not differ by a byte."""

    def __init__(self) -> None:
        self.asked = 0
        self.faults: list[str] = []
        self.statuses: dict[int, int] = defaultdict(int)
        self._refusals: dict[tuple[str, ...], tuple[Case, object]] = {}

    def judge(self, case: Case, answer: TestResponse) -> None:
        """Take one answer."""
        self.asked += 1
        self.statuses[answer.status_code] += 1
        self.faults += [f"{case}: {fault}" for fault in _faults(case, case.decision(), answer)]
        if answer.status_code == 403:
            headers = sorted((name, value) for name, value in answer.headers if name not in ("Date", "Set-Cookie"))
            said = (_RANDOM.sub(b"", answer.data), headers)
            known, before = self._refusals.setdefault((case.person, case.surface, case.entry), (case, said))
            if before != said:
                self.faults.append(f"{case} is refused in other words than {known}")


def _ask(asker: Asker, cases: Iterable[Case]) -> Verdict:
    verdict = Verdict()
    for case in cases:
        verdict.judge(case, asker.answer(case))
        if len(verdict.faults) > 20:
            break
    return verdict


# -- The matrix -------------------------------------------------------------------------------------------------------


def test_everybody_sees_their_own_and_a_colleagues_figures_or_is_refused(asker: Asker) -> None:
    cases = [*plain_cases()]
    verdict = _ask(asker, cases if WHOLE else cases[::2])
    assert not verdict.faults, "\n".join(verdict.faults)
    assert {200, 302, 401, 403} <= set(verdict.statuses)


def test_any_two_circumstances_together_change_nothing(asker: Asker) -> None:
    verdict = _ask(asker, covering_cases())
    assert not verdict.faults, "\n".join(verdict.faults)
    assert verdict.asked > 800


@pytest.mark.skipif(not WHOLE, reason="takes minutes; set PERFWIDGET_SECURITY=full")
def test_the_whole_matrix(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    verdict = _ask(Asker(_Remembering(store)), all_cases())
    with capsys.disabled():
        sys.stdout.write(f"\n{verdict.asked:,} cases of authorization, by status: {dict(verdict.statuses)}\n")
    assert not verdict.faults, "\n".join(verdict.faults)
    assert verdict.asked >= 100_000


@pytest.mark.parametrize("engine", ["postgresql", "clickhouse"], indirect=True, scope="session")
def test_on_every_engine_nobody_sees_what_they_may_not(engine: str, new_store: NewStore) -> None:
    with closing(open_store(new_store())) as store:
        store.write(facts())
        cases = [*plain_cases(), *covering_cases()]
        verdict = _ask(Asker(store), cases if WHOLE else cases[:: STRIDES[engine]])
    assert not verdict.faults, "\n".join(verdict.faults)
    assert {200, 302, 401, 403} <= set(verdict.statuses)


# -- Routes and callbacks ---------------------------------------------------------------------------------------------


def test_every_route_and_callback_is_in_the_matrix(asker: Asker) -> None:
    rules = {
        rule.endpoint.partition(".")[2]: rule.rule.removeprefix(PREFIX)
        for rule in asker.platform.app.url_map.iter_rules()
        if rule.endpoint.startswith("perfwidget.")
    }
    assert rules == {endpoint: rule for endpoint, (_, rule) in ROUTES.items()}
    known = asker.browsers["owner 1"].get(f"{PREFIX}/_dash-dependencies").json
    functions = {each["clientside_function"]["function_name"] for each in known if each["clientside_function"]}
    on_server = {each["inputs"][0]["id"] for each in known if not each["clientside_function"]}
    assert (on_server, functions) == (set(CALLBACKS), IN_BROWSER)
    asked = {place for place, _ in SURFACES.values()}
    named = {endpoint for endpoint, (kind, _) in ROUTES.items() if kind in ("page", "freshness", "figures", "rows")}
    assert named | set(CALLBACKS) - {"seek", "definitions", "dates"} == asked


def _files(browser: FlaskClient) -> list[str]:
    page = browser.get(f"{PREFIX}/").text
    return sorted(set(re.findall(r'(?:src|href)="((?:/performance/)?(?:assets|_dash-component-suites)/[^"]+)"', page)))


AT_THE_DOORS = ("anonymous", "owner 1", "manager 4", "annotator 7", "annotator 9", "king", "away owner 7", "elsewhere")


@pytest.mark.parametrize("name", PEOPLE if WHOLE else AT_THE_DOORS)
def test_every_route_answers_every_method_as_it_should(asker: Asker, name: str) -> None:
    person, browser = PEOPLE[name], asker.browsers[name]
    files = _files(asker.browsers["owner 1"])
    assert len(files) > 10
    addresses = [(kind, rule) for kind, rule in ROUTES.values() if "<" not in rule and kind != "pay"]
    addresses += [("static", f"/{file.removeprefix(PREFIX).lstrip('/')}") for file in (files[0], files[-1])]
    outcast = person is not None and refused(WORLD, person)
    for kind, rule in addresses:
        address = f"{PREFIX}{rule}{'?metric=total_time' if rule.endswith('rows.csv') else ''}"
        for method in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"):
            answer = browser.open(address, method=method, headers=DOCUMENT, buffered=True)
            if method not in ({"POST", "OPTIONS"} if kind == "callback" else {"GET", "HEAD", "OPTIONS"}):
                right = 405
            elif kind in ("health", "metrics"):  # the same for everybody, whoever they are
                right = 403 if kind == "metrics" and method != "OPTIONS" else 200
            elif person is None:
                right = 302 if kind == "page" else 401
            elif method == "OPTIONS":
                right = 403 if outcast and kind == "page" else 200
            elif kind == "callback":
                right = 400  # without a body
            elif outcast and kind not in ("static", "nothing"):
                right = 403
            else:
                right = 204 if rule == "/session" else 200
            assert answer.status_code == right, (method, address, answer.data[:200])
            if right != 200 or method != "GET" or kind not in ("lists", "rows", "figures"):
                assert not tokens(answer.data.decode(errors="replace")), (method, address)


@pytest.mark.parametrize("output", ["..asked.data", "nothing.at.all", "found.data@1", ""])
def test_no_other_callback_can_be_called(asker: Asker, output: str) -> None:
    known = asker.browsers["owner 1"].get(f"{PREFIX}/_dash-dependencies").json
    for each in [
        *(each for each in known if each["clientside_function"]),
        {"output": output, "inputs": [], "state": []},
    ]:
        body = {"output": each["output"], "outputs": [], "inputs": each["inputs"], "state": each["state"]}
        body["changedPropIds"] = []
        for name, status in (("annotator 7", 400), ("owner 1", 400), ("anonymous", 401)):
            answer = asker.browsers[name].post(f"{PREFIX}/_dash-update-component", json=body)
            assert (answer.status_code, list(answer.json)) == (status, ["error"])


def test_files_are_for_those_who_are_signed_in(asker: Asker) -> None:
    for file in _files(asker.browsers["owner 1"]):
        address = f"{PREFIX}/{file.removeprefix(PREFIX).lstrip('/')}"
        assert asker.browsers["anonymous"].get(address).status_code == 401
        answer = asker.browsers["annotator 7"].get(address, buffered=True)
        assert answer.status_code == 200
        assert not tokens(answer.data.decode(errors="replace"))


# -- What may be chosen -----------------------------------------------------------------------------------------------


def _choosable(person: Person) -> dict[str, set[str]]:
    """Return the ids that each list is to hold."""
    offer = allowed(person)
    return {"member": set(offer.members), "workspace": set(offer.workspaces), "project": set(offer.projects)}


def _labels(person: Person, offered: dict[str, set[str]]) -> set[str]:
    home = person.organization
    projects = {title_token(home, each) for each in offered["project"] if (home, each) in WORLD.projects}
    workspaces = {workspace_token(home, each) for each in offered["workspace"]}
    return projects | workspaces | _named(person, offered["member"])


@pytest.mark.parametrize("name", [name for name, person in PEOPLE.items() if person is not None])
def test_lists_and_searches_hold_what_may_be_chosen_and_nothing_else(asker: Asker, name: str) -> None:
    person = PEOPLE[name]
    assert person is not None
    layout = asker.browsers[name].get(f"{PREFIX}/_dash-layout")
    if refused(WORLD, person):
        assert (layout.status_code, tokens(layout.text)) == (403, set())
        sought = {"kind": "member", "text": "", "workspaces": []}
        assert asker.call(name, "seek", sought).status_code == 403
        return
    right = _choosable(person)
    [choices] = [
        part["props"]["data"] for part in layout.json["props"]["children"] if part["props"].get("id") == "choices"
    ]
    chooses = ROLES[person.role].members != "self"
    assert choices["viewer"] == person.user
    offered = right["member"] | {"_"} if chooses and right["member"] else set()
    assert {each["value"] for each in choices["members"]} == offered
    everybody = [each["label"] for each in choices["members"] if each["value"] == "_"]
    assert everybody == ([f"All {len(right['member'])} members"] if offered else [])
    assert {each["value"] for each in choices["workspaces"]} == right["workspace"]
    assert {each["value"]: each["workspace"] for each in choices["projects"]} == allowed(person).projects
    assert tokens(layout.text) == _labels(person, right | {"member": right["member"] if chooses else set()})
    recorded = {user for where, user in WORLD.active if where == person.organization}
    strangers = {STRANGER} if person.organization == HOME and ROLES[person.role].projects == "organization" else set()
    right["member"] &= recorded | strangers
    for kind, ids in right.items():
        for text in ("", "zq", "zqn0009", "ZQP0007Q", "2", "\u00fc"):
            for workspaces in ([], ["10"], ["13"]) if kind == "project" else ([],):
                answer = asker.call(name, "seek", {"kind": kind, "text": text, "workspaces": workspaces})
                assert answer.status_code == 200
                found = answer.json["response"]["found"]["data"]["options"]
                assert tokens(answer.text) - tokens(text) <= _labels(
                    person, {key: ids if key == kind else set() for key in right}
                )
                kept = {each["value"] for each in found}
                assert kept <= ids
                if kind == "project" and workspaces:
                    assert {allowed(person).projects[each] for each in kept} <= set(workspaces)
                elif text == "":
                    assert kept == ids
                assert all(text.casefold() in f"{each['label']} {each['value']}".casefold() for each in found)


# -- The table of roles -----------------------------------------------------------------------------------------------


def test_the_readme_shows_the_table_that_all_of_this_stands_on() -> None:
    assert role_table() in (ROOT / "README.md").read_text()


def test_a_time_tells_its_cells() -> None:
    """The test of the test: sums of any cells of a day are told apart."""
    cells = {cell for cell in WORLD.cells if cell in cells_in(1, (2**42 - 1) / 1_000_000)}
    assert len(cells) == 42
    some = {cell for place, cell in enumerate(sorted(cells)) if place % 3}
    assert cells_in(1, sum(map(microseconds, some)) / 1_000_000) == some
    assert PERIOD.startswith("from=2024-03-01&to=2024-03-03")

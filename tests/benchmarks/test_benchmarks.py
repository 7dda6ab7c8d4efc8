"""What the benchmark stands on: a world that is the same every time, and contenders that answer what we answer."""

import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pytest

from perfwidget import open_store
from perfwidget.facts import FACTS, Annotation
from perfwidget.facts.ingest import Snapshot
from perfwidget.question.period import Period
from perfwidget.report import report
from perfwidget.sources.export import ImportResult, read_export
from perfwidget.stores import Store
from tests.benchmarks import engines, export_files, frames, outcome, pay, plain_sql, team, world
from tests.benchmarks.by_hand import ByHand, day_of
from tests.benchmarks.filling import facts, fill
from tests.benchmarks.frames import Pandas
from tests.benchmarks.measuring import compared
from tests.benchmarks.plain_sql import PlainSQL
from tests.benchmarks.questions import PERIODS, TOTALS, Contender, Question, answer_of, differences, questions
from tests.benchmarks.site import Site
from tests.benchmarks.stock_page import CARDS, DAILY_GRAPHS, FromFrames, FromStore
from tests.benchmarks.team_frames import COLUMNS, PandasTable
from tests.benchmarks.world import LAST_DAY, World
from tests.worlds import ORGANIZATION

SMALL = World(6_000)
TABLES = [fact.table for fact in FACTS]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    made = Site(tmp_path_factory.mktemp("site") / "small", SMALL)
    made.prepare()
    return made


@pytest.fixture(scope="module")
def store(site: Site) -> Iterator[Store]:
    opened = open_store(site.address)
    yield opened
    opened.close()


@pytest.fixture(scope="module", params=["pandas", "plain SQL", "by hand"])
def contender(request: pytest.FixtureRequest, site: Site) -> Iterator[Contender]:
    if request.param == "pandas":
        yield Pandas(frames.load(site.frames))
        return
    with duckdb.connect(str(site.beside), read_only=True) as connection:
        yield PlainSQL(connection) if request.param == "plain SQL" else ByHand(connection)


def test_the_same_seed_makes_the_same_facts_and_another_makes_others() -> None:
    def columns(seed: int) -> list[tuple[str, str, np.ndarray]]:
        chunks = World(500, seed).chunks()
        return [
            (fact.table, name, values)
            for chunk in chunks
            for fact, table in chunk.items()
            for name, values in table.items()
        ]

    first, again, other = columns(1), columns(1), columns(2)
    assert all(np.array_equal(one, same) for (*_, one), (*_, same) in zip(first, again, strict=True))
    assert any(not np.array_equal(one, same) for (*_, one), (*_, same) in zip(first, other, strict=True))


def test_chunks_hold_no_more_than_they_may_and_number_every_annotation_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "CHUNK", 400)
    ids = [chunk[Annotation]["annotation_id"] for chunk in World(1_000).chunks()]
    assert [len(each) for each in ids] == [400, 400, 200]
    assert len(set(np.concatenate(ids).tolist())) == 1_000


def test_filling_by_sql_leaves_what_writing_the_facts_does(tmp_path: Path) -> None:
    world, filled, written = World(1_500), tmp_path / "filled.duckdb", tmp_path / "written.duckdb"
    fill(filled, world)
    store = open_store(f"duckdb:///{written}")
    store.write(facts(world))
    store.close()

    def rows(file: Path, table: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(file), read_only=True) as connection:
            return connection.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall()

    for table in (*TABLES, "mentions"):
        assert rows(filled, table) == rows(written, table), table


def test_the_world_has_what_the_page_shows(site: Site, store: Store) -> None:
    shown = set()
    for member in SMALL.workers():
        for period in (Period(date(2025, 1, 1), LAST_DAY, "UTC"), PERIODS[1]):  # whose work may have moved later
            asked = replace(questions(SMALL)[0], member=str(member.user_id), period=period)
            values = report(store, asked.viewer, asked.query).values
            shown |= {key for key, number in values.items() if number}
    # Two are notes of its source, the third one is a fault; a small world has no longer days and one reviewer alone.
    missing = {"imported", "from_predictions", "other_reviews"}
    of_larger = {"days_over_24_hours", "performance_score_without_own_reviews"}
    assert set(TOTALS) - shown == missing | of_larger


EARLIER = [replace(each, name=f"{each.name} before", period=PERIODS[1]) for each in questions(SMALL)]


@pytest.mark.parametrize("question", [*questions(SMALL), *EARLIER], ids=lambda question: question.name)
def test_contenders_give_our_numbers(store: Store, contender: Contender, question: Question) -> None:
    ours = answer_of(report(store, question.viewer, question.query, grain=question.grain))
    assert ours.total["submitted_annotations"]
    assert differences(ours, contender(question)) == []


@pytest.mark.parametrize("server", ["postgresql", "clickhouse"])
def test_other_engines_are_filled_with_the_same(store: Store, server: str, request: pytest.FixtureRequest) -> None:
    address = request.getfixturevalue(server).new_store()
    engines.fill(address, SMALL)
    filled = open_store(address)
    try:
        for asked in questions(SMALL):
            ours = report(store, asked.viewer, asked.query, grain=asked.grain)
            assert report(filled, asked.viewer, asked.query, grain=asked.grain) == ours
    finally:
        filled.close()


def test_days_by_hand_are_those_of_the_zone_when_clocks_change() -> None:
    question = questions(SMALL)[-1]
    hour = timedelta(hours=1)
    first = datetime.combine(question.period.first, time(), UTC) + hour  # the zone is ahead of UTC
    instants = [first + number * hour for number in range(24 * (question.period.days - 1))]
    asked = f"SELECT {day_of(question, 'instant')} FROM (SELECT unnest($instants) AS instant) listed"
    found = duckdb.execute(asked, {"instants": [round(each.timestamp()) * 1_000_000 for each in instants]}).fetchall()
    zone = ZoneInfo(question.period.timezone)
    assert [date(1970, 1, 1) + timedelta(days=day) for (day,) in found] == [
        each.astimezone(zone).date() for each in instants
    ]


def test_a_difference_is_named(store: Store) -> None:
    question = questions(SMALL)[0]
    ours = answer_of(report(store, question.viewer, question.query))
    other = ours._replace(total={**ours.total, "submitted": -1})
    assert differences(ours, other) == [f"total submitted: {ours.total['submitted']} and -1"]


def test_stock_pages_show_the_same_over_pandas_and_over_our_store(site: Site, store: Store) -> None:
    question = questions(SMALL)[0]
    over_pandas, over_store = FromFrames(frames.load(site.frames)), FromStore(store)
    for key in CARDS:
        assert over_pandas.totals(question, [key])[key] == pytest.approx(over_store.totals(question, [key])[key])
    for keys in DAILY_GRAPHS.values():
        one, other = over_pandas.by_day(question, keys), over_store.by_day(question, keys)
        assert list(one.date) == list(other.date)
        for key in keys:
            # Where no time is usable, stock pages draw a sum of 0 and we draw nothing.
            ours = other[key].fillna(0) if key == "total_time" else other[key]
            assert one[key].tolist() == pytest.approx(ours.tolist(), nan_ok=True)


def test_contenders_give_our_table_of_all_members(site: Site, store: Store) -> None:
    ours, pandas = team.ours(store), PandasTable(frames.load(site.frames))(team.PERIOD)
    with duckdb.connect(str(site.beside), read_only=True) as connection:
        by_hand = team.by_hand(connection)
    assert team.differences(ours, pandas) == team.differences(ours, by_hand) == []
    assert {key for row in ours.values() for key, number in row.items() if number} == {each.key for each in COLUMNS}


def test_the_export_files_hold_every_annotation(tmp_path: Path) -> None:
    reading = ImportResult()
    ids = set()
    for file in export_files.write(tmp_path, 501, 2):
        for each in read_export(io.BytesIO(file.read_bytes()), ORGANIZATION, reading):
            if isinstance(each, Snapshot):
                ids.add(each.annotation.annotation_id)
    assert (reading.annotations, len(ids), list(reading.sentences())) == (501, 501, [])
    assert reading.reviews > 10


def test_plain_tables_hold_every_row(site: Site) -> None:
    with duckdb.connect(str(site.beside), read_only=True) as connection:
        for table in plain_sql.TABLES:
            counts = f"SELECT (SELECT count(*) FROM main.{table}), (SELECT count(*) FROM plain.{table})"
            [(ours, plain)] = connection.execute(counts).fetchall()
            assert ours == plain > 0


def test_ratios_are_those_of_turns_side_by_side() -> None:
    ours, theirs = compared("queries", "what", {"ours": [1.0, 2.0, 4.0], "theirs": [3.0, 6.0, 12.0]})
    assert (ours.value, theirs.value, theirs.times) == (2.0, 6.0, 3.0)


def test_the_readme_shows_what_was_measured() -> None:
    [found] = outcome.MARKED.findall(outcome.README.read_text())
    assert found
    assert outcome.readme_table(outcome.kept()) in outcome.README.read_text()
    assert outcome.TABLES.read_text() == outcome.all_tables(outcome.kept())
    assert json.loads(outcome.NUMBERS.read_text())


def test_drafts_are_the_same_whether_or_not_all_work_is_read(site: Site, tmp_path: Path) -> None:
    alone = replace(site, folder=tmp_path / "alone")  # other tests may have the site's own store open
    shutil.copytree(site.folder, alone.folder)
    run, drafts = (found := list(pay.measure(alone)))[:6], found[6:]
    assert [each.unit for each in run] == ["s", "B"] * 3  # to propose, to export and to verify
    names = ["perfwidget", "with documents", "reading all work", "one sum by hand"]
    assert [each.contender for each in drafts] == names

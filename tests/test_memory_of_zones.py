"""Who asks in one time zone after the other, over long periods, fills no memory: what is kept is bounded in bytes."""

import gc
import tracemalloc
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from perfwidget.page import axes
from perfwidget.question.period import Grain, Period, zone_names
from perfwidget.stores.duckdb import DuckDBStore, database
from perfwidget.stores.sql import days_of
from tests.worlds import OWNER, annotation, ask, people

MB = 1_000_000
BOUND = 4 * MB
"""A third more than eight answers of each kind take, and a quarter less than thirty of the smaller kind."""

ZONES = sorted(zone_names())[::20]
"""Some thirty; caches of eight answers tell them from six hundred as well."""


def held(zones: Sequence[str], act: Callable[[str], None]) -> int:
    """Return by how many bytes memory has grown when something was done in every zone."""
    act(zones[0])  # what is loaded with the first one stays
    gc.collect()
    tracemalloc.start()
    try:
        for each in zones:
            act(each)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


def test_a_long_period_in_every_zone_is_forgotten_again(tmp_path: Path) -> None:
    """Each has three hundred weeks; without a bound, thirty take 5 MB of labels, or 12 MB of buckets."""
    with closing(DuckDBStore(tmp_path / "facts.duckdb")) as store:
        store.write(people())
        report = ask(store, OWNER, user="ann", from_="2020-01-06", to="2025-10-05", grain="week")
    heights, texts = [1.0] * 300, [""] * 300

    def drawn(name: str) -> None:
        period = Period(date(2020, 1, 6), date(2025, 10, 5), name)
        assert len(period.buckets(Grain.WEEK)) == 300
        axes.limited(replace(report, period=period), [], "", heights, texts, whole=False)
        days_of(Period(date(2020, 1, 1), date(2020, 12, 31), name))

    assert held(ZONES, drawn) < BOUND


def test_statements_in_one_zone_after_the_other_are_forgotten_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Months differ in length, so that the statements of fifty years of them are long, and other ones in each zone."""
    monkeypatch.setattr(database, "MOST_PARSED", 20_000)
    monkeypatch.setattr(database, "_PARSED", {})
    seen: set[str] = set()
    with closing(DuckDBStore(tmp_path / "facts.duckdb")) as store:
        store.write([*people(), annotation(1, "1970-01-02 12:00"), annotation(2, "2024-03-05 12:00")])
        for name in ZONES[::5]:
            report = ask(store, OWNER, user="ann", preset="all_time", grain="month", tz=name)
            assert report.values["submitted_annotations"] == 2
            assert sum(map(len, database._PARSED)) <= database.MOST_PARSED
            seen |= database._PARSED.keys()
    assert seen - database._PARSED.keys()

"""Real exports, where there are some: paid month by month they come to what the report says, and all verifies."""

import os
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from perfwidget import cli
from perfwidget.pay import Pay
from perfwidget.question.access import Viewer
from perfwidget.records import Records, open_records
from perfwidget.stores import Store, open_store
from tests.pay.payrolls import ANNA
from tests.worlds import ask

FOLDER = Path(os.environ.get("PERFWIDGET_REAL_EXPORTS", Path(__file__).parents[3] / "shared" / "data" / "leoka"))
FILES = sorted(FOLDER.glob("*.json"))
PHOENIX = "America/Phoenix"
OWNER = Viewer("default", "boss", "owner")

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not FILES, reason=f"there are no real exports in {FOLDER}; name them: PERFWIDGET_REAL_EXPORTS"),
]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Records]]:
    folder = tmp_path_factory.mktemp("real")
    address = f"duckdb:///{folder}/facts.duckdb"
    assert cli.main(["import", "--store", address, *map(str, FILES)]) == 0
    with closing(open_store(address)) as store, closing(open_records(f"sqlite:///{folder}/records.db")) as records:
        yield store, records


def months(first: date, last: date) -> Iterator[tuple[date, date]]:
    """Yield the first and last day of each month that has a day of a period."""
    begins = first.replace(day=1)
    while begins <= last:
        behind = (begins + timedelta(days=31)).replace(day=1)
        yield begins, behind - timedelta(days=1)
        begins = behind


def test_months_of_real_work_come_to_what_the_report_says_and_verify(house: tuple[Store, Records]) -> None:
    store, records = house
    whole = ask(store, OWNER, members="all", preset="all_time", tz=PHOENIX)
    active = [day.bucket.first for day in whole.series if day.values["submitted_annotations"]]
    pay = Pay(store, records, "default", timezone=PHOENIX)
    pay.begin("2000-01-01", ANNA)
    pay.write_card(ANNA, unit="hour", amount="36", currency="EUR", valid_from="2000-01-01")
    items, time = 0, Fraction(0)
    for period in months(min(active), max(active)):
        seen = [(each.user_id, *period, each.sha256) for each in pay.drafts(*period, ANNA) if not each.is_empty]
        for _, made in pay.propose_all(seen, ANNA):
            statement = pay.approve(made.number, ANNA)  # type: ignore[union-attr]
            for line in statement.document["lines"]:
                assert line["due"] == "work"
                items += len(line["items"])
                time += Fraction(line["quantity"])
    missing = int(whole.values["lead_time_missing"] or 0) + int(whole.values["lead_time_invalid"] or 0)
    assert items == int(whole.values["submitted_annotations"] or 0) - missing > 0
    assert float(time / 1_000_000) == whole.values["total_time"]
    assert pay.verify(ANNA) == ([], [])

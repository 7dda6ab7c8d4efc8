"""Pay of the sample platform: two closed months in two currencies, and something open in the second."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from perfwidget import open_store
from perfwidget.demo.payroll import MEMBER, fill_pay
from perfwidget.pay import Actor, Pay
from perfwidget.records import open_records
from perfwidget.settings import records_beside
from perfwidget.sources.sample import sample_facts
from perfwidget.sources.sample_cast import ORGANIZATION_ID

NOW = datetime(2026, 3, 12, 12, tzinfo=UTC)
LOOKS = Actor.command_line("test")


def test_two_months_are_closed_and_one_line_is_questioned(tmp_path: Path) -> None:
    url = f"duckdb:///{tmp_path}/sample.duckdb"
    with closing(open_store(url, wait=0)) as store:
        store.write(sample_facts(NOW))
        addresses = (records_beside(url), f"sqlite:///{tmp_path}/again.db")
        told = []
        for address in addresses:
            fill_pay(store, address, NOW)
            with closing(open_records(address)) as records:
                pay = Pay(store, records, ORGANIZATION_ID)
                assert pay.verify(LOOKS) == ([], [])
                statements = pay.statements(LOOKS)
                questions = pay.contests(LOOKS)
            told.append([(each.number, each.user_id, each.words, dict(each.totals)) for each in statements])
        assert told[0] == told[1], "the same facts give the same pay"
        assert {each.first.isoformat() for each in statements} == {"2026-01-01", "2026-02-01"}
        assert {code for each in statements for code in each.totals} == {"EUR", "KES"}
        first, second = ([each for each in statements if each.first.month == month] for month in (1, 2))
        assert len(first) >= 10
        assert {each.words for each in first} == {("paid",)}
        assert {each.words for each in second if each.user_id != MEMBER} == {("approved",)}
        [theirs] = [each for each in second if each.user_id == MEMBER]
        assert theirs.words == ("proposed", "contested")
        assert [len(line["items"]) for line in theirs.document["lines"] if line["due"] == "late"] == [1]
        assert [(each.statement, each.line, each.is_open) for each in questions] == [(theirs.number, 1, True)]

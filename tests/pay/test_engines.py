"""Every store tells pay the same, and what only some rows of it are asked for is found in each."""

from contextlib import closing
from pathlib import Path

from perfwidget.facts import Key
from perfwidget.stores import open_store
from tests.conftest import NewStore
from tests.pay.payrolls import DECEMBER, Payroll, again, left, lines, told, visit, work
from tests.worlds import ORGANIZATION, review

NOON = "2024-11-05 12:00"


def test_every_store_gives_the_same_drafts(new_store: NewStore, tmp_path: Path) -> None:
    with closing(open_store(new_store())) as store:
        paid = Payroll(store, f"sqlite:///{tmp_path}/records.db")
        paid.begin()
        with closing(paid.records):
            paid.card("hour", "36")
            paid.card("accepted_annotation", "1", place="project", place_id="p2")
            paid.card("review_hour", "36")
            first = work(1, NOON, 100)
            paid.write(first, work(2, NOON, None), work(3, NOON, 7, project_id="p2"), work(4, NOON, 5))
            paid.write(
                review(1, "2024-11-06 12:00", "rejected", annotation_id=3, project_id="p2"),
                review(2, "2024-11-07 12:00", "accepted", annotation_id=3, project_id="p2"),
                visit(1, "2024-11-06 11:00", "2024-11-06 12:00"),
                visit(2, "2024-11-06 11:30", "2024-11-06 12:10"),
            )
            assert lines(paid.draft()) == [("p1", "work", "1 4", "1.05"), ("p2", "work", "3", "1.00")]
            assert left(paid.draft()) == [("2", "no time")]
            assert lines(paid.draft(member="rev")) == [("p1", "work", "1 2", "42.00")]
            paid.settle()
            assert [identity for _, identity in paid.draft(DECEMBER).read.keys] == ["2"]
            assert left(paid.draft(DECEMBER)) == [("2", "no time")]
            paid.write(again(first, "2024-12-05 12:00", 160))
            paid.remove(Key(type(first), (ORGANIZATION, "4")))
            paid.write(again(work(3, NOON, 7, project_id="p2"), "2024-12-06 12:00", 9, completed_by="rev"))
            store.settle()
            assert lines(paid.draft(DECEMBER)) == [("p1", "added", "1", "0.60")]
            assert told(paid.draft(DECEMBER)) == [("3", "now another's"), ("4", "gone")]
            assert told(paid.draft(DECEMBER, "rev")) == [("3", "paid to another before")]

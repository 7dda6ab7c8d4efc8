"""Snapshots and guesses: whatever order they are written in, the same facts stand."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from perfwidget.facts import Action, Fact, Member, Membership, Project, Recorded
from perfwidget.facts.ingest import Inferred, Snapshot
from perfwidget.question.access import Viewer
from perfwidget.stores import open_store
from tests.conftest import WHOLE, NewStore, enough
from tests.worlds import ORGANIZATION, annotation, ask, at, review

START = at("2024-03-01 12:00")
PERIOD = {"from_": "2024-02-01", "to": "2024-04-30"}


def seen(fact: Fact, days: int = 0) -> Inferred:
    return Inferred(fact, START + timedelta(days=days))  # type: ignore[arg-type]


def snapshot(day: int, lead_time: float, owner: str = "ann", reviews: Sequence[str] | None = None) -> Snapshot:
    """Return a snapshot of annotation 1 as of a day, with reviews of the given actions."""
    row = annotation(1, "2024-03-01 12:00", lead_time=lead_time, completed_by=owner, updated_at=moment(day))
    acts = (Action(ORGANIZATION, "annotation-1", 1, "p1", "t1", owner, "submitted", created_at=moment(0)),)
    told = (
        None
        if reviews is None
        else tuple(review(f"{day}-{place}", "2024-03-02 12:00", action) for place, action in enumerate(reviews))
    )
    return Snapshot(row, acts, False, told)


def moment(day: int) -> datetime:
    return START + timedelta(days=day)


def figures(address: str, writes: Sequence[Sequence[Fact | Snapshot | Inferred]]) -> dict[str, object]:
    """Return what reports on a new store say after the writes, for everyone concerned."""
    store = open_store(address)
    try:
        boss = Viewer(ORGANIZATION, "boss", "owner")
        members = [Member(ORGANIZATION, user, None, None, role="annotator") for user in ("ann", "bob", "rev")]
        store.write([seen(member) for member in members])
        for facts in writes:
            store.write(facts)
        return {user: ask(store, boss, user=user, **PERIOD).to_dict() for user in ("ann", "bob", "rev")}
    finally:
        store.close()


def test_the_newest_snapshot_decides_and_withdraws_reviews(new_store: NewStore) -> None:
    first = snapshot(1, 10, reviews=["rejected", "accepted"])
    second = snapshot(2, 20, reviews=["accepted"])
    silent = snapshot(3, 40, owner="bob")
    for order in ([first, second, silent], [silent, first, second], [second, silent, first]):
        told = figures(new_store(), [[each] for each in order])
        assert told["ann"]["summary"]["total_time"] == 0.0  # type: ignore[index]
        assert told["bob"]["summary"]["total_time"] == 40.0  # type: ignore[index]
        assert told["bob"]["summary"]["performance_score"] == 1.0  # type: ignore[index]
        assert told["rev"]["reviewing"]["reviews_accepted"] == 1  # type: ignore[index]
        assert told["rev"]["reviewing"]["reviews_rejected"] == 0  # type: ignore[index]


@st.composite
def _snapshots(draw: st.DrawFn) -> list[Snapshot]:
    days = draw(st.lists(st.integers(0, 9), unique=True, min_size=1, max_size=4))
    actions = st.none() | st.lists(st.sampled_from(["accepted", "rejected"]), max_size=2)
    return [
        snapshot(day, draw(st.integers(1, 60)), draw(st.sampled_from(["ann", "bob"])), draw(actions)) for day in days
    ]


@settings(max_examples=12 if WHOLE else 5)  # each opens three stores
@given(_snapshots(), st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(
    new_store: NewStore, engine: str, snapshots: list[Snapshot], random: object
) -> None:
    if enough(engine, "order", 1):
        return
    shuffled = list(snapshots)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    together = figures(new_store(), [snapshots])
    assert figures(new_store(), [[each] for each in shuffled]) == together
    assert figures(new_store(), [snapshots, shuffled]) == together


def members_after(address: str, *writes: Sequence[Fact | Snapshot | Inferred]) -> set[tuple[str, str | None, bool]]:
    """Return ids, e-mails and names of all members of a new store after the writes."""
    from perfwidget.question import access
    from perfwidget.question.query import Query

    store = open_store(address)
    for facts in writes:
        store.write(facts)
    viewer = Viewer(ORGANIZATION, "boss", "owner")
    with store.reading() as reader:
        scope = access.scope(viewer, Query(), reader.standing(viewer, Query())).scope
        found = {(it.user_id, it.email, it.name) for it in reader.members(scope, "", 99)}
    store.close()
    return found  # type: ignore[return-value]


def test_the_name_seen_last_stands_and_the_host_knows_better(new_store: NewStore) -> None:
    old = seen(Member(ORGANIZATION, 7, "old@x.example", "Old", role="annotator"), 1)
    new = seen(Member(ORGANIZATION, 7, "new@x.example", "New", role="annotator"), 2)
    bare = seen(Member(ORGANIZATION, 7, None, None, role="annotator"), 3)
    for order in ([old, new, bare], [bare, new, old], [new, bare, old]):
        assert members_after(new_store(), *([each] for each in order)) == {("7", "new@x.example", "New")}
    host = Member(ORGANIZATION, 7, "host@x.example", "Host", role="manager")
    for order in ([host, new], [new, host]):
        assert members_after(new_store(), *([each] for each in order)) == {("7", "host@x.example", "Host")}


def test_guesses_yield_to_what_is_there(new_store: NewStore) -> None:
    store = open_store(new_store())
    store.write([Project(ORGANIZATION, "p1", "w", title="Real title"), Recorded(ORGANIZATION, "reviews", since=START)])
    store.write(
        [
            seen(Project(ORGANIZATION, "p1", None, title="Project p1")),
            seen(Membership(ORGANIZATION, "ann", project_id="p1")),
            seen(Membership(ORGANIZATION, "ann", project_id="p1")),
            seen(Recorded(ORGANIZATION, "reviews")),
        ]
    )
    report = ask(store, Viewer(ORGANIZATION, "ann", "annotator"), workspace="w")
    assert (report.scope, report.recorded["reviews"]) == (("p1",), int(START.timestamp() * 1e6))
    store.close()

"""What there is to know of a store before one pays by it: damage, orphans, doubtful facts."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from perfwidget.facts import FACTS, RECORDED_KINDS
from perfwidget.facts.columns import INVALID_LEAD_TIME, MICROSECONDS, microseconds
from perfwidget.facts.words import LAST_ACTIONS, REVIEW_ACTIONS, ROLES
from perfwidget.stores.reading import Reader
from perfwidget.stores.schema import MENTIONED
from perfwidget.stores.store import Store
from perfwidget.upkeep.copying import UNFINISHED

DAY = 86_400 * MICROSECONDS


class Finding(NamedTuple):
    """One thing that was found: under which heading, how many there are, and what it is."""

    heading: str
    number: int
    what: str

    @property
    def is_damage(self) -> bool:
        """Whether the store itself is at fault, and not what it was given."""
        return self.heading == "damage"


class _Check(NamedTuple):
    heading: str
    table: str
    condition: str
    what: str


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


_DATED = {fact.table: "opened_at" if fact.table == "review_visits" else "created_at" for fact in FACTS[4:9]}
_ANNOTATION = "(organization_id, annotation_id)"

_CHECKS = (
    *(
        _Check(
            "orphans",
            table,
            f"{column} IS NOT NULL AND (organization_id, {column}) NOT IN "
            f"(SELECT organization_id, {'user_id' if what == 'member' else 'project_id'} FROM {what}s)",
            f"{table} whose {column} is no known {what}",
        )
        for what, mentioned in MENTIONED.items()
        for table, column in mentioned
    ),
    *(
        _Check(
            "orphans",
            table,
            f"{_ANNOTATION} NOT IN (SELECT organization_id, annotation_id FROM annotations)",
            f"{table} of annotations that are not there",
        )
        for table in ("actions", "reviews", "review_visits", "comments")
    ),
    *(
        _Check(
            "orphans",
            "memberships",
            f"{of}_id IS NOT NULL AND (organization_id, {of}_id) NOT IN (SELECT organization_id, {of}_id FROM {of}s)",
            f"memberships of {of}s that are not there",
        )
        for of in ("workspace", "project")
    ),
    _Check("doubtful", "annotations", "completed_at < created_at", "annotations that were completed before they began"),
    _Check("doubtful", "annotations", "updated_at < created_at", "annotations that were updated before they began"),
    *(_Check("doubtful", table, f"{instant} > {{now}}", f"{table} of the future") for table, instant in _DATED.items()),
    _Check(
        "doubtful",
        "(SELECT reviews.created_at AS reviewed, annotations.created_at AS begun FROM reviews JOIN annotations ON "
        "reviews.organization_id = annotations.organization_id AND reviews.annotation_id = annotations.annotation_id) "
        "reviewed",
        "reviewed < begun",
        "reviews of annotations that had not begun",
    ),
    _Check("doubtful", "review_visits", "closed_at < opened_at", "visits that were closed before they were opened"),
    _Check("doubtful", "members", f"role NOT IN ({_listed(ROLES)})", "members whose role is unknown"),
    _Check(
        "doubtful",
        "annotations",
        f"last_action NOT IN ({_listed(LAST_ACTIONS)})",
        "annotations whose last action is unknown, which count nowhere",
    ),
    _Check(
        "doubtful",
        "reviews",
        f"action NOT IN ({_listed(REVIEW_ACTIONS)})",
        "reviews whose action is unknown, which count nowhere",
    ),
    _Check("doubtful", "annotations", f"lead_time > {DAY}", "annotations that took more than a day"),
    _Check(
        "for payers", "annotations", "completed_by IS NULL", "annotations without an owner, whom nobody is paid for"
    ),
    _Check("for payers", "annotations", "lead_time IS NULL", "annotations without a time"),
    _Check("for payers", "annotations", f"lead_time = {INVALID_LEAD_TIME}", "annotations with an invalid time"),
    _Check("for payers", "annotations", "completed_at_estimated", "annotations whose day is estimated"),
    _Check("for payers", "reviews", "completed_by = reviewer_id", "reviews of people's own work"),
    _Check(
        "for payers",
        "reviews",
        "action = 'fixed_and_accepted' AND score IS NULL",
        "fixes without a score, which the Performance Score leaves out",
    ),
    _Check("for payers", "review_visits", "closed_at IS NULL", "visits that nobody closed, which have no time"),
    _Check(
        "for payers",
        "(SELECT organization_id FROM members WHERE email IS NOT NULL GROUP BY organization_id, lower(email) "
        "HAVING count(*) > 1) shared",
        "TRUE",
        "e-mails that several members have",
    ),
)
"""All that is looked for; `{now}` is the instant of the look."""


def check(store: Store) -> Iterator[Finding]:
    """Yield what is found of a store, for which all of its rows are read.

    Raises StoreUnavailable where a part cannot be read, or a table lacks a column.
    """
    with store.reading() as reader:
        yield from _damage(reader)
        if reader.unfinished_copy is not None:
            yield Finding("damage", 1, UNFINISHED)
        yield from (Finding("damage", 1, notice) for notice in store.notices)
        now = str(microseconds(datetime.now(UTC)))
        for heading, table, condition, what in _CHECKS:
            if count := reader.counted(table, condition.replace("{now}", now)):
                yield Finding(heading, count, what)
        yield from _not_recorded(reader)


def _damage(reader: Reader) -> Iterator[Finding]:
    digests = {}
    for table in reader.tables:
        columns = [name for name, _, _ in table.columns]
        digests[table.name] = reader.digest(table.name, columns), columns
        key = ", ".join(table.key)
        twice = f"(SELECT {key} FROM {table.name} GROUP BY {key} HAVING count(*) > 1) twice"
        if count := reader.counted(twice, "TRUE"):
            yield Finding("damage", count, f"keys of {table.name} that stand in several rows")
    for copy, of in reader.copies.items():
        digest, columns = digests[of]
        if reader.digest(copy, columns) != digest:
            yield Finding("damage", 1, f"{copy} differs from {of}: read the facts again from their source")


def _not_recorded(reader: Reader) -> Iterator[Finding]:
    organizations = len(reader.organizations())
    for kind in RECORDED_KINDS:
        count = organizations - reader.counted("recorded", f"kind = '{kind}'")
        if count > 0:
            yield Finding("for payers", count, f"organizations of which no {kind.replace('_', ' ')} are recorded")

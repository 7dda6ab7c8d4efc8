"""What pay refuses in other words to whom sees less: what is not there, and what somebody else did first."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from perfwidget.errors import Conflict, Forbidden, InvalidPay
from perfwidget.facts.columns import MICROSECONDS
from perfwidget.records import Transaction, audit

NOT_YOURS = "This is not there, or it concerns projects that are not yours; ask somebody with a pay role for all."
"""Managers read the same of what is there and of what is not, and so learn of nothing outside of their projects."""


class NotThere(InvalidPay):
    """There is nothing under a number or id."""


class DoneBefore(Conflict):
    """Somebody did it before; `who` is a member's id or `cli:NAME`, `at` the instant in microseconds."""

    def __init__(self, did: str, who: str, at: int, advice: str) -> None:
        self._parts = did, at, advice
        self.who = who
        super().__init__(self.by(who))

    def by(self, name: str) -> str:
        """Return the sentence with what its reader calls who did it."""
        did, at, advice = self._parts
        return f"{did} by {name} on {datetime.fromtimestamp(at // MICROSECONDS, UTC):%Y-%m-%d %H:%M:%S UTC}{advice}"


def logged_act(
    transaction: Transaction, did: str, advice: str, verb: str, person: str | None = None, **details: Any
) -> Conflict:
    """Return what says who last did something about a person, or about nobody, as the audit log has it."""
    row = audit.latest(transaction, verb, person, **details)
    if row is None:
        return Conflict(f"{did} by somebody{advice}")
    return DoneBefore(did, transaction.user_ids({row.actor}).get(row.actor) or row.actor, row.at, advice)


@contextmanager
def told_to(name: Callable[[str], str], *, sees_all: bool) -> Iterator[None]:
    """Say what is refused within in the words for its reader, who calls people by their names."""
    try:
        yield
    except DoneBefore as fault:
        raise Conflict(fault.by(name(fault.who))) from None
    except NotThere:
        if sees_all:
            raise
        raise Forbidden(NOT_YOURS) from None

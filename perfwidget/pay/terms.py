"""What all statements of an organization stand on: since when pay answers, in which zone, and what counts."""

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from perfwidget.errors import InvalidPay, UnconfirmedPay
from perfwidget.facts.columns import FIRST_INSTANT
from perfwidget.metrics import Rules
from perfwidget.question.period import Period, zone
from perfwidget.records import Actor, Transaction, audit
from perfwidget.records.tables import PAY_TERMS, STATEMENTS

NOT_BEGUN = "Say first since when pay answers, on the page Pay or with perfwidget pay begin --from DATE."


@dataclass(frozen=True, slots=True)
class Terms:
    """Since when pay answers, the zone whose days count, and the host's rules of counting."""

    pay_from: date
    timezone: str
    rules: Rules

    def today(self, now: int) -> date:
        """Return the day of an instant, in microseconds."""
        return (FIRST_INSTANT + timedelta(microseconds=now)).astimezone(zone(self.timezone)).date()

    def until(self, now: int) -> Period:
        """Return the time from the first day to that of an instant, in microseconds."""
        return Period(self.pay_from, max(self.today(now), self.pay_from), self.timezone)


def kept_terms(transaction: Transaction) -> Terms | None:
    """Return the terms that were confirmed last, or None where pay never began."""
    row: Any = transaction.one(PAY_TERMS)
    if row is None:
        return None
    rules = Rules(count_rejected=row.count_rejected, count_predictions=row.count_predictions)
    return Terms(date.fromisoformat(row.pay_from), row.timezone, rules)


def agreed(transaction: Transaction, timezone: str | None, rules: Rules) -> Terms:
    """Return the terms, if they are those of the settings; raises UnconfirmedPay where somebody has to act first."""
    if timezone is None:
        raise UnconfirmedPay("Pay needs a time zone, whose days are paid: set timezone, such as Europe/Berlin.")
    terms = kept_terms(transaction)
    if terms is None:
        raise UnconfirmedPay(NOT_BEGUN)
    if terms.timezone != timezone:
        raise UnconfirmedPay(
            f"The pay zone was {terms.timezone} and is {timezone} now, which moves work to other days; "
            "confirm the change (perfwidget pay begin --tz), or set the zone back."
        )
    if terms.rules != rules:
        raise UnconfirmedPay(
            "What counts has changed since pay was confirmed (count_rejected or count_predictions); "
            "confirm the change (perfwidget pay begin), or set it back."
        )
    return terms


def confirm(transaction: Transaction, pay_from: date | None, timezone: str | None, rules: Rules, by: Actor) -> Terms:
    """Keep the terms; the first day cannot change while statements stand. Raises InvalidPay."""
    if timezone is None:
        raise InvalidPay("Pay needs a time zone, whose days are paid: set timezone, such as Europe/Berlin.")
    before = kept_terms(transaction)
    if pay_from is None:
        if before is None:
            raise InvalidPay("Say since when pay answers: give the first day with --from.")
        pay_from = before.pay_from
    standing = transaction.last(STATEMENTS, STATEMENTS.c.number, STATEMENTS.c.state != "withdrawn")
    if before is not None and pay_from != before.pay_from and standing is not None:
        raise InvalidPay(
            f"Pay answers since {before.pay_from}, and statement {standing.number} stands on it; "
            "the first day cannot change any more."
        )
    after = Terms(pay_from, timezone, rules)
    if after != before:
        values = {"pay_from": pay_from.isoformat(), "timezone": timezone, **asdict(rules)}
        transaction.put(PAY_TERMS, {}, values)
        audit.append(transaction, by, "pay terms confirmed", **values)
    return after

"""Pay: from the numbers to what is owed, and to files that say so. `README.md` says how an amount comes about."""

from perfwidget.pay.cards import Clock, Place, RateCard, Unit, Whom
from perfwidget.pay.contests import Answer, Contest
from perfwidget.pay.draft import Draft
from perfwidget.pay.payroll import Pay
from perfwidget.pay.questions import answered, contested
from perfwidget.pay.statements import Statement
from perfwidget.records import Actor

__all__ = [
    "Actor",
    "Answer",
    "Clock",
    "Contest",
    "Draft",
    "Pay",
    "Place",
    "RateCard",
    "Statement",
    "Unit",
    "Whom",
    "answered",
    "contested",
]

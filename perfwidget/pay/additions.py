"""What people add to pay: items that are held or released, and adjustments."""

from collections.abc import Sequence

from perfwidget.errors import InvalidFact, InvalidPay
from perfwidget.facts.columns import id_text
from perfwidget.metrics import Rules
from perfwidget.pay import adjusting
from perfwidget.pay.adjusting import ADJUSTED, TAKEN_BACK, Adjustment
from perfwidget.pay.drafting import drafts
from perfwidget.pay.opened import ANY_TIME, NAMELESS, OpenPay, covers
from perfwidget.pay.refusals import NotThere, logged_act
from perfwidget.pay.rights import By, Grant
from perfwidget.pay.statements import acted, statement
from perfwidget.pay.work import EVERY, Kind, asked_of
from perfwidget.records import Transaction
from perfwidget.records.tables import SETTLED
from perfwidget.stores import Reader
from perfwidget.stores.listing import Among


class Additions(OpenPay):
    """Holds and adjustments."""

    def hold(self, kind: str, item_id: int | str, text: str, by: By, *, held: bool = True) -> Sequence[int]:
        """Set an annotation, review or visit aside with a text; with `held=False` release it.

        Returns the statements that pay it already: of these only growth can be set aside. 0 stands for one that is out
        of a manager's reach.
        """
        try:
            key = Kind(kind), id_text(item_id)
        except (ValueError, InvalidFact):
            raise InvalidPay(f"What is held is one of {', '.join(Kind)}, with its id.") from None
        with self._acting(by) as (transaction, reader, grant):
            rows = EVERY[key[0]]
            asked = asked_of(reader, self.organization_id, ANY_TIME, Rules())
            among = Among(rows.scan.fact.key_columns[-1], [key[1]])
            found = list(reader.facts(asked, rows, (rows.scan.member, "project_id"), among))
            if not found:
                raise NotThere(f"There is no {key[0]} {key[1]}; name one that is there.")
            [(member, project)] = found
            grant.within([project])
            grant.about(member)
            person = transaction.named_person(member)
            adjusting.hold(transaction, key, text, grant.actor, held=held, person=person)
            mine = (SETTLED.c.kind == str(key[0]), SETTLED.c.item_id == key[1])
            paid = [row.statement for row in transaction.rows(SETTLED, *mine, order=[SETTLED.c.step])]
            return [number if covers(grant, statement(transaction, number)) else 0 for number in paid]

    def adjust(
        self, member: int | str, amount: object, currency: str, text: str, by: By, *, seen: int | None = None
    ) -> Adjustment:
        """Let a member's next statement pay an amount above 0, with a text.

        `seen` is the number of the member's last adjustment that is known, 0 for none. Conflict where there is another
        one since: a form that is sent twice adds nothing twice. None does not look.
        A manager adjusts nobody who has open work outside of their projects: the next statement would speak of it.
        """
        member = self._member(member)
        with self._acting(by) as (transaction, reader, grant):
            grant.about(member)
            person = self._person(transaction, reader, member)
            self._refuse_elsewhere(transaction, reader, grant, member, person)
            last = adjusting.newest(transaction, person)
            if seen is not None and seen != last:
                advice = "; look at it, and add yours if it is another one."
                raise logged_act(transaction, f"Adjustment {last} was added", advice, ADJUSTED, person, number=last)
            return adjusting.adjust(transaction, person, amount, currency, text, grant.actor)

    def take_back(self, number: int, text: str, by: By) -> None:
        """Take an adjustment back before a proposal takes it, with a text.

        Raises Conflict where a statement took it, or somebody took it back before.
        """
        with self._acting(by) as (transaction, reader, grant):
            row = adjusting.adjustment(transaction, number)
            member = transaction.user_ids({row.person}).get(row.person)
            grant.about(member)
            self._refuse_elsewhere(transaction, reader, grant, member or NAMELESS, row.person)
            if row.taken_back is not None:
                did, more = f"Adjustment {number} was taken back", "; nothing is left to do."
                raise logged_act(transaction, did, more, TAKEN_BACK, row.person, number=number)
            if row.statement is not None:
                advice = f"It pays adjustment {number}; withdraw it first, while it is not approved."
                raise acted(transaction, statement(transaction, row.statement), advice)
            adjusting.take_back(transaction, number, text, grant.actor)

    def _refuse_elsewhere(
        self, transaction: Transaction, reader: Reader, grant: Grant, member: str, person: str
    ) -> None:
        """Raise Forbidden for a manager where a member has open work outside of their projects."""
        if grant.projects is not None:
            terms = self._agreed(transaction)
            [due] = drafts(transaction, reader, terms, terms.until(transaction.now), {member: person})
            grant.within(due.projects, member)

"""What people do about rate cards: look at them, write them, end and void them."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from perfwidget.metrics import Rules
from perfwidget.pay import card_records
from perfwidget.pay.cards import Place, RateCard, Whom, day, rate_card
from perfwidget.pay.opened import ANY_TIME, OpenPay, of_member
from perfwidget.pay.rights import By, places_of
from perfwidget.pay.work import asked_of
from perfwidget.question.access import Viewer
from perfwidget.records import Transaction
from perfwidget.stores import Reader


class Cards(OpenPay):
    """Rate cards."""

    def cards(self, viewer: By, *, own: bool = False) -> Sequence[RateCard]:
        """Return the cards that were not voided, with members' ids; to members those that may pay them.

        These are of their work now and before, and for all projects. A manager sees them too, and the cards of their
        projects. With `own` everybody gets those alone that may pay themselves.
        """
        with self._looking(viewer) as (transaction, reader, grant):
            members = transaction.user_ids()
            named = [of_member(card, members) for card in card_records.cards(transaction)]
            if grant is not None and grant.projects is None and not own:
                return named
            pays = self._pays(transaction, reader, viewer)
            reach = frozenset() if own or grant is None else grant.projects or frozenset()
            return [card for card in named if pays(card) or (card.place is Place.PROJECT and card.place_id in reach)]

    def _pays(self, transaction: Transaction, reader: Reader, viewer: By) -> Callable[[RateCard], bool]:
        """Return what says whether a card may pay a viewer: theirs, and of places where they work or worked."""
        if not isinstance(viewer, Viewer):
            return lambda _: False
        mine = {(Whom.ALL, None), (Whom.ROLE, str(viewer.role)), (Whom.MEMBER, viewer.user_id)}
        asked = asked_of(reader, self.organization_id, ANY_TIME, Rules())
        places = places_of(transaction, reader, viewer, asked)
        return lambda card: (card.whom, card.whom_id) in mine and (places is None or card.where in places)

    def write_card(self, by: By, **card: Any) -> RateCard:
        """Write a rate card, given by the names of `RateCard`'s fields; it can only end or be voided afterwards."""
        made = rate_card(card)
        with self._acting(by) as (transaction, reader, grant):
            self._agreed(transaction)
            self._may_card(grant, made)
            if made.whom is Whom.MEMBER and made.whom_id is not None:
                self._person(transaction, reader, made.whom_id)
            return card_records.write(transaction, made, grant.actor)

    def end_card(self, card_id: int, last: date | str, by: By, *, seen: str | None = None) -> RateCard:
        """Let a card end with a day, not before its last paid work day.

        `seen` is the last day of it that is known, empty where it has none. Conflict where it has another one since.
        None does not look.
        """
        with self._acting(by) as (transaction, _, grant):
            card = self._card(transaction, grant, card_id, seen)
            made = card_records.end(transaction, card, day(last, "The last day"), grant.actor)
            return of_member(made, transaction.user_ids())

    def void_card(self, card_id: int, by: By, *, seen: str | None = None) -> None:
        """Take back a card by which nothing is paid; `seen` is that of `end_card`."""
        with self._acting(by) as (transaction, _, grant):
            card_records.void(transaction, self._card(transaction, grant, card_id, seen), grant.actor)

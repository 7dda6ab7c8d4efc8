"""Rate cards as rows: what each pays, whose work, where and when."""

from collections.abc import Sequence
from dataclasses import dataclass

from perfwidget.page import formats as page_formats
from perfwidget.pay import RateCard, Whom
from perfwidget.pay.cards import Place
from perfwidget.pay_pages import formats, words
from perfwidget.pay_pages.directory import everything, name_of
from perfwidget.stores import Reader


@dataclass(frozen=True, slots=True)
class CardRow:
    """A rate card as people read it."""

    card_id: int
    how: str
    rate: str
    whom: str
    where: str
    valid: str
    last: str
    """Its last day, `YYYY-MM-DD`; empty where it has none."""


def card_rows(cards: Sequence[RateCard], reader: Reader, organization_id: str) -> list[CardRow]:
    """Return cards as rows."""
    scope = everything(reader, organization_id)
    members = {card.whom_id for card in cards if card.whom is Whom.MEMBER and card.whom_id is not None}
    profiles = reader.profiles(scope, sorted(members))
    projects = {card.place_id for card in cards if card.place is Place.PROJECT and card.place_id is not None}
    titles = reader.project_titles(scope, projects)
    workspaces = {each.workspace_id: each.title for each in reader.workspaces(scope)}

    def whom(card: RateCard) -> str:
        if card.whom is Whom.MEMBER:
            return name_of(profiles.get(card.whom_id or ""), card.whom_id or "")
        return words.EVERY_ROLE[card.whom_id] if card.whom is Whom.ROLE and card.whom_id else words.EVERYBODY

    def where(card: RateCard) -> str:
        if card.place is Place.ALL or card.place_id is None:
            return words.EVERYWHERE
        named = titles if card.place is Place.PROJECT else workspaces
        word = words.PROJECT if card.place is Place.PROJECT else words.WORKSPACE
        return f"{word} {page_formats.shown(named.get(card.place_id)) or page_formats.shown(card.place_id)}"

    return [
        CardRow(
            card_id=card.card_id,
            how=formats.how_of(card),
            rate=formats.rate(format(card.amount, "f"), card.currency, is_time=card.unit.is_time),
            whom=whom(card),
            where=where(card),
            valid=words.valid(card.valid_from, card.valid_until),
            last=str(card.valid_until or ""),
        )
        for card in cards
    ]

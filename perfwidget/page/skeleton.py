"""What of the page is the same for everybody and made by the script: the places of what an answer fills, and texts."""

from perfwidget.page import ids, words
from perfwidget.page.cards import cards
from perfwidget.page.elements import Part, element
from perfwidget.page.legends import legend
from perfwidget.page.notes import definitions, notes
from perfwidget.page.panels import PANELS


def skeleton() -> dict[str, list[Part]]:
    """Return what is within parts of the page by the ids of these parts, before there is an answer."""
    return {
        ids.CARDS: [*cards(None)],
        ids.NOTES: [*notes(None)],
        ids.DEFINITIONS: [element("summary", {}, words.DEFINITIONS), definitions()],
        **{ids.legend(panel.name): [*legend(panel)] for panel in PANELS},
    }

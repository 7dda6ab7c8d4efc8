"""What people typed, made fit to be shown: names, e-mails, titles and ids may hold anything."""

import unicodedata

from perfwidget.stores.choosing import Profile

LONGEST_LABEL = 80
LONGEST_READ = 1_000
"""Characters of a text that are looked at: a title of a megabyte must not cost every page a second."""

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"  # some scripts cannot be written without them


def shown(text: str | None) -> str:
    """Return one line of visible text: composed, without control and direction marks, cut where it is too long.

    It is plain text for elements of the page; empty where nothing of it can be seen. Figures take no text of people at
    all, as Plotly reads labels as markup.
    """
    composed = unicodedata.normalize("NFC", (text or "")[:LONGEST_READ])
    kept = "".join(" " if each in "\t\r\n" else each for each in composed if each in "\t\r\n" or not _hidden(each))
    line = " ".join(kept.split())
    if not line.strip(_JOINERS + " "):
        return ""
    return line if len(line) <= LONGEST_LABEL else f"{line[: LONGEST_LABEL - 1].rstrip()}…"


def member_name(member: Profile) -> str:
    """Return what a member is called: the name, else the e-mail, else the id."""
    return shown(member.name) or shown(member.email) or shown(member.user_id) or "?"


def member_email(member: Profile) -> str:
    """Return the e-mail to put beside the name; empty where there is none or the name is it."""
    email = shown(member.email)
    return "" if email == member_name(member) else email


def _hidden(character: str) -> bool:
    return character not in _JOINERS and unicodedata.category(character) in _HIDDEN

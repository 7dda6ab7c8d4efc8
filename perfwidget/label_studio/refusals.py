"""What Label Studio says itself where it refuses something, repeated to whoever can change that."""

import json

from perfwidget.errors import SourceRefused

LONGEST = 300
"""Characters of its words that are repeated."""


class Refused(SourceRefused):
    """Label Studio refuses what it was asked; `words` are its own, empty where it gives none."""

    def __init__(self, sentence: str, content: bytes) -> None:
        self.words = _own_words(content)
        super().__init__(f"{sentence} It says: {self.words}" if self.words else sentence)


def _own_words(content: bytes) -> str:
    """Return why Label Studio refuses something, as it says it, cut short and on one line."""
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    told = (answer.get("validation_errors") or answer.get("detail")) if isinstance(answer, dict) else None
    named = told.values() if isinstance(told, dict) else [told]
    texts = [str(text) for each in named for text in (each if isinstance(each, list) else [each]) if text]
    return "".join(sign if sign.isprintable() else " " for sign in " ".join(texts))[:LONGEST]

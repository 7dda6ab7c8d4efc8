"""The words that columns of facts may hold, and what refuses others, so that no slip of the pen counts as nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from perfwidget.errors import InvalidFact
from perfwidget.facts.fact import Fact
from perfwidget.facts.ingest import Inferred, Observation, Snapshot
from perfwidget.facts.snapshots import Coded, Snapshots
from perfwidget.facts.tables import Annotation, Member, Review

ROLES = ("owner", "admin", "manager", "reviewer", "annotator")
LAST_ACTIONS = (
    "submitted",
    "updated",
    "skipped",
    "accepted",
    "rejected",
    "fixed_and_accepted",
    "deleted_review",
    "prediction",
    "propagated_annotation",
    "imported",
)
REVIEW_ACTIONS = ("accepted", "rejected", "fixed_and_accepted")

Unknown = Literal["refuse", "keep"]
"""What is done with a word that is none of the known ones: it is refused, or kept and counted nowhere."""


class Words(NamedTuple):
    """A column and the words that it may hold."""

    column: str
    known: Sequence[str]


WORDS: Mapping[type[Fact], Words] = {
    Member: Words("role", ROLES),
    Annotation: Words("last_action", LAST_ACTIONS),
    Review: Words("action", REVIEW_ACTIONS),
}
"""Of the columns that hold words: the known ones. All of them count somewhere, or are known to count nowhere."""


def known_words(facts: Iterable[Fact | Observation], unknown: Unknown) -> Iterable[Fact | Observation]:
    """Return facts; where unknown words are refused, the first of them raises InvalidFact when it is reached."""
    if unknown not in ("refuse", "keep"):
        raise InvalidFact('unknown must be "refuse" or "keep".')
    if isinstance(facts, Fact):
        raise InvalidFact(f"Facts are written in a list, also a single one: store.write([{type(facts).__name__}(…)]).")
    return facts if unknown == "keep" else _refusing(facts)


def _refusing(facts: Iterable[Fact | Observation]) -> Iterator[Fact | Observation]:
    for each in facts:
        if isinstance(each, Snapshots):
            _refuse(Annotation, _texts(each.columns["last_action"]))
            _refuse(Review, _texts(each.reviews["action"]))
        elif isinstance(each, Snapshot):
            _refuse(Annotation, [each.annotation.last_action])
            _refuse(Review, [review.action for review in each.reviews or ()])
        else:
            fact = each.fact if isinstance(each, Inferred) else each
            kind: Any = type(fact)
            if kind in WORDS:
                _refuse(kind, [getattr(fact, WORDS[kind].column)])
        yield each


def _texts(column: object) -> Sequence[str]:
    return [column.texts[code] for code in set(column.codes.tolist()) if code >= 0] if isinstance(column, Coded) else ()


def _refuse(kind: type[Fact], words: Iterable[str]) -> None:
    column, known = WORDS[kind]
    for word in words:
        if word not in known and isinstance(word, str):  # what is no text is refused with its type
            raise InvalidFact(
                f"{kind.__name__}.{column} is {ascii(word)[:60]}, and must be one of {', '.join(known)}; to keep other "
                'words, which count nowhere, use write(facts, unknown="keep").'
            )

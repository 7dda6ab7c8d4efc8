"""The agreement of two results by their JSON text. A fix leaves most regions as they were, which need not be read."""

import json
from collections import Counter
from typing import Any

import msgspec

from perfwidget.sources.agreement import Grade, grade
from perfwidget.sources.regions import read_region
from perfwidget.sources.task_form import plain

_LONGEST, _DEEPEST = 4_000, 64
"""Bytes and brackets of an entry that Python surely reads: its numbers have so many digits at the most."""


class _Entry(msgspec.Struct, gc=False):
    """What tells whether an entry is a region."""

    from_name: Any = None


_texts = msgspec.json.Decoder(list[msgspec.Raw]).decode
_entries = msgspec.json.Decoder(list[_Entry]).decode


def grade_of_texts(previous: msgspec.Raw, fixed: msgspec.Raw) -> Grade:
    """Return the same as `grade` of the values that two texts hold."""
    found = _by_what_stayed(previous, fixed)
    return grade(plain(previous), plain(fixed)) if found is None else Grade(found)


def _by_what_stayed(previous: msgspec.Raw, fixed: msgspec.Raw) -> float | None:
    """Return the agreement if it is that of the regions that are written alike on both sides. None if it may be more.

    Those are alike 1. Others of one side find a partner only among others of the other side, if these have regions of
    their group. In a group of which one side has no others, all regions of that side have their like. The same holds
    for what can only be found equal, but for relations, which belong to no group.
    """
    try:
        (ours, our_relations), (theirs, their_relations) = _regions(previous), _regions(fixed)
        if our_relations != their_relations:
            return None
        same = ours & theirs
        mine, yours = ({read_region(json.loads(text), 0).group for text in each - same} for each in (ours, theirs))
    except (msgspec.MsgspecError, RecursionError, TypeError, ValueError):
        return None
    if mine & yours:
        return None
    count = ours.total() + theirs.total()
    return 2 * same.total() / count if count else 1.0


def _regions(result: msgspec.Raw) -> tuple[Counter[bytes], Counter[bytes]]:
    """Return the texts of the regions of a result, and of its relations.

    Raises ValueError if one of them has to be read to be known.
    """
    texts = [bytes(text) for text in _texts(result)]
    if any(len(text) > _LONGEST or text.count(b"[") + text.count(b"{") > _DEEPEST for text in texts):
        raise ValueError
    regions, relations = Counter[bytes](), Counter[bytes]()
    for text, entry in zip(texts, _entries(result), strict=True):
        (relations if entry.from_name is None else regions)[text] += 1
    return regions, relations

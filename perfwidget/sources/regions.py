"""Regions of an annotation result: what each of them marks, read from the form that Label Studio writes."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from json.encoder import encode_basestring_ascii
from typing import Any, NamedTuple

from perfwidget.sources.shapes import Bounds, Box, Outline, Point, number, numbers, point, shape

CHOICE_KEYS = {"choices": "choices", "taxonomy": "taxonomy", "pairwise": "selected"}
"""For each choice-like type, the key of the value that holds what was chosen."""

TEXTS = frozenset({"textarea", "chatmessage"})
AMOUNTS = frozenset({"rating", "number"})
POINTS = frozenset({"keypoint", "keypointlabels"})

SHAPED = frozenset({"rectangle", "ellipse", "polygon"})
"""Types that mark a shape without a label; all others that mark a range or a shape end in `labels`."""

SHAPELESS = frozenset({"brushlabels", "bitmasklabels", "vectorlabels"})
"""Types with labels whose marks have no area that could be read off: they are equal or cannot be judged."""

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Spans:
    """Intervals of a text or of time, apart from each other and in order. `line` names what they are measured on."""

    intervals: tuple[Interval, ...]
    line: str = ""

    @property
    def bounds(self) -> Bounds:
        """The smallest interval that holds all."""
        return self.intervals[0][0], 0.0, self.intervals[-1][1], 1.0


@dataclass(frozen=True, slots=True)
class Written:
    """A text that somebody wrote."""

    text: str


@dataclass(frozen=True, slots=True)
class Amount:
    """A number that somebody gave; `stars` says that it is a rating."""

    number: float
    stars: bool


@dataclass(frozen=True, slots=True)
class Unread:
    """What only an equal one can be compared with: of another kind, or malformed. The text is equal for equal ones."""

    text: str


Mark = Spans | Box | Outline | Point | frozenset[str] | Written | Amount | Unread
"""What a region marks; a set is what was chosen."""


class Region(NamedTuple):
    """One region of a result."""

    group: tuple[object, ...]
    """Name, type, labels and picture: regions that differ in one of them have nothing in common."""
    mark: Mark
    order: tuple[float, float, int]
    """Where it stands in reading order: start and end or x and y, if it has them, then its place in the list."""


def read_region(entry: Mapping[str, Any], place: int) -> Region:
    """Read the entry of a result at a place.

    Raises TypeError, ValueError or RecursionError if the entry holds what is not JSON or is nested too deep.
    """
    kind, value = str(entry.get("type")), entry.get("value")
    fields: Mapping[str, Any] = value if isinstance(value, dict) else {}
    mark = _marked(kind, fields, entry)
    if mark is None:
        # The text of a span follows from its range; the text of anything else is what was written there.
        left_out = {"text"} if kind.endswith("labels") and "start" in fields else set()
        rest = {key: part for key, part in fields.items() if key not in left_out and not _holds_labels(key)}
        mark = Unread(json_text(rest if isinstance(value, dict) else value))
    labels = {label for key in filter(_holds_labels, fields) for label in _texts(fields[key])}
    if kind == "chatmessage":
        labels |= _texts(_message(fields).get("role"))
    return Region(
        # Of several pictures in one task, the later ones have an index from 1.
        group=(json_text(entry["from_name"]), kind, frozenset(labels), json_text(entry.get("item_index") or 0)),
        mark=mark,
        order=(*_corner(mark, fields), place),
    )


def json_text(value: object) -> str:
    """Return a text that is equal for equal values of JSON; 1 and 1.0 are equal."""
    if type(value) is str:
        return encode_basestring_ascii(value)
    if type(value) is int:
        return repr(value)
    return json.dumps(_plain(value), sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _holds_labels(key: object) -> bool:
    """Say whether a key holds labels. It is named like the type; some versions name it `labels` or `htmllabels`."""
    return isinstance(key, str) and key.endswith("labels")


def _texts(value: object) -> frozenset[str]:
    items = value if isinstance(value, list) else [] if value is None else [value]
    return frozenset(map(json_text, items))


def _marked(kind: str, value: Mapping[str, Any], entry: Mapping[str, Any]) -> Mark | None:
    """Return what a region marks, if that can be read and compared."""
    if kind in CHOICE_KEYS:
        chosen = value.get(CHOICE_KEYS[kind])
        return None if chosen is None else _texts(chosen)
    if kind in TEXTS:
        return _written(_message(value).get("content") if kind == "chatmessage" else value.get("text"))
    if kind in AMOUNTS:
        given = number(value.get(kind))
        return None if given is None else Amount(given, kind == "rating")
    if kind in POINTS:
        return point(value, entry)
    if kind in SHAPELESS or not (kind in SHAPED or kind.endswith("labels")):
        return None
    given_keys = {key for key, part in value.items() if part is not None}
    if "ranges" in given_keys:
        return _ranges(value["ranges"])
    if given_keys & {"startOffset", "endOffset", "globalOffsets"}:
        return _relative(value)
    if given_keys & {"start", "end"}:
        return _spans(value.get("start"), value.get("end"))
    return shape(value, entry)


def _message(value: Mapping[str, Any]) -> Mapping[str, Any]:
    message = value.get("chatmessage")
    return message if isinstance(message, dict) else {}


def _written(text: object) -> Written | None:
    """Return one or several entries as one text, a line each at least."""
    lines: list[Any] = text if isinstance(text, list) else [text]
    return Written("\n".join(lines)) if all(isinstance(line, str) for line in lines) else None


def _corner(mark: Mark, value: Mapping[str, Any]) -> tuple[float, float]:
    if isinstance(mark, Spans):
        return mark.bounds[0], mark.bounds[2]
    for keys in (("start", "end"), ("x", "y")):
        if read := numbers(value, *keys):
            return read[0], read[1]
    return 0.0, 0.0


def _spans(start: object, end: object, line: str = "") -> Spans | None:
    first, last = _moment(start), _moment(end)
    return Spans(((first, last),), line) if first is not None and last is not None and first <= last else None


def _relative(value: Mapping[str, Any]) -> Spans | None:
    """Read offsets that count from elements: the global ones, or those in the one element that holds both ends.

    Dialogues have no global offsets; theirs are in the paragraphs that `start` and `end` name.
    """
    offsets = value.get("globalOffsets")
    if isinstance(offsets, dict):
        return _spans(offsets.get("start"), offsets.get("end"))
    start, end = (json_text(value.get(key)).strip('"') for key in ("start", "end"))
    return _spans(value.get("startOffset"), value.get("endOffset"), f"element {start}") if start == end else None


def _ranges(ranges: object) -> Spans | None:
    if not isinstance(ranges, list) or not ranges:
        return None
    read = [_spans(each.get("start"), each.get("end")) if isinstance(each, dict) else None for each in ranges]
    known = [spans.intervals[0] for spans in read if spans is not None]
    return Spans(_merged(known)) if len(known) == len(ranges) else None


def _merged(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _moment(value: object) -> float | None:
    """Return a place in a text or in time as a number. A time series may write times as ISO 8601."""
    if isinstance(value, str):
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            return None
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()
    return number(value)

"""Regions of an annotation result: what each of them marks, read from the form that Label Studio writes."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from json.encoder import encode_basestring_ascii
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

CHOICE_KEYS = {"choices": "choices", "taxonomy": "taxonomy", "pairwise": "selected"}
"""For each choice-like type, the key of the value that holds what was chosen."""

SHAPED = frozenset({"rectangle", "ellipse", "polygon"})
"""Types that mark a shape without a label; all others that mark a range or a shape end in `labels`."""

SHAPELESS = frozenset({"brushlabels", "bitmasklabels", "keypointlabels", "vectorlabels"})
"""Types with labels whose marks have no area that could be read off: they are equal or not."""

ELLIPSE_CORNERS = 256

FARTHEST = 1e20
"""Numbers beyond it place nothing on a page or in a recording (times may be nanoseconds since 1970)."""

NARROWEST = 1e-6
"""A picture this many times higher than wide, or wider than high, is none: its sides say nothing about a rotation."""

Interval = tuple[float, float]
Bounds = tuple[float, float, float, float]
"""Left, top, right and bottom; what lies on a line has a height of 1."""


@dataclass(frozen=True, slots=True)
class Spans:
    """Intervals of a text or of time, apart from each other and in order."""

    intervals: tuple[Interval, ...]

    @property
    def bounds(self) -> Bounds:
        """The smallest interval that holds all."""
        return self.intervals[0][0], 0.0, self.intervals[-1][1], 1.0


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle, in percent of the picture."""

    bounds: Bounds


@dataclass(frozen=True, slots=True)
class Outline:
    """Any other shape, in percent of the picture; equal if its corners are."""

    corners: bytes
    surface: BaseGeometry = field(compare=False)
    """The polygons inside the corners; empty if they hold no area."""

    @property
    def bounds(self) -> Bounds:
        """The smallest upright rectangle that holds the surface."""
        left, top, right, bottom = (0.0,) * 4 if self.surface.is_empty else self.surface.bounds
        return left, top, right, bottom


Mark = Spans | Box | Outline | frozenset[str] | str
"""What a region marks: a range, a shape, a set of choices, or the text of a value that has to be equal."""


class Region(NamedTuple):
    """One region of a result."""

    group: tuple[object, ...]
    """Name, type, labels and place of the mark: regions that differ in one of them have nothing in common."""
    mark: Mark
    order: tuple[float, float, int]
    """Where it stands in reading order: start and end or x and y, if it has them, then its place in the list."""


def read_region(entry: Mapping[str, Any], place: int) -> Region:
    """Read the entry of a result at a place; a range or shape that cannot be read becomes a text that has to be equal.

    Raises TypeError, ValueError or RecursionError if the entry holds what is not JSON or is nested too deep.
    """
    kind, value = str(entry.get("type")), entry.get("value")
    fields: Mapping[str, Any] = value if isinstance(value, dict) else {}
    surface, mark = _marked(kind, fields, entry)
    if mark is None:
        # The text of a span follows from its range; the text of anything else is what was written there.
        left_out = {"text"} if kind.endswith("labels") and "start" in fields else set()
        rest = {key: part for key, part in fields.items() if key not in left_out and not _holds_labels(key)}
        mark = json_text(rest if isinstance(value, dict) else value)
    labels = frozenset(label for key in filter(_holds_labels, fields) for label in _texts(fields[key]))
    return Region(
        # Of several pictures in one task, the later ones have an index from 1.
        group=(json_text(entry["from_name"]), kind, labels, json_text(entry.get("item_index") or 0), surface),
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


def _marked(kind: str, value: Mapping[str, Any], entry: Mapping[str, Any]) -> tuple[str, Mark | None]:
    """Return what a region marks, if that can be read, and on what: marks on different things are never alike."""
    if kind in CHOICE_KEYS:
        chosen = value.get(CHOICE_KEYS[kind])
        return "choices", None if chosen is None else _texts(chosen)
    if kind in SHAPELESS or not (kind in SHAPED or kind.endswith("labels")):
        return "", None
    given = {key for key, part in value.items() if part is not None}
    if "ranges" in given:
        return "line", _ranges(value["ranges"])
    if given & {"startOffset", "endOffset", "globalOffsets"}:
        return _relative(value)
    if given & {"start", "end"}:
        return "line", _spans(value.get("start"), value.get("end"))
    return "picture", _box(value, entry) or _ellipse(value, entry) or _polygon(value.get("points"))


def _corner(mark: Mark, value: Mapping[str, Any]) -> tuple[float, float]:
    if isinstance(mark, Spans):
        return mark.bounds[0], mark.bounds[2]
    for keys in (("start", "end"), ("x", "y")):
        if read := _numbers(value, *keys):
            return read[0], read[1]
    return 0.0, 0.0


def _spans(start: object, end: object) -> Spans | None:
    first, last = _moment(start), _moment(end)
    return Spans(((first, last),)) if first is not None and last is not None and first <= last else None


def _relative(value: Mapping[str, Any]) -> tuple[str, Spans | None]:
    """Read offsets that count from elements: the global ones, or those in the one element that holds both ends.

    Dialogues have no global offsets; theirs are in the paragraphs that `start` and `end` name.
    """
    offsets = value.get("globalOffsets")
    if isinstance(offsets, dict):
        return "line", _spans(offsets.get("start"), offsets.get("end"))
    start, end = (json_text(value.get(key)).strip('"') for key in ("start", "end"))
    if start != end:
        return "line", None
    return f"element {start}", _spans(value.get("startOffset"), value.get("endOffset"))


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
    """Return a place in a text or in time as a number; a time series may write times as ISO 8601."""
    if isinstance(value, str):
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            return None
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()
    return _number(value)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) <= FARTHEST else None


def _numbers(value: Mapping[str, Any], *keys: str) -> list[float] | None:
    read = [number for number in (_number(value.get(key)) for key in keys) if number is not None]
    return read if len(read) == len(keys) else None


def _aspect(entry: Mapping[str, Any]) -> float:
    """Return width over height of the picture: sizes are percents of its sides, but rotations turn its pixels."""
    size = _numbers(entry, "original_width", "original_height")
    if not size or min(size) <= 0 or not NARROWEST <= size[0] / size[1] <= 1 / NARROWEST:
        return 1.0
    return size[0] / size[1]


def _rotation(value: Mapping[str, Any]) -> float | None:
    degrees = value.get("rotation")
    return 0.0 if degrees is None else _number(degrees)


def _turned(origin: tuple[float, float], offsets: npt.ArrayLike, degrees: float, aspect: float) -> Outline | None:
    """Return the shape whose corners have these offsets from an origin, turned clockwise about that origin."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turn = np.array([[cosine, sine * aspect], [-sine / aspect, cosine]])
    return _outline(np.asarray(offsets, np.float64) @ turn + origin)


def _outline(corners: npt.NDArray[np.float64]) -> Outline | None:
    try:
        surface: BaseGeometry = shapely.Polygon(corners)
        if not surface.is_valid:
            # Sides that cross make several polygons, and lines where they run back on themselves; these have no area.
            parts = shapely.get_parts(shapely.make_valid(surface))
            surface = shapely.union_all([part for part in parts if part.area > 0])
    except shapely.errors.ShapelyError:
        return None
    # Adding zero makes one of the two zeros of floating point numbers.
    return Outline((corners + 0.0).tobytes(), surface)


def _box(value: Mapping[str, Any], entry: Mapping[str, Any]) -> Box | Outline | None:
    given, degrees = _numbers(value, "x", "y", "width", "height"), _rotation(value)
    if given is None or degrees is None or given[2] < 0 or given[3] < 0:
        return None
    x, y, width, height = given
    if degrees % 360 == 0:
        return Box((x, y, x + width, y + height))
    return _turned((x, y), ((0, 0), (width, 0), (width, height), (0, height)), degrees, _aspect(entry))


def _ellipse(value: Mapping[str, Any], entry: Mapping[str, Any]) -> Outline | None:
    given, degrees = _numbers(value, "x", "y", "radiusX", "radiusY"), _rotation(value)
    if given is None or degrees is None or given[2] < 0 or given[3] < 0:
        return None
    step = 2 * math.pi / ELLIPSE_CORNERS
    # A polygon whose corners lie on a circle is a little smaller than it; widened by that little, areas are right.
    radii = np.array(given[2:]) * math.sqrt(step / math.sin(step))
    angles = np.arange(ELLIPSE_CORNERS) * step
    rim = np.column_stack((np.cos(angles), np.sin(angles))) * radii
    return _turned((given[0], given[1]), rim, degrees, _aspect(entry))


def _polygon(points: object) -> Outline | None:
    if not isinstance(points, list) or len(points) < 3:
        return None
    corners = []
    for point in points:
        x, y = map(_number, point) if isinstance(point, list) and len(point) == 2 else (None, None)
        if x is None or y is None:
            return None
        corners.append((x, y))
    return _outline(np.array(corners))

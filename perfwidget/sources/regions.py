"""Regions of an annotation result: what each marks, and how alike two of one kind are, 0 to 1."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import shapely
from shapely import affinity
from shapely.geometry.base import BaseGeometry

QUARTER = 64
"""Segments of a quarter of an ellipse: its area is then right to one part in five thousand."""

FARTHEST = 1e12
"""Numbers beyond it place nothing on a page or in a recording; NaN and infinities are none either."""

CHOICE_KEYS = {"choices": "choices", "taxonomy": "taxonomy", "pairwise": "selected", "ranker": "ranker"}
"""For each choice-like type, the key of the value that holds what was chosen."""

_PLAIN_SHAPES = frozenset({"rectangle", "ellipse", "polygon"})

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Spans:
    """Intervals of a text or of time, apart from each other and in order."""

    intervals: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle: left, top, right, bottom."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Region:
    """One region: `identity` is the text of what was marked, `place` where it stands in reading order."""

    group: tuple[str, str]
    identity: str
    labels: frozenset[str]
    shape: Spans | Box | BaseGeometry | frozenset[str] | None
    place: tuple[float, float, int]
    """Start and end, or x and y, and the place in the list."""
    extent: Interval | None
    """How far a shape reaches along its first axis: shapes whose extents are apart have nothing in common."""


def read_region(entry: Mapping[str, Any], place: int) -> Region:
    """Read an entry of a result; a shape that cannot be read is None, and such regions are alike by equality only."""
    kind, value = entry.get("type"), entry.get("value")
    value = value if isinstance(value, dict) else {}
    shape = _shape(str(kind), value, entry)
    extent = _extent(shape)
    marked = {key: part for key, part in value.items() if key != "text"} if isinstance(shape, Spans) else value
    return Region(
        group=(_text(entry["from_name"]), _text(kind)),
        identity=_text(marked if value else entry.get("value")),
        labels=_labels(str(kind), value),
        shape=shape,
        place=(*_corner(shape), place),
        extent=extent,
    )


def likeness(first: Region, second: Region) -> float:
    """Return how alike two regions of one group are; the same whichever comes first."""
    if first.identity == second.identity:
        return 1.0
    if first.labels != second.labels:
        return 0.0
    one, other = sorted((first, second), key=lambda region: region.identity)
    alike = _overlap(one.shape, other.shape)
    return min(1.0, max(0.0, alike)) if math.isfinite(alike) else 0.0


def _overlap(one: object, other: object) -> float:
    match one, other:
        case Spans(), Spans():
            common = _length(_common(one.intervals, other.intervals))
            return _share(common, _length(one.intervals) + _length(other.intervals) - common)
        case Box(), Box():
            common = _area(
                Box(
                    max(one.left, other.left),
                    max(one.top, other.top),
                    min(one.right, other.right),
                    min(one.bottom, other.bottom),
                )
            )
            return _share(common, _area(one) + _area(other) - common)
        case frozenset(), frozenset():
            return _share(len(one & other), len(one | other))
        case ((Box() | BaseGeometry()), (Box() | BaseGeometry())):
            first, second = _geometry(one), _geometry(other)
            try:
                common = first.intersection(second).area
            except shapely.errors.GEOSException:  # shapes too odd to be laid over each other
                return 0.0
            return _share(common, first.area + second.area - common)
    return 0.0


def _share(common: float, whole: float) -> float:
    return common / whole if whole > 0 else 0.0


def _length(intervals: Sequence[Interval]) -> float:
    return math.fsum(end - start for start, end in intervals)


def _common(one: Sequence[Interval], other: Sequence[Interval]) -> list[Interval]:
    pairs = ((max(a[0], b[0]), min(a[1], b[1])) for a in one for b in other)
    return [(start, end) for start, end in pairs if start < end]


def _area(box: Box) -> float:
    return max(0.0, box.right - box.left) * max(0.0, box.bottom - box.top)


def _geometry(shape: Box | BaseGeometry) -> BaseGeometry:
    if isinstance(shape, Box):
        return shapely.box(shape.left, shape.top, shape.right, shape.bottom)
    return shape


def _shape(kind: str, value: Mapping[str, Any], entry: Mapping[str, Any]) -> Any:
    if kind in CHOICE_KEYS:
        chosen = value.get(CHOICE_KEYS[kind], value.get(kind))
        items = chosen if isinstance(chosen, list) else [] if chosen is None else [chosen]
        return frozenset(map(_text, items))
    if not kind.endswith("labels") and kind not in _PLAIN_SHAPES:
        return None
    spans = _spans(value)
    return spans or _box(value, entry) or _ellipse(value, entry) or _polygon(value, entry)


def _spans(value: Mapping[str, Any]) -> Spans | None:
    ranges = value.get("ranges")
    if isinstance(ranges, list):
        read = [_interval(each) for each in ranges if isinstance(each, dict)]
        known = sorted(interval for interval in read if interval is not None)
        return Spans(_merged(known)) if known and len(known) == len(ranges) else None
    offsets = value.get("globalOffsets")
    relative = "startOffset" in value or "endOffset" in value
    if relative or isinstance(offsets, dict):
        interval = _interval(offsets) if isinstance(offsets, dict) else None
    else:
        interval = _interval(value)
    return None if interval is None else Spans((interval,))


def _merged(intervals: Sequence[Interval]) -> tuple[Interval, ...]:
    merged: list[Interval] = []
    for start, end in intervals:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _interval(value: Mapping[str, Any]) -> Interval | None:
    start, end = _moment(value.get("start")), _moment(value.get("end"))
    return (start, end) if start is not None and end is not None and start <= end else None


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
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if abs(number) <= FARTHEST else None


def _numbers(value: Mapping[str, Any], *keys: str) -> list[float] | None:
    read = [number for number in (_number(value.get(key)) for key in keys) if number is not None]
    return read if len(read) == len(keys) else None


def _pixels(entry: Mapping[str, Any]) -> tuple[float, float]:
    """Return how many pixels one percent is across and down: shapes turn in pixels, and are given in percent."""
    size = _numbers(entry, "original_width", "original_height")
    return (size[0], size[1]) if size and min(size) > 0 else (1.0, 1.0)


def _box(value: Mapping[str, Any], entry: Mapping[str, Any]) -> Box | BaseGeometry | None:
    corners = _numbers(value, "x", "y", "width", "height")
    if corners is None or corners[2] < 0 or corners[3] < 0:
        return None
    across, down = _pixels(entry)
    left, top, width, height = corners[0] * across, corners[1] * down, corners[2] * across, corners[3] * down
    turned = _number(value.get("rotation")) or 0.0
    box = Box(left, top, left + width, top + height)
    if turned % 360 == 0:
        return box
    return affinity.rotate(_geometry(box), turned, origin=(left, top))


def _ellipse(value: Mapping[str, Any], entry: Mapping[str, Any]) -> BaseGeometry | None:
    given = _numbers(value, "x", "y", "radiusX", "radiusY")
    if given is None or given[2] < 0 or given[3] < 0:
        return None
    across, down = _pixels(entry)
    x, y, wide, high = given[0] * across, given[1] * down, given[2] * across, given[3] * down
    circle = shapely.Point(x, y).buffer(1.0, quad_segs=QUARTER)
    # A polygon inside a circle is a little smaller than it; widened by that little, areas are right.
    inside = math.sqrt(math.pi / circle.area)
    ellipse = affinity.scale(circle, wide * inside, high * inside, origin=(x, y))
    return affinity.rotate(ellipse, _number(value.get("rotation")) or 0.0, origin=(x, y))


def _polygon(value: Mapping[str, Any], entry: Mapping[str, Any]) -> BaseGeometry | None:
    points = value.get("points")
    if not isinstance(points, list) or len(points) < 3:
        return None
    across, down = _pixels(entry)
    corners = []
    for point in points:
        pair = [_number(part) for part in point] if isinstance(point, list) and len(point) == 2 else [None]
        if None in pair:
            return None
        corners.append((pair[0] * across, pair[1] * down))  # type: ignore[operator]
    return shapely.make_valid(shapely.Polygon(corners))


def _labels(kind: str, value: Mapping[str, Any]) -> frozenset[str]:
    """Return the labels, which stand under the key named like the type; none equals empty."""
    labels = value.get(kind) if kind.endswith("labels") else None
    return frozenset(map(_text, labels)) if isinstance(labels, list) else frozenset()


def _corner(shape: object) -> tuple[float, float]:
    match shape:
        case Spans():
            return shape.intervals[0][0], shape.intervals[-1][1]
        case Box():
            return shape.left, shape.top
        case BaseGeometry() if not shape.is_empty:
            return shape.bounds[0], shape.bounds[1]
    return 0.0, 0.0


def _extent(shape: object) -> Interval | None:
    match shape:
        case Spans():
            return shape.intervals[0][0], shape.intervals[-1][1]
        case Box():
            return shape.left, shape.right
        case BaseGeometry() if not shape.is_empty:
            return shape.bounds[0], shape.bounds[2]
    return None


def _text(value: object) -> str:
    """Return a text that is equal for equal values; 1 and 1.0 are equal, and so are they here."""
    return json.dumps(_plain(value), sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value

"""Shapes on a picture, read from the form that Label Studio writes: boxes, ellipses and polygons, turned or not."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

ELLIPSE_CORNERS = 256

FARTHEST = 1e20
"""Numbers beyond it place nothing on a page or in a recording (times may be nanoseconds since 1970)."""

NARROWEST = 1e-6
"""A picture this many times higher than wide, or wider than high, is none. Its sides say nothing about a rotation."""

Bounds = tuple[float, float, float, float]
"""Left, top, right and bottom; what lies on a line has a height of 1."""


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


@dataclass(frozen=True, slots=True)
class Point:
    """A key point, in percent of the picture, whose width over height is `aspect`."""

    x: float
    y: float
    aspect: float


def shape(value: Mapping[str, Any], entry: Mapping[str, Any]) -> Box | Outline | None:
    """Read the shape of a region; None if there is none that can be read."""
    return _box(value, entry) or _ellipse(value, entry) or _polygon(value.get("points"))


def point(value: Mapping[str, Any], entry: Mapping[str, Any]) -> Point | None:
    """Read the key point of a region; None if there is none that can be read."""
    given = numbers(value, "x", "y")
    return Point(given[0], given[1], _aspect(entry)) if given else None


def number(value: object) -> float | None:
    """Return a number that places something, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) <= FARTHEST else None


def numbers(value: Mapping[str, Any], *keys: str) -> list[float] | None:
    """Return the numbers under some keys, or None if one of them is none."""
    read = [each for each in (number(value.get(key)) for key in keys) if each is not None]
    return read if len(read) == len(keys) else None


def _aspect(entry: Mapping[str, Any]) -> float:
    """Return width over height of the picture: sizes are percents of its sides, but rotations turn its pixels."""
    size = numbers(entry, "original_width", "original_height")
    if not size or min(size) <= 0 or not NARROWEST <= size[0] / size[1] <= 1 / NARROWEST:
        return 1.0
    return size[0] / size[1]


def _rotation(value: Mapping[str, Any]) -> float | None:
    degrees = value.get("rotation")
    return 0.0 if degrees is None else number(degrees)


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
    given, degrees = numbers(value, "x", "y", "width", "height"), _rotation(value)
    if given is None or degrees is None or given[2] < 0 or given[3] < 0:
        return None
    x, y, width, height = given
    if degrees % 360 == 0:
        return Box((x, y, x + width, y + height))
    return _turned((x, y), ((0, 0), (width, 0), (width, height), (0, height)), degrees, _aspect(entry))


def _ellipse(value: Mapping[str, Any], entry: Mapping[str, Any]) -> Outline | None:
    given, degrees = numbers(value, "x", "y", "radiusX", "radiusY"), _rotation(value)
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
        x, y = map(number, point) if isinstance(point, list) and len(point) == 2 else (None, None)
        if x is None or y is None:
            return None
        corners.append((x, y))
    return _outline(np.array(corners))

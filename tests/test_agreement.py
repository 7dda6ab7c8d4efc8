"""The agreement of two results, with every expected value worked out by hand."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwidget.sources.agreement import agreement


def region(kind: str, value: Any, name: str = "label", **more: Any) -> dict[str, Any]:
    return {"id": "x", "from_name": name, "to_name": "text", "type": kind, "value": value, **more}


def span(start: float, end: float, *labels: str, **more: Any) -> dict[str, Any]:
    return region("labels", {"start": start, "end": end, "text": f"{start}", "labels": list(labels), **more})


def box(x: float, y: float, width: float, height: float, rotation: float = 0, **more: Any) -> dict[str, Any]:
    value = {"x": x, "y": y, "width": width, "height": height, "rotation": rotation, "rectanglelabels": ["Car"]}
    return region("rectanglelabels", value, **more)


def ellipse(x: float, y: float, across: float, down: float) -> dict[str, Any]:
    return region("ellipselabels", {"x": x, "y": y, "radiusX": across, "radiusY": down, "ellipselabels": ["Cell"]})


def polygon(*points: tuple[float, float]) -> dict[str, Any]:
    return region("polygonlabels", {"points": [list(point) for point in points], "polygonlabels": ["Roof"]})


def chosen(*choices: str) -> dict[str, Any]:
    return region("choices", {"choices": list(choices)}, name="topic")


SQUARE = polygon((0, 0), (4, 0), (4, 4), (0, 4))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([], [], 1.0),
        ([span(0, 10, "A")], [], 0.0),
        ([span(0, 10, "A")], [span(0, 10, "A")], 1.0),
        # common 5 of 15
        ([span(0, 10, "A")], [span(5, 15, "A")], 1 / 3),
        ([span(0, 10, "A")], [span(10, 20, "A")], 0.0),
        ([span(0, 10, "A")], [span(0, 10, "B")], 0.0),
        ([span(0, 10)], [region("labels", {"start": 0, "end": 10})], 1.0),
        ([span(3, 3, "A")], [span(3, 4, "A")], 0.0),
        # one of two is found again whole: 2 * 1 / 3
        ([span(0, 10, "A"), span(20, 30, "A")], [span(0, 10, "A")], 2 / 3),
        # (0,10) goes with (0,10) although (0,8) overlaps it as well; then (0,8) has nobody left
        ([span(0, 10, "A")], [span(0, 8, "A"), span(0, 10, "A")], 2 / 3),
        # greedy: best pair (2,10)-(2,9) 7/8, then (0,4)-(0,5) 4/5
        ([span(0, 4, "A"), span(2, 10, "A")], [span(0, 5, "A"), span(2, 9, "A")], 2 * (7 / 8 + 4 / 5) / 4),
        # boxes: 2 x 4 common of 16 + 16 - 8
        ([box(0, 0, 4, 4)], [box(2, 0, 4, 4)], 8 / 24),
        ([box(0, 0, 0, 4)], [box(0, 0, 0, 4)], 1.0),
        ([box(0, 0, 0, 4)], [box(0, 0, 0, 5)], 0.0),
        # turned by 90 degrees about its corner, the box covers x from -4 to 0
        ([box(0, 0, 4, 4, 90)], [box(-4, 0, 4, 4)], 1.0),
        # on a picture of 200 x 100 a percent is 2 across and 1 down: 10 x 10 % are 20 x 10, turned 10 x 20
        (
            [box(50, 50, 10, 10, 90, original_width=200, original_height=100)],
            [box(45, 50, 5, 20, original_width=200, original_height=100)],
            1.0,
        ),
        # triangle: half of the square
        ([SQUARE], [polygon((0, 0), (4, 0), (4, 4))], 0.5),
        ([SQUARE], [polygon((0, 0), (4, 4), (4, 0), (0, 4))], 0.5),
        # concentric circles of 1 and 2: 1/4 of the area
        ([ellipse(50, 50, 2, 2)], [ellipse(50, 50, 1, 1)], 0.25),
        # sets of choices: 1 common of 3
        ([chosen("a", "b")], [chosen("b", "c")], 1 / 3),
        ([chosen("a", "b")], [chosen("b", "a")], 1.0),
        (
            [region("taxonomy", {"taxonomy": [["Animal", "Dog"], ["Plant"]]})],
            [region("taxonomy", {"taxonomy": [["Animal", "Cat"], ["Plant"]]})],
            1 / 3,
        ),
        ([region("pairwise", {"selected": "left"})], [region("pairwise", {"selected": "right"})], 0.0),
        ([region("textarea", {"text": ["a"]})], [region("textarea", {"text": ["b"]})], 0.0),
        ([region("rating", {"rating": 4})], [region("rating", {"rating": 4.0})], 1.0),
        ([region("rating", {"rating": 4})], [region("number", {"rating": 4})], 0.0),
        ([chosen("a")], [region("choices", {"choices": ["a"]}, name="other")], 0.0),
        # relations and the like have no from_name
        ([chosen("a"), {"type": "relation", "from_id": "x", "to_id": "y"}, 7, None], [chosen("a")], 1.0),
        # time line: (0,10) and (20,30) against (5,25): common 5 + 5 of 20 + 20 - 10
        (
            [region("timelinelabels", {"ranges": [{"start": 0, "end": 10}, {"start": 20, "end": 30}]})],
            [region("timelinelabels", {"ranges": [{"start": 5, "end": 25}]})],
            10 / 30,
        ),
        # offsets within elements say nothing; the global ones do: 5 of 15
        (
            [region("hypertextlabels", {"start": "/p[1]", "end": "/p[1]", "startOffset": 1, "endOffset": 9,
                                        "globalOffsets": {"start": 0, "end": 10}})],
            [region("hypertextlabels", {"start": "/p[2]", "end": "/p[2]", "startOffset": 1, "endOffset": 9,
                                        "globalOffsets": {"start": 5, "end": 15}})],
            1 / 3,
        ),
        # an hour against its second half
        (
            [region("timeserieslabels", {"start": "2024-01-01T10:00:00", "end": "2024-01-01T11:00:00"})],
            [region("timeserieslabels", {"start": "2024-01-01T10:30:00", "end": "2024-01-01T11:00:00"})],
            0.5,
        ),
        ([span(float("nan"), 5, "A")], [span(float("nan"), 6, "A")], 0.0),
    ],
)  # fmt: skip
def test_agreement_by_hand(first: list[Any], second: list[Any], expected: float) -> None:
    assert agreement(first, second) == pytest.approx(expected, rel=1e-6)
    assert agreement(second, first) == agreement(first, second)
    assert agreement(json.dumps(first), second) == agreement(first, second)


def test_an_ellipse_covers_the_area_of_its_closed_form() -> None:
    # pi * 30 * 20 of a box of 100 x 100 that holds it
    alike = agreement(
        [region("ellipse", {"x": 50, "y": 50, "radiusX": 30, "radiusY": 20})],
        [region("ellipse", {"x": 50, "y": 50, "radiusX": 45, "radiusY": 45})],
    )
    assert alike == pytest.approx(30 * 20 / 45**2, rel=1e-9)
    square = agreement(
        [region("ellipse", {"x": 50, "y": 50, "radiusX": 30, "radiusY": 20})],
        [region("ellipse", {"x": 0, "y": 0, "width": 100, "height": 100})],
    )
    assert square == pytest.approx(math.pi * 30 * 20 / 10_000, rel=1e-9)


@pytest.mark.parametrize("nothing", [None, 7, {}, "", "no json", "{}", "[" * 100_000])
def test_what_is_no_result_agrees_with_nothing(nothing: object) -> None:
    assert agreement(nothing, []) is None
    assert agreement([chosen("a")], nothing) is None


_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
_kinds = st.sampled_from(["labels", "rectanglelabels", "ellipse", "polygonlabels", "timelinelabels", "choices", "x"])
_keys = st.sampled_from(
    ["start", "end", "x", "y", "width", "height", "radiusX", "radiusY", "points", "ranges", "labels", "rotation"]
)
_values = st.dictionaries(_keys, _json | st.integers(0, 9) | st.lists(st.lists(st.integers(0, 9))), max_size=8)
_entries = st.builds(region, _kinds, _values | _json) | _json
_results = st.lists(_entries, max_size=6)


@given(_results, _results)
def test_agreement_is_symmetric_and_between_0_and_1(first: list[Any], second: list[Any]) -> None:
    alike = agreement(first, second)
    assert alike is not None
    assert 0 <= alike <= 1
    assert agreement(second, first) == alike
    assert agreement(first, first) == 1.0


_spans = st.builds(
    lambda start, length, label: span(start, start + length, label),
    st.integers(0, 12),
    st.integers(0, 6),
    st.sampled_from("AB"),
)


@given(st.lists(_spans, max_size=7), st.lists(_spans, max_size=7))
def test_agreement_of_spans_is_symmetric_to_the_last_bit(first: list[Any], second: list[Any]) -> None:
    assert agreement(first, second) == agreement(second, first)


def test_thousands_of_regions_are_paired() -> None:
    first = [span(10 * place, 10 * place + 8, "A") for place in range(3000)]
    second = [span(10 * place + 4, 10 * place + 12, "A") for place in range(3000)]
    # each pair shares 4 of 12; the neighbour that touches shares 2 of 14
    assert agreement(first, second) == pytest.approx(1 / 3)

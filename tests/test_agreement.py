"""The agreement of two results, with expected values worked out by hand or by a plain computation beside it."""

import json
import math
import random
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwidget.sources import text_agreement
from perfwidget.sources.agreement import agreement, grade
from perfwidget.sources.task_form import plain
from perfwidget.sources.text_agreement import grade_of_texts

Entry = dict[str, Any]


def region(kind: str, value: Any, **more: Any) -> Entry:
    return {"id": "x", "from_name": "label", "to_name": "text", "type": kind, "value": value, **more}


def span(start: Any, end: Any, *labels: str, **more: Any) -> Entry:
    return region("labels", {"start": start, "end": end, "text": f"{start}", "labels": list(labels)}, **more)


def times(start: Any, end: Any) -> Entry:
    return region("timeserieslabels", {"start": start, "end": end, "instant": False, "timeserieslabels": ["Run"]})


def ranges(*pairs: tuple[Any, Any]) -> Entry:
    return region("timelinelabels", {"ranges": [{"start": start, "end": end} for start, end in pairs]})


def paragraph(start: str, end: str, first: int, last: int, **more: Any) -> Entry:
    value = {"start": start, "end": end, "startOffset": first, "endOffset": last, "paragraphlabels": ["Question"]}
    return region("paragraphlabels", {**value, **more})


def hypertext(start: int, end: int, path: str) -> Entry:
    inside = {"start": path, "end": path, "startOffset": 1, "endOffset": 9}
    return region("hypertextlabels", {**inside, "globalOffsets": {"start": start, "end": end}})


def box(x: Any, y: Any, width: Any, height: Any, rotation: Any = 0, **more: Any) -> Entry:
    value = {"x": x, "y": y, "width": width, "height": height, "rotation": rotation, "rectanglelabels": ["Car"]}
    return region("rectanglelabels", value, **more)


def ellipse(x: float, y: float, across: float, down: float, rotation: float = 0, **more: Any) -> Entry:
    value = {"x": x, "y": y, "radiusX": across, "radiusY": down, "rotation": rotation, "ellipselabels": ["Cell"]}
    return region("ellipselabels", value, **more)


def polygon(*points: tuple[float, float]) -> Entry:
    return region("polygonlabels", {"points": [list(point) for point in points], "polygonlabels": ["Roof"]})


def chosen(*choices: Any) -> Entry:
    return region("choices", {"choices": list(choices)}, from_name="topic")


def taxonomy(*paths: list[str]) -> Entry:
    return region("taxonomy", {"taxonomy": list(paths)})


SQUARE = polygon((0, 0), (4, 0), (4, 4), (0, 4))
# A picture twice as wide as high: a percent is 2 pixels across and 1 down.
WIDE = {"original_width": 200, "original_height": 100}
# Two squares of side 4 about one centre, one of them on its tip, share an octagon of 2 * (sqrt(2) - 1) * 4 * 4.
OCTAGON = 2 * (math.sqrt(2) - 1) * 16

SPANS = [
    ([], [], 1.0),
    ([span(0, 10, "A")], [], 0.0),
    ([span(0, 10, "A")], [span(0, 10, "A")], 1.0),
    # common 5 of 15
    ([span(0, 10, "A")], [span(5, 15, "A")], 1 / 3),
    # touching is nothing in common
    ([span(0, 10, "A")], [span(10, 20, "A")], 0.0),
    ([span(0, 10, "A")], [span(0, 10, "B")], 0.0),
    ([span(0, 10, "A", "B")], [span(0, 10, "A")], 0.0),
    # labels are sets, and none are as good as an empty list
    ([span(0, 10, "A", "B")], [span(5, 15, "B", "A")], 1 / 3),
    ([span(0, 10)], [region("labels", {"start": 0, "end": 10})], 1.0),
    ([region("labels", {"start": 0, "end": 9, "labels": None})], [span(0, 9)], 1.0),
    ([region("labels", {"start": 0, "end": 9, "labels": "A"})], [region("labels", {"start": 0, "end": 9})], 0.0),
    # labels under a key that is not named like the type are labels all the same
    ([region("hypertextlabels", {"start": 0, "end": 9, "htmllabels": ["A"]})],
     [region("hypertextlabels", {"start": 0, "end": 9, "htmllabels": ["B"]})], 0.0),
    # a length of zero: equal or not
    ([span(3, 3, "A")], [span(3, 4, "A")], 0.0),
    ([span(3, 3)], [region("labels", {"start": 3.0, "end": 3})], 1.0),
    # one of two is found again whole: 2 * 1 / 3
    ([span(0, 10, "A"), span(20, 30, "A")], [span(0, 10, "A")], 2 / 3),
    # (0,10) goes with (0,10) although (0,8) overlaps it as well; then (0,8) has nobody left
    ([span(0, 10, "A")], [span(0, 8, "A"), span(0, 10, "A")], 2 / 3),
    # best first: (2,10)-(2,9) 7/8, then (0,4)-(0,5) 4/5
    ([span(0, 4, "A"), span(2, 10, "A")], [span(0, 5, "A"), span(2, 9, "A")], 2 * (7 / 8 + 4 / 5) / 4),
    # best first, even where another choice would sum up to more: (0,10)-(1,10) 9/10 leaves (6,10)-(0,6) nothing,
    # while (0,10)-(0,6) 6/10 and (6,10)-(1,10) 4/9 are more together
    ([span(0, 10, "A"), span(6, 10, "A")], [span(0, 6, "A"), span(1, 10, "A")], 2 * 0.9 / 4),
    # a tie: (2,4) shares 1 of 3 with (1,3) and with (3,5); (1,3) is read first. (3,5) still has 1 of 5 in (4,8)
    ([span(3, 5, "A"), span(1, 3, "A")], [span(4, 8, "A"), span(2, 4, "A")], 2 * (1 / 3 + 1 / 5) / 4),
    # the same tie; now it is (1,3) that shares 1 of 5 with (-2,2), but it is taken
    ([span(3, 5, "A"), span(1, 3, "A")], [span(-2, 2, "A"), span(2, 4, "A")], 2 * (1 / 3) / 4),
    # nobody knows where a range begins: equal, or not to be judged
    ([span(math.nan, 5, "A")], [span(math.nan, 6, "A")], None),
    ([span(math.nan, 5, "A")], [span(math.nan, 5, "A")], 1.0),
    ([span("a", 5, "A")], [span("b", 5, "A")], None),
    ([span(9, 5, "A")], [span(8, 5, "A")], None),
    ([span(True, 5, "A")], [span(2, 5, "A")], None),
    # the text of a range follows from it, whether it can be read or not
    ([span("a", 5, "A")], [region("labels", {"start": "a", "end": 5, "text": "other", "labels": ["A"]})], 1.0),
    # what else is noted about a region is not what was marked
    ([span(0, 10, "A", origin="manual", score=0.5)], [span(0, 10, "A", origin="prediction", id="y")], 1.0),
]  # fmt: skip

ELEMENTS_AND_TIME = [
    # offsets within elements say nothing across elements; the global ones do: 5 of 15
    ([hypertext(0, 10, "/p[1]")], [hypertext(5, 15, "/p[2]")], 1 / 3),
    # null is as good as missing
    ([region("labels", {"start": 0, "end": 10, "globalOffsets": None, "startOffset": None, "ranges": None})],
     [region("labels", {"start": 5, "end": 15})], 1 / 3),
    # a dialogue has none, but within one paragraph they are enough: 5 of 7
    ([paragraph("2", "2", 3, 10)], [paragraph("2", "2", 5, 10, text="hm")], 5 / 7),
    ([paragraph("2", "2", 3, 10)], [paragraph("3", "3", 3, 10)], 0.0),
    # across paragraphs nobody knows how long they are
    ([paragraph("2", "3", 3, 10)], [paragraph("2", "3", 3, 9)], None),
    ([paragraph("2", "3", 3, 10)], [paragraph("2", "2", 3, 9)], None),
    ([paragraph("2", "3", 3, 10)], [paragraph("2", "3", 3, 10, text="hm")], 1.0),
    # an hour against its second half
    ([times("2024-01-01T10:00:00", "2024-01-01T11:00:00")], [times("2024-01-01 10:30", "2024-01-01T11:00:00Z")], 0.5),
    # milliseconds since 1970: 1000 of 4000
    ([times(1_700_000_000_000, 1_700_000_004_000)], [times(1_700_000_001_000, 1_700_000_002_000)], 0.25),
    # time line: (0,10) and (20,30) against (5,25): common 5 + 5 of 20 + 20 - 10
    ([ranges((0, 10), (20, 30))], [ranges((5, 25))], 10 / 30),
    # ranges that overlap count once: (0,10) in two parts
    ([ranges((4, 10), (0, 6))], [ranges((0, 10))], 1.0),
    ([ranges((0, 10), (2, 4))], [ranges((0, 10))], 1.0),
    # (9,10) of (0,2), (8,10), (4,6) and (9,10): 1 of 4 + 3 - 1
    ([ranges((0, 2), (8, 10))], [ranges((4, 6), (9, 10))], 1 / 6),
    # one range that runs backwards makes the whole unreadable
    ([ranges((0, 4), (9, 5))], [ranges((0, 4))], None),
    ([ranges((0, 10))], [ranges((5, 10))], 0.5),
    ([ranges((0, 10), (20, None))], [ranges((0, 10), (30, None))], None),
    ([ranges()], [ranges()], 1.0),
]  # fmt: skip

SHAPES = [
    # 2 x 4 common of 16 + 16 - 8
    ([box(0, 0, 4, 4)], [box(2, 0, 4, 4)], 8 / 24),
    ([box(0, 0, 4, 4)], [box(1, 1, 4, 2)], 6 / 18),
    ([box(0, 0, 4, 4)], [box(4, 0, 4, 4)], 0.0),
    ([box(0, 0, 0, 4)], [box(0, 0, 0, 4)], 1.0),
    ([box(0, 0, 0, 4)], [box(0, 0, 0, 5)], 0.0),
    # so small that their areas are nothing in floating point numbers
    ([box(0, 0, 1e-200, 1e-200)], [box(0, 0, 2e-200, 1e-200)], 0.0),
    ([box(0, 0, 1e-200, 1e-200, 45)], [box(0, 0, 2e-200, 1e-200, 45)], 0.0),
    ([box(0, 0, 4, 4)], [box(2, 0, "4", 4)], None),
    ([box(0, 0, 4, 4, "x")], [box(2, 0, 4, 4, "x")], None),
    # sizes are percents: upright boxes need not know how large the picture is
    ([box(0, 0, 4, 4, **WIDE)], [box(2, 0, 4, 4)], 8 / 24),
    # a picture further on in the task is another picture
    ([box(0, 0, 4, 4, item_index=1)], [box(0, 0, 4, 4, item_index=2)], 0.0),
    ([box(0, 0, 4, 4, item_index=0)], [box(0, 0, 4, 4)], 1.0),
    # turned by 90 degrees about its corner, the box covers x from -4 to 0
    ([box(0, 0, 4, 4, 90)], [box(-4, 0, 4, 4)], 1.0),
    ([box(0, 0, 4, 4, 90)], [box(0, 0, 4, 4)], 0.0),
    ([box(0, 0, 4, 4, 360)], [box(2, 0, 4, 4)], 8 / 24),
    # by 45 degrees, its middle comes to (0, sqrt(8))
    ([box(0, 0, 4, 4, 45)], [box(-2, math.sqrt(8) - 2, 4, 4)], OCTAGON / (32 - OCTAGON)),
    # 10 x 10 % are 20 x 10 pixels, turned 10 x 20
    ([box(50, 50, 10, 10, 90, **WIDE)], [box(45, 50, 5, 20, **WIDE)], 1.0),
    # pi * 2 * 2 in pi * 3 * 4
    ([ellipse(50, 50, 2, 2)], [ellipse(50, 50, 3, 4)], 4 / 12),
    ([ellipse(50, 50, 1, 1)], [ellipse(53, 50, 1, 1)], 0.0),
    # two ellipses that cross share 4ab * atan(b / a) of 2ab * pi less that
    ([ellipse(50, 50, 4, 2)], [ellipse(50, 50, 4, 2, 90)],
     32 * math.atan(0.5) / (16 * math.pi - 32 * math.atan(0.5))),
    # on the wide picture it is a circle of 20 pixels, whichever way it is turned
    ([ellipse(50, 50, 10, 20, **WIDE)], [ellipse(50, 50, 10, 20, 30, **WIDE)], 1.0),
    ([ellipse(50, 50, 0, 2)], [ellipse(50, 50, 0, 2)], 1.0),
    ([ellipse(50, 50, 0, 2)], [ellipse(50, 50, 0, 3)], 0.0),
    # a triangle is half of the square
    ([SQUARE], [polygon((0, 0), (4, 0), (4, 4))], 0.5),
    # the same square from another corner, the other way round
    ([SQUARE], [polygon((4, 4), (4, 0), (0, 0), (0, 4))], 1.0),
    # an hourglass is two triangles of 4
    ([SQUARE], [polygon((0, 0), (4, 4), (4, 0), (0, 4))], 0.5),
    # a spike has no area, however long
    ([SQUARE], [polygon((0, 0), (9, 0), (4, 0), (4, 4), (0, 4))], 1.0),
    # three points on a line have no area: equal or not
    ([polygon((0, 0), (1, 1), (2, 2))], [polygon((0, 0), (1, 1), (2, 2))], 1.0),
    ([polygon((0, 0), (1, 1), (2, 2))], [polygon((0, 0), (1, 1), (3, 3))], 0.0),
    ([polygon((0, 0), (4, 0))], [polygon((0, 0), (5, 0))], None),
    # the label of a shape may stand beside it in a region of its own
    ([region("rectangle", {"x": 0, "y": 0, "width": 4, "height": 4})],
     [region("rectangle", {"x": 2, "y": 0, "width": 4, "height": 4})], 8 / 24),
]  # fmt: skip

CHOICES_AND_OTHERS = [
    # 1 common of 3
    ([chosen("a", "b")], [chosen("b", "c")], 1 / 3),
    ([chosen("a", "b")], [chosen("b", "a", "a")], 1.0),
    ([chosen()], [chosen("a")], 0.0),
    # one after the other: {a,b} with {a,b,c} 2/3, then {c} with {c,d} 1/2
    ([chosen("a", "b"), chosen("c")], [chosen("c", "d"), chosen("a", "b", "c")], 2 * (2 / 3 + 1 / 2) / 4),
    ([taxonomy(["Animal", "Dog"], ["Plant"])], [taxonomy(["Animal", "Cat"], ["Plant"])], 1 / 3),
    ([taxonomy(["Animal"])], [taxonomy(["Animal", "Dog"])], 0.0),
    ([region("pairwise", {"selected": "left"})], [region("pairwise", {"selected": "right"})], 0.0),
    ([region("pairwise", {"selected": "left"})], [region("pairwise", {"selected": "left"})], 1.0),
    ([region("pairwise", {"selected": ["a", "b"]})], [region("pairwise", {"selected": ["b", "c"]})], 1 / 3),
    ([chosen("a")], [region("choices", {"choices": ["a"]}, from_name="other")], 0.0),
    # what is no object is nothing
    ([chosen("a"), 7, None], [chosen("a")], 1.0),
    # two kinds side by side: 1 for the choice, 1/3 for the span
    ([chosen("a"), span(0, 10, "A")], [span(5, 15, "A"), chosen("a")], 2 * (1 + 1 / 3) / 4),
]  # fmt: skip


def written(*lines: Any, **more: Any) -> Entry:
    return region("textarea", {"text": list(lines), **more})


def said(content: str, role: str = "assistant") -> Entry:
    return region("chatmessage", {"chatmessage": {"role": role, "content": content}})


def key_point(x: float, y: float, *labels: str, **more: Any) -> Entry:
    return region("keypointlabels", {"x": x, "y": y, "width": 0.3, "keypointlabels": list(labels)}, **more)


def rating(stars: Any) -> Entry:
    return region("rating", {"rating": stars})


def amount(number: Any) -> Entry:
    return region("number", {"number": number})


def relation(one: str, other: str) -> Entry:
    return {"type": "relation", "from_id": one, "to_id": other, "direction": "right"}


def brush(*numbers: int, labels: tuple[str, ...] = ("A",)) -> Entry:
    return region("brushlabels", {"format": "rle", "rle": list(numbers), "brushlabels": list(labels)})


def video(*places: int) -> Entry:
    return region("videorectangle", {"sequence": [{"frame": frame, "x": x} for frame, x in enumerate(places)]})


TEXTS_AND_NUMBERS = [
    # kitten becomes sitting by three letters of seven
    ([written("kitten")], [written("sitting")], 4 / 7),
    ([written("a")], [written("b")], 0.0),
    ([written("")], [written("b")], 0.0),
    ([written("")], [written("")], 1.0),
    # a letter in three hundred words of four letters and a space
    ([written("word " * 300)], [written("word " * 299 + "ward ")], 1 - 1 / 1500),
    # letters, not bytes: one of three
    ([written("aé😀")], [written("aè😀")], 2 / 3),
    # entries are lines: "ab", a break, "cd" loses the break and two letters of five
    ([written("ab", "cd")], [written("ab")], 2 / 5),
    ([region("textarea", {"text": "ab"})], [written("ac")], 0.5),
    # most alike first: abcd-abce 3/4, then xy-xz 1/2
    ([written("xy"), written("abcd")], [written("abce"), written("xz")], 2 * (3 / 4 + 1 / 2) / 4),
    # what is written about a range is not the range
    ([written("a", start=0, end=9)], [written("b", start=0, end=9)], 0.0),
    ([written(5)], [written("5")], None),
    ([said("yes")], [said("yet")], 2 / 3),
    ([said("yes", "user")], [said("yes")], 0.0),
    ([region("chatmessage", {"chatmessage": {"role": "user", "content": 5}})], [said("yes", "user")], None),
    # a percent of the diagonal apart is nothing; on a square picture that is the root of 2 percent of its sides
    ([key_point(10, 10)], [key_point(10.01, 10)], 1 - 0.01 / math.sqrt(2)),
    ([key_point(10, 10)], [key_point(10.5, 10.5)], 0.5),
    ([key_point(10, 10)], [key_point(11, 11)], 0.0),
    ([key_point(10, 10)], [key_point(90, 90)], 0.0),
    # 300 x 400 pixels: the diagonal has 500, a percent 5; 0.5 % across and 0.5 % down are 1.5 and 2 pixels, so 2.5
    ([key_point(10, 10, original_width=300, original_height=400)],
     [key_point(10.5, 10.5, original_width=300, original_height=400)], 0.5),
    ([key_point(10, 10, "Eye")], [key_point(10, 10, "Ear")], 0.0),
    ([region("keypoint", {"x": 1, "y": 1, "width": 2})], [region("keypoint", {"x": 1, "y": 1, "width": 3})], 1.0),
    ([key_point(10, 10)], [region("keypointlabels", {"x": "10", "y": 10})], None),
    # the nearest first: (0,0)-(0.1,0.1) 9/10; (1,1) has nobody left within a percent
    ([key_point(0, 0), key_point(1, 1)], [key_point(0.1, 0.1)], 2 * 0.9 / 3),
    # one of the four steps from one star to five
    ([rating(4)], [rating(5)], 3 / 4),
    ([rating(1)], [rating(5)], 0.0),
    ([rating(0)], [rating(5)], 0.0),
    # where somebody gave nine, there are eight steps at least
    ([rating(9)], [rating(7)], 6 / 8),
    ([rating(4)], [rating(4.0)], 1.0),
    ([rating(1)], [rating(True)], None),
    ([rating(None)], [rating(3)], None),
    ([rating(4)], [amount(4)], 0.0),
    ([amount(100)], [amount(101)], 100 / 101),
    ([amount(-10)], [amount(-8)], 0.8),
    ([amount(-5)], [amount(5)], 0.0),
    ([amount(0)], [amount(0.0)], 1.0),
    ([amount(0)], [amount(1e-9)], 0.0),
    ([amount(math.inf)], [amount(1)], None),
]  # fmt: skip

ONLY_EQUAL = [
    ([brush(1, 2, labels=("A", "B"))], [brush(1, 2, labels=("B", "A"))], 1.0),
    ([brush(1, 2)], [brush(1, 3)], None),
    # other labels are something else, whatever was brushed; what has no counterpart is gone
    ([brush(1, 2)], [brush(1, 2, labels=("B",))], 0.0),
    ([brush(1, 2)], [], 0.0),
    ([brush(1, 2), brush(3)], [brush(3)], 2 / 3),
    ([brush(1, 2), chosen("a")], [brush(1, 3), chosen("a")], None),
    ([video(*range(100))], [video(*range(100))], 1.0),
    ([video(*range(100))], [video(*range(99), 5)], None),
    ([region("ranker", {"ranker": list("abcdefghij")})], [region("ranker", {"ranker": list("abcdefghji")})], None),
    ([region("datetime", {"datetime": "2024-03-01"})], [region("datetime", {"datetime": "2024-03-02"})], None),
    ([chosen("a"), relation("x", "y")], [chosen("a")], None),
    ([chosen("a"), relation("x", "y"), relation("x", "z")],
     [chosen("a"), relation("x", "z"), relation("x", "y")], 1.0),
    ([chosen("a"), relation("x", "y")], [chosen("b"), relation("y", "x")], None),
    ([relation("x", "y")], [relation("x", "y")], 1.0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        ([brush(1), video(1)], [brush(2), video(2)], "brushlabels"),
        ([video(1), brush(1)], [video(2), brush(2)], "brushlabels"),
        ([chosen("a"), relation("x", "y")], [chosen("a")], "relation"),
        ([], [], ""),
        (None, [], ""),
        ([chosen("a")], [chosen("b")], ""),
    ],
)
def test_what_cannot_be_judged_is_named(first: Any, second: Any, kind: str) -> None:
    assert (grade(first, second).unjudged, grade(second, first).unjudged) == (kind, kind)


def test_texts_that_take_long_to_compare_are_not_judged() -> None:
    assert agreement([written("a" * 400_000)], [written("b" * 400_000)]) is None
    assert agreement([written("a" * 400_000)], [written("a" * 400_000)]) == 1


BY_HAND = SPANS + ELEMENTS_AND_TIME + SHAPES + CHOICES_AND_OTHERS + TEXTS_AND_NUMBERS + ONLY_EQUAL


@pytest.mark.parametrize(("first", "second", "expected"), BY_HAND)
def test_agreement_by_hand(first: list[Any], second: list[Any], expected: float | None) -> None:
    # An ellipse is a polygon of many corners: two that cross share a little more than the formula says.
    close = None if expected is None else pytest.approx(expected, rel=1e-4, abs=1e-12)
    assert agreement(first, second) == close
    assert agreement(second, first) == agreement(first, second)
    assert agreement(json.dumps(first), second) == agreement(first, second)


def test_an_ellipse_covers_the_area_of_its_closed_form() -> None:
    whole = region("labels", {"x": 0, "y": 0, "width": 100, "height": 100})
    inside = region("labels", {"x": 50, "y": 50, "radiusX": 30, "radiusY": 20, "rotation": 33})
    assert agreement([inside], [whole]) == pytest.approx(math.pi * 30 * 20 / 10_000, rel=1e-9)
    assert agreement([whole], [inside]) == agreement([inside], [whole])


def test_the_order_of_names_does_not_round_the_sum_otherwise() -> None:
    first = [span(0, 41, "A", from_name=f"name {length}") for length in range(1, 41)]
    second = [span(0, length, "A", from_name=f"name {length}") for length in range(1, 41)]
    expected = 2 * math.fsum(length / 41 for length in range(1, 41)) / 80
    assert agreement(first, second) == expected
    assert agreement(second[::-1], first) == expected


@pytest.mark.parametrize("nothing", [None, 7, {}, "", "no json", "{}", "null", "[" * 100_000, b"[]", ((), ())])
def test_what_is_no_result_agrees_with_nothing(nothing: object) -> None:
    assert agreement(nothing, []) is None
    assert agreement([chosen("a")], nothing) is None


def test_what_json_cannot_hold_agrees_with_nothing() -> None:
    ring: list[Any] = []
    ring.append(ring)
    for odd in (ring, {1, 2}, object(), Decimal(1), 10**5000, {"a": b"b"}):
        for entry in (times(odd, 5), chosen(odd), region("rating", odd), region("rating", 1, from_name=odd)):
            assert agreement([entry], []) is None


_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
_few = st.integers(0, 9)
_points = st.lists(st.lists(_few | st.floats(), min_size=2, max_size=2), max_size=6)
_odd = {
    **dict.fromkeys(("start", "end", "x", "y", "width", "height", "radiusX", "radiusY", "rotation"), _few | _json),
    **dict.fromkeys(("startOffset", "endOffset"), _few | _json),
    "globalOffsets": st.fixed_dictionaries({"start": _few, "end": _few}) | _json,
    "ranges": st.lists(st.fixed_dictionaries({"start": _few, "end": _few}), max_size=4) | _json,
    "points": _points | _json,
    **dict.fromkeys(("rating", "number"), _few | st.floats() | _json),
    "text": st.text("ab", max_size=4) | st.lists(st.text("ab\ud800", max_size=4), max_size=2) | _json,
    **dict.fromkeys(("labels", "choices", "taxonomy", "selected"), st.lists(st.sampled_from("AB")) | _json),
}


@st.composite
def _values(draw: st.DrawFn) -> Entry:
    keys = draw(st.sets(st.sampled_from(sorted(_odd)), max_size=8))
    return {key: draw(_odd[key]) for key in sorted(keys)}


_range_kinds = st.sampled_from(["labels", "paragraphlabels", "timelinelabels"])
_shape_kinds = st.sampled_from(["rectanglelabels", "ellipse", "polygonlabels", "brushlabels", "keypoint"])
_kinds = _range_kinds | _shape_kinds | st.sampled_from(["choices", "taxonomy", "textarea", "rating", "number", "x"])
_sizes = st.fixed_dictionaries({}, optional={"original_width": _few | _json, "original_height": _few | _json})
_entries = st.builds(lambda kind, value, sizes: region(kind, value, **sizes), _kinds, _values() | _json, _sizes) | _json
_results = st.lists(_entries, max_size=6)


@given(_results, _results)
def test_agreement_of_anything_is_symmetric_and_between_0_and_1(first: list[Any], second: list[Any]) -> None:
    found = grade(first, second)
    assert 0 <= found.score <= 1 if found.score is not None else found.unjudged
    assert grade(second, first) == found
    assert grade(json.dumps(first), json.dumps(second)) == found
    assert agreement(first, first) == 1.0


@given(_json, _json)
def test_anything_may_come_in_place_of_a_result(first: Any, second: Any) -> None:
    alike = agreement(first, second)
    assert alike is None or 0 <= alike <= 1


_shapes = st.one_of(
    st.builds(box, _few, _few, _few, _few, st.sampled_from([0, 0, 30, 77.7, 90])),
    st.builds(ellipse, _few, _few, _few, _few, st.sampled_from([0, 45])),
    st.lists(st.tuples(_few, _few), min_size=3, max_size=5).map(lambda points: polygon(*points)),
)


_sizes_of_pictures = st.sampled_from([{}, WIDE, {"original_width": 3, "original_height": 4}])
_others = st.one_of(
    st.builds(lambda x, y, size: key_point(x / 10, y / 10, **size), _few, _few, _sizes_of_pictures),
    st.builds(written, st.text("ab", max_size=5)),
    st.builds(rating, st.integers(0, 12)),
    st.builds(amount, st.floats(-1e9, 1e9) | _few),
)


@given(st.lists(_others, max_size=8), st.lists(_others, max_size=8))
def test_agreement_of_points_texts_and_numbers_is_symmetric_to_the_last_bit(
    first: list[Any], second: list[Any]
) -> None:
    alike = agreement(first, second)
    assert alike is not None
    assert 0 <= alike <= 1
    assert agreement(second, first) == alike
    assert agreement(first, first) == 1.0


@given(st.lists(_shapes, max_size=6), st.lists(_shapes, max_size=6))
def test_agreement_of_shapes_is_symmetric_to_the_last_bit(first: list[Any], second: list[Any]) -> None:
    assert agreement(first, second) == agreement(second, first)
    assert agreement(first, first) == 1.0


# --- By their texts


def compare_texts(previous: str, fixed: str) -> None:
    texts = [msgspec.Raw(each.encode("utf-8", "surrogatepass")) for each in (previous, fixed)]
    assert grade_of_texts(*texts) == grade(*map(plain, texts))


_stock = [*(span(each, each + 5, "A") for each in (0, 2, 9)), box(1, 1, 5, 5), chosen("A"), chosen("A", "B")]
_rare = [relation("x", "y"), {"type": "relation"}, brush(1), brush(2), written("a"), None]
_stocked = st.sampled_from([*_stock, *({**each, "id": "y"} for each in _stock), *_rare])


@given(st.lists(_stocked, max_size=5), st.lists(_stocked, max_size=3), st.lists(_stocked, max_size=3), st.randoms())
def test_texts_agree_as_their_values_do(kept: list[Any], gone: list[Any], new: list[Any], dice: random.Random) -> None:
    previous, fixed = [*kept, *gone], [*kept, *new]
    dice.shuffle(fixed)
    compare_texts(json.dumps(previous), json.dumps(fixed))


@given(_results | _json, _results | _json)
def test_texts_of_anything_agree_as_their_values_do(first: Any, second: Any) -> None:
    compare_texts(json.dumps(first), json.dumps(second))
    compare_texts(json.dumps([first, *_stock]), json.dumps([second, *_stock]))


_KEPT = json.dumps(_stock)[1:-1]


@pytest.mark.parametrize(
    "odd",
    [
        '{"from_name": "x", "type": "rating", "value": ' + "1" * 5_000 + "}",  # more digits than Python reads
        '{"from_name": "x", "type": "rating", "value": ' + "[" * 900 + "]" * 900 + "}",
        '{"from_name": "x", "type": "rating", "value": 1, "value": 2}',
        '{"from_name": null, "from_name": "x", "type": "rating"}',
        '{"from_name": "x", "from_name": null, "type": "rating"}',
        '{"fr\\u006fm_name": "x", "type": "rating"}',
        '{"from_name": [1], "type": "choices", "value": {"choices": ["\\ud800"]}}',
        '{"from_name": "x", "type": "rating", "value": NaN}',
        '{"from_name": "x", "type": "rating", "value": 1e400}',
        "[]",
        "5",
    ],
)
def test_odd_texts_agree_as_their_values_do(odd: str) -> None:
    for previous, fixed in ((f"[{_KEPT}, {odd}]", f"[{odd}, {_KEPT}]"), (f"[{_KEPT}]", f"[{_KEPT}, {odd}]")):
        compare_texts(previous, fixed)
    compare_texts(json.dumps(f"[{odd}]"), f"[{odd}]")


def test_regions_that_stayed_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests above would say nothing if all were read anyway."""
    monkeypatch.setattr(text_agreement, "grade", None)
    fixed = [*_stock, span(1, 2, "other")]
    assert grade_of_texts(*(msgspec.Raw(json.dumps(each).encode()) for each in (_stock, fixed))).score == 12 / 13


# --- By a plain computation


def best_first(first: list[Entry], second: list[Entry], likeness: Any) -> float:
    """Compare all with all in exact fractions; take the best pair, the first in reading order, while there is one."""
    ours, theirs, total = dict(enumerate(first)), dict(enumerate(second)), Fraction(0)

    def read(side: dict[int, Entry], place: int) -> tuple[int, int, int]:
        value = side[place]["value"]
        return (*((value["x"], value["y"]) if "x" in value else (value["start"], value["end"])), place)

    while ours and theirs:
        pairs = [(one, other) for one in ours for other in theirs]
        alike = {(one, other): likeness(ours[one]["value"], theirs[other]["value"]) for one, other in pairs}
        best = min(pairs, key=lambda pair: (-alike[pair], sorted((read(ours, pair[0]), read(theirs, pair[1])))))
        total += alike[best]
        del ours[best[0]], theirs[best[1]]
    return float(2 * total / (len(first) + len(second))) if first or second else 1.0


def share_of_points(one: set[Any], other: set[Any]) -> Fraction:
    return Fraction(len(one & other), len(one | other)) if one | other else Fraction(0)


def span_likeness(one: Entry, other: Entry) -> Fraction:
    if one["labels"] != other["labels"]:
        return Fraction(0)
    if (one["start"], one["end"]) == (other["start"], other["end"]):
        return Fraction(1)
    return share_of_points(set(range(one["start"], one["end"])), set(range(other["start"], other["end"])))


def box_likeness(one: Entry, other: Entry) -> Fraction:
    def cells(value: Entry) -> set[tuple[int, int]]:
        across, down = range(value["x"], value["x"] + value["width"]), range(value["y"], value["y"] + value["height"])
        return {(x, y) for x in across for y in down}

    return Fraction(1) if one == other else share_of_points(cells(one), cells(other))


_spans = st.builds(
    lambda start, length, label: span(start, start + length, label),
    st.integers(0, 12),
    st.integers(0, 6),
    st.sampled_from("AB"),
)
_boxes = st.builds(box, st.integers(0, 5), st.integers(0, 5), st.integers(0, 4), st.integers(0, 4))


@given(st.lists(_spans, max_size=7), st.lists(_spans, max_size=7))
def test_spans_agree_as_counting_their_characters_says(first: list[Any], second: list[Any]) -> None:
    assert agreement(first, second) == pytest.approx(best_first(first, second, span_likeness), rel=1e-12)
    assert agreement(first, second) == agreement(second, first)


@given(st.lists(_boxes, max_size=5), st.lists(_boxes, max_size=5))
def test_boxes_agree_as_counting_their_cells_says(first: list[Any], second: list[Any]) -> None:
    assert agreement(first, second) == pytest.approx(best_first(first, second, box_likeness), rel=1e-12)
    assert agreement(first, second) == agreement(second, first)


def test_thousands_of_regions_are_paired() -> None:
    first = [span(10 * place, 10 * place + 8, "A") for place in range(3000)]
    second = [span(10 * place + 4, 10 * place + 12, "A") for place in range(3000)]
    # each pair shares 4 of 12; the neighbour that touches shares 2 of 14
    assert agreement(first, second) == pytest.approx(1 / 3)


def test_spans_that_all_overlap_are_paired() -> None:
    # Each shares 5999 of 6001 with the one that begins 1 before it and as much with the one that begins 1 after it:
    # read first goes first, so (0,..) goes with (1,..), (2,..) with (3,..) and so on.
    first = [span(place, place + 6000, "A") for place in range(0, 1400, 2)]
    second = [span(place, place + 6000, "A") for place in range(1, 1400, 2)]
    assert agreement(first, second) == pytest.approx(5999 / 6001)
    assert agreement(second, first) == agreement(first, second)

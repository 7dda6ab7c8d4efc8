"""Tasks out of a stream: every JSON, any block size, little memory; and what other files are told to be."""

import io
import json
import math
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from perfwidget.errors import UnreadableFile
from perfwidget.sources.export_file import BLOCK, tasks
from perfwidget.sources.json_text import TOO_DEEP


class Drip(io.RawIOBase):
    """A stream that gives few bytes at a time, as a pipe does, and counts them."""

    def __init__(self, parts: Iterator[bytes], most: int = 1 << 20) -> None:
        self._parts = parts
        self._waiting = b""
        self._most = most
        self.given = 0
        self.asked = 0

    def read(self, size: int = -1) -> bytes:
        self.asked += 1
        while not self._waiting:
            part = next(self._parts, None)
            if part is None:
                return b""
            self._waiting = part
        size = min(size, self._most)
        given, self._waiting = self._waiting[:size], self._waiting[size:]
        self.given += len(given)
        return given


def read(content: str | bytes, block: int = BLOCK) -> list[object]:
    data = content.encode() if isinstance(content, str) else content
    return list(tasks(io.BytesIO(data), block))


def fault(content: str | bytes, block: int = BLOCK) -> str:
    with pytest.raises(UnreadableFile) as caught:
        read(content, block)
    return str(caught.value)


BLOCKS = pytest.mark.parametrize("block", [1, 2, 3, 7, 16, 17, 64, BLOCK])


@BLOCKS
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("[]", []),
        (" [ \n ] \n", []),
        ('[{"id": 1}, {"id": 2}]', [{"id": 1}, {"id": 2}]),
        ('\ufeff[{"id": 1}]', [{"id": 1}]),
        ('{"annotations": [{"id": 1}]}', [{"id": 1}]),
        ('\ufeff {"annotations" :\n[{"id": 1}, 2] }\n', [{"id": 1}, 2]),
        ('{"total": 12, "next": null, "annotations": [3], "by": {"a": [1, {"b": 2}], "annotations": [9]}}', [3]),
        ('{"list": [[], {}, "]"], "annotations": [3], "empty": {}, "none": []}', [3]),
        ('{"\\u0061nnotations": [3]}', [3]),
        ("[12, -3, 1234567890123456789, 0.5, 1e3, 1.25E-2, true, false, null]",
         [12, -3, 1234567890123456789, 0.5, 1000.0, 0.0125, True, False, None]),
        ("[Infinity, -Infinity, 1e400, [1e400]]", [math.inf, -math.inf, math.inf, [math.inf]]),
        ('["ünïcode ☃ 😀", "\\ud83d\\ude00", "\\"\\\\"]', ["ünïcode ☃ 😀", "😀", '"\\']),
        ('[{"a": "\\ud800"}]', [{"a": "\ud800"}]),
        ('[{"a": 1, "a": 2}]', [{"a": 2}]),
    ],
)  # fmt: skip
def test_reads_lists_of_tasks(content: str, expected: list[object], block: int) -> None:
    assert read(content, block) == expected


@BLOCKS
def test_numbers_that_are_none_and_signed_zeros_survive(block: int) -> None:
    nan, zero, inner = read('[NaN, -0.0, {"a": NaN}]', block)
    assert math.isnan(nan)  # type: ignore[arg-type]
    assert math.copysign(1, zero) == -1  # type: ignore[arg-type]
    assert math.isnan(inner["a"])  # type: ignore[index]


@BLOCKS
def test_a_whole_number_of_thousands_of_digits_is_out_of_range_and_stops_nothing(block: int) -> None:
    digits = "9" * 5000
    assert read(f'[{{"a": {digits}, "b": -{digits}, "c": 7}}, {digits}, 8]', block) == [
        {"a": math.inf, "b": -math.inf, "c": 7},
        math.inf,
        8,
    ]


@BLOCKS
def test_what_is_nested_too_deeply_is_passed_over(block: int) -> None:
    deep = '[{"a": ' * 3000 + r'"]}\"]}\\"' + "}]" * 3000
    assert read(f"[1, {deep}, 2, {deep}]", block) == [1, TOO_DEEP, 2, TOO_DEEP]
    assert read(f'{{"x": {{"y": {deep}}}, "annotations": [3]}}', block) == [3]


def test_a_nesting_without_an_end_is_a_fault() -> None:
    assert "breaks off" in fault("[" * 100_000)
    assert "breaks off" in fault("[" + '{"a":' * 100_000 + '"b')


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec=None, exclude_categories=()), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(
    st.lists(json_values, max_size=6),
    st.integers(1, 40),
    st.integers(1, 9),
    st.booleans(),
    st.sampled_from([None, 1]),
    st.booleans(),
)
@example([1.5e-300, -12, 10**20], 1, 1, False, None, True)
def test_any_block_size_and_any_pipe_give_the_same(
    items: list[object], block: int, most: int, plain: bool, indent: int | None, wrapped: bool
) -> None:
    # Lone surrogates can only be written as escapes.
    written = json.dumps(items, ensure_ascii=True, indent=indent)
    if plain:
        written = json.dumps(json.loads(written), ensure_ascii=False, indent=indent)
        written = written.encode("utf-8", "replace").decode()
    data = (f'{{"a": [{{}}], "annotations": {written}, "b": 2}}' if wrapped else written).encode()
    assert list(tasks(Drip(iter([data]), most), block)) == json.loads(written)  # type: ignore[arg-type]


WHOLE = (
    '[{"id": 12, "annotations": [{"lead_time": -1.5e+3, "ok": true, "none": null}], "data": {"t": "é\\u00e9\\"😀"}},'
    " [NaN, -Infinity], {}]"
)


@pytest.mark.parametrize("content", [WHOLE, f'{{"a": 1, "annotations": {WHOLE}, "b": [2]}}'], ids=["plain", "wrapped"])
@pytest.mark.parametrize("block", [1, 5, BLOCK])
def test_a_file_that_is_cut_off_anywhere_is_a_fault(content: str, block: int) -> None:
    data = content.encode()
    expected = repr(read(WHOLE))
    assert repr(read(data, block)) == expected
    for length in range(len(data)):
        given: list[object] = []
        with pytest.raises(UnreadableFile):
            for item in tasks(io.BytesIO(data[:length]), block):
                given.append(item)
        # What was read before it broke off is right.
        assert expected.startswith(repr(given)[:-1])


@BLOCKS
@pytest.mark.parametrize(
    "content",
    [
        '[{"a": 1}] [{"a": 2}]',
        '[{"a": 1}]]',
        '[{"a": 1}],',
        '[{"a": 1}]\0\0',
        '[{"a": 1} {"a": 2}]',
        '[{"a": 1},]',
        '[,{"a": 1}]',
        "[01]",
        "[1.]",
        "[-]",
        "[.5]",
        "[1e]",
        "[tru]",
        "[nan]",
        "['a']",
        "[{'a': 1}]",
        '[{"a": "line\nbreak"}]',
        '["\\x41"]',
        '["\\u12g4"]',
        "[section]",
        '{"annotations": [1], "annotations": [2]}',
        '{"annotations": [1] "b": 2}',
        '{"annotations" [1]}',
        '{"annotations": [1],}',
        "{annotations: [1]}",
        '{"a": [1,, 2], "annotations": [1]}',
        '{"annotations": [1]}, {"annotations": [2]}',
    ],
)
def test_what_is_no_json_is_a_fault(content: str, block: int) -> None:
    assert "export the project from Label Studio" in fault(content, block)


def test_a_fault_tells_the_task_and_the_character() -> None:
    padding = " " * 100
    assert "is no valid JSON (task 2, character 13)" in fault('[{"a": 1}, {b: 2}]' + padding)
    assert "is no valid JSON (task 1, character 10)" in fault('[{"a": 1}; {"b": 2}]' + padding)
    assert "breaks off or is damaged near its end (task 2, character 18)" in fault('[{"a": 1}, {"b": "abc')
    assert "behind the end of its list of tasks (task 1, character 4)" in fault("[1]]")
    assert "two lists of tasks" in fault('{"annotations": [1], "annotations": [2]}')


def test_a_fault_at_the_start_of_a_huge_file_is_found_at_once() -> None:
    def huge() -> Iterator[bytes]:
        yield b'[{"id": 1}, {"id": 2 "data": "'
        for _ in range(20_000):
            yield b"x" * 100_000

    stream = Drip(huge())
    with pytest.raises(UnreadableFile, match=r"task 2, character 22"):
        list(tasks(stream))  # type: ignore[arg-type]
    assert stream.given < 4 * BLOCK


OTHER_FILES = {
    "empty": (b"", "is empty"),
    "blank": (b" \n\t\n", "is empty"),
    "only a byte-order mark": (b"\xef\xbb\xbf", "is empty"),
    "CSV": (b"annotation_id,annotator,created_at,id,label,lead_time\n1,2,2024-01-01,3,x,4.5\n", "CSV"),
    "quoted CSV": (b'"annotation_id","annotator"\n"1","2"\n', "CSV"),
    "semicolons": (b"id;label\n1;x\n", "CSV"),
    "TSV": (b"annotation_id\tannotator\tcreated_at\n1\t2\tx\n", "TSV"),
    "YOLO": (b"0 0.5 0.5 0.25 0.125\n3 0.1 0.2 0.3 0.4\n", "YOLO"),
    "YOLO polygon": (b"0 0.5 0.5 0.25 0.125 0.3 0.3\n", "YOLO"),
    "YOLO zip": (b"PK\x03\x04\x14\x00\x00\x00\x08\x00images/x.png", "zip"),
    "empty zip": (b"PK\x05\x06" + bytes(18), "zip"),
    "gzip": (b"\x1f\x8b\x08\x00abc", "compressed"),
    "PDF": (b"%PDF-1.7\n", "PDF"),
    "error": (b'{"id": "x", "status_code": 401, "detail": "Invalid token.", "exc_info": null}', "'Invalid token.'"),
    "error without a status": (b'{"detail": "Not found."}', "an error ('Not found.') that Label Studio answered"),
    "page": (b'{"tasks": [{"id": 1, "annotations": [{"id": 2}]}], "total": 900}', "a page of Label Studio's API"),
    "page of results": (b'{"count": 9, "next": null, "results": []}', "a page of Label Studio's API"),
    "COCO": (b'{"images": [{"id": 0, "width": 3}], "categories": [{"id": 0}], "info": {"year": 2024}}', "COCO"),
    "CoNLL": (b"-DOCSTART- -X- O\nOn -X- _ O\nMonday -X- _ B-Date\n", "CoNLL"),
    "VOC": (b'<?xml version="1.0" encoding="utf-8"?>\n<annotation></annotation>', "Pascal VOC"),
    "web page": (b"<!DOCTYPE html><html><title>Sign in</title></html>", "web page"),
    "ASR manifest": (b'{"audio_filepath": "a.wav", "text": "x"}\n{"audio_filepath": "b.wav"}\n', "ASR manifest"),
    "ASR manifest of one": (b'{"audio_filepath": "a.wav", "text": "x", "annotator": "a"}\n', "ASR manifest"),
    "object": (b'{"id": 1, "data": {"text": "x"}}', "without a list of tasks"),
    "object with no list": (b'{"annotations": {"1": []}}', "without a list of tasks"),
    "empty object": (b"{}", "without a list of tasks"),
    "number": (b"12.5\n", "a single JSON value"),
    "text": (b'"a, b"', "a single JSON value"),
    "null": (b"null", "a single JSON value"),
    "prose": (b"Dear team\nplease find attached", "is no JSON"),
    "UTF-16": ('[{"id": 1}]'.encode("utf-16"), "UTF-16"),
    "UTF-16 big-endian": ("\ufeff[]".encode("utf-16-be"), "UTF-16"),
    "UTF-16 without a mark": ('[{"id": 1}]'.encode("utf-16-le"), "UTF-16"),
    "UTF-32": ('[{"id": 1}]'.encode("utf-32"), "UTF-16 or UTF-32"),
    "Latin-1": ('[{"id": "é"}]'.encode("latin-1"), "is not UTF-8"),
    "Latin-1 CSV": ("id,prénom\n".encode("latin-1"), "is not UTF-8"),
    "zeros": (bytes(64), "no text at all"),
}


@pytest.mark.parametrize("block", [1, BLOCK])
@pytest.mark.parametrize(("content", "told"), OTHER_FILES.values(), ids=OTHER_FILES)
def test_other_files_are_told_what_they_seem_to_be(content: bytes, told: str, block: int) -> None:
    sentence = fault(content, block)
    assert told in sentence
    assert sentence.endswith("export the project from Label Studio with Export > JSON and read that file.")
    assert sentence.count(". ") == 0


def test_a_large_task_is_not_tried_over_and_over() -> None:
    stream = Drip(iter([b'[{"text": "' + b"x" * 1_000_000 + b'"}]']))
    assert len(list(tasks(stream, 1))) == 1  # type: ignore[arg-type]
    # Each time at least as much again is read: 2 to the power of 20 is a million.
    assert stream.asked < 30


def test_memory_is_a_few_times_the_largest_task_whatever_the_size() -> None:
    largest = 500_000
    task = b'{"id": 1, "data": {"text": "' + b"x" * largest + b'"}, "annotations": []}'

    def huge() -> Iterator[bytes]:
        yield b'{"before": [' + task
        for _ in range(50):
            yield b"," + task
        yield b'], "annotations": [' + task
        for _ in range(300):
            yield b",\n" + task
        yield b"]"
        for _ in range(20):
            yield b" " * largest
        yield b"}"

    tracemalloc.start()
    try:
        counted = sum(1 for _ in tasks(Drip(huge())))  # type: ignore[arg-type]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert counted == 301

    assert peak < 12 * largest

"""What an import says of what it does not read, cannot judge or reads otherwise: a line with place, kind and reason."""

import gzip
import io
import json
import os
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest

from perfwidget import cli
from perfwidget.errors import UnreadableFile
from perfwidget.facts import Comment
from perfwidget.sources.export import ImportResult, read_export
from perfwidget.stores import open_store
from tests.exports import ABSENT, ANN, LATER, MORNING, NOON, export, read, read_bytes, review, reviewed, row
from tests.worlds import ORGANIZATION, ask


def fix(previous: object, fixed: object, **values: Any) -> dict[str, Any]:
    results = {"previous_annotation_history_result": previous, "fixed_annotation_history_result": fixed}
    return review(fixed_annotation_history=5, **results, **values)


def brush(*numbers: int) -> dict[str, Any]:
    return {"from_name": "b", "type": "brushlabels", "value": {"rle": list(numbers), "brushlabels": ["A"]}}


@pytest.mark.parametrize(
    ("previous", "fixed", "score", "told"),
    [
        ([brush(1)], [brush(1)], 1.0, None),
        ([brush(1)], [brush(2)], None, "'brushlabels'"),
        ([{"type": "relation", "from_id": "x"}], [], None, "'relation'"),
        (None, [brush(2)], None, None),
    ],
)
def test_a_fix_that_cannot_be_judged_is_told(previous: object, fixed: object, score: object, told: str | None) -> None:
    found = reviewed(review(id=1), fix(previous, fixed, id=2))
    [snapshot] = found.snapshots
    assert [(each.action, each.score) for each in snapshot.reviews or ()] == [
        ("accepted", None),
        ("fixed_and_accepted", score),
    ]
    assert found.reading.problems.total() == (0 if told is None else 1)
    for sentence in found.sentences():
        assert sentence.startswith("task 1, annotation 1, review 2: no score")
        assert told in sentence  # type: ignore[operator]


def test_a_score_of_the_file_is_taken_whatever_was_changed() -> None:
    found = reviewed(fix([brush(1)], [brush(2)], score=0.25))
    assert ([each.score for each in found.snapshots[0].reviews or ()], found.sentences()) == ([0.25], [])


# --- Items whose work is not read

TASK = export(row(id=1))[0]
WITH_TASK = row(id=4, task={"id": 4, "data": {}, "project": 5})
OLD = {"id": 2, "data": {}, "completions": [{"id": 2001, "created_at": 1709632800, "lead_time": 30.0, "result": []}]}
MINIMAL = {"id": 3, "annotation_id": 3, "annotator": 7, "lead_time": 40.0, "created_at": NOON, "text": "z"}

UNREAD = {
    "before 1.0": (OLD, "its work stands under 'completions'", "import the file into a Label Studio 1.x server"),
    "both": ({**OLD, "annotations": []}, "its work stands under 'completions'", "1.x server"),
    "JSON-MIN": (MINIMAL, "a row of a JSON-MIN export", "Export > JSON"),
    "its task inside": (WITH_TASK, "an annotation with its task inside", "read the folder of these files"),
    "no task": (row(id=4, result=[]), "an annotation without its task", "Export > JSON"),
    "COCO": ({"id": 1, "image_id": 2, "category_id": 3}, "an annotation of a COCO export", "Export > JSON"),
    "ASR": ({"audio_filepath": "a.wav", "annotator": "ann"}, "a line of an ASR manifest", "Export > JSON"),
    "another key": ({"id": 5, "Annotations": [row()]}, "its annotations stand under 'Annotations'", "Export > JSON"),
    "another key beside an empty list": (
        {"id": 5, "annotations": [], "Annotations": [row()]},
        "its annotations stand under 'Annotations'",
        "Export > JSON",
    ),
    "a page": ([TASK], "a list of tasks in place of a task", "join the lists"),
    "more than there are": (
        {**TASK, "annotations": [], "total_annotations": 1, "cancelled_annotations": 1},
        "it counts 2 annotations, of which 0 are here",
        "skipped ones too",
    ),
    "an object": ({**TASK, "annotations": row()}, "its 'annotations' is no list", ""),
    "a text": ({**TASK, "annotations": json.dumps([row()])}, "its 'annotations' is no list", ""),
}


@pytest.mark.parametrize(("item", "kind", "cure"), UNREAD.values(), ids=UNREAD)
def test_an_item_whose_work_is_not_read_is_a_problem_with_its_place(item: object, kind: str, cure: str) -> None:
    for number, content in ((2, [TASK, item]), (1, [item, TASK])):
        found = read(content)
        assert [each.annotation.annotation_id for each in found.snapshots] == ["1"]
        [sentence] = found.sentences()
        assert sentence.startswith(f"task {number}: {kind}")
        assert cure in sentence
        assert found.reading.summary().endswith("1 annotation, 0 reviews, 1 problem")
    with pytest.raises(UnreadableFile, match=cure or kind):
        read([item])


def test_ten_of_a_kind_are_named_and_all_are_counted() -> None:
    found = read([TASK, *[OLD] * 12, MINIMAL])
    assert len(found.sentences()) == 11
    assert found.sentences()[10] == "13 items left out whose work is not read in all; only the first 10 are named."
    assert found.reading.summary() == "1 task, 1 annotation, 0 reviews, 13 problems"


@pytest.mark.parametrize("task", [TASK | {"total_annotations": 1, "cancelled_annotations": 0}, {"id": 1, "data": {}}])
def test_a_task_that_holds_what_it_counts_is_no_problem(task: dict[str, Any]) -> None:
    assert read([task, TASK]).sentences() == []


@pytest.mark.parametrize("annotations", [[], [export(row(id=2), id=2)[0]]])
@pytest.mark.parametrize("tasks_first", [True, False])
def test_a_second_list_is_a_problem(annotations: list[object], tasks_first: bool) -> None:
    lists = {"tasks": [{"id": 8}, TASK], "annotations": annotations}
    content = {"project": {"id": 3}, **(lists if tasks_first else dict(reversed(lists.items())))}
    told = "list 'tasks', item 2: a task with 1 annotation, outside of the list of tasks; write all tasks into one list"
    if annotations:
        found = read(content)
        assert [each.annotation.annotation_id for each in found.snapshots] == ["2"]
        assert found.sentences() == [told]
    else:
        with pytest.raises(UnreadableFile) as caught:
            read(content)
        assert str(caught.value) == f"Nothing in the file is usable: {told}."


def test_a_file_of_before_1_0_is_not_told_to_export_again() -> None:
    for content in ([OLD], OLD):
        with pytest.raises(UnreadableFile) as caught:
            read(content)
        assert str(caught.value) == (
            "This seems to be an export of Label Studio before 1.0; "
            "import the file into a Label Studio 1.x server, export the project there and read that file."
        )
    lines = "\n".join(map(json.dumps, (TASK, OLD)))
    assert read_bytes(lines.encode()).sentences()[0].startswith("task 2: its work stands under 'completions'")


@pytest.mark.parametrize(
    "content", ['[{"id": 1,}]', '[{"id": 1, "annotations": [1, ]}]', '[{"id": 1}\n,\n]', '{"a": 1,\n}']
)
def test_a_comma_too_many_is_named(content: str) -> None:
    with pytest.raises(UnreadableFile, match="has a comma too many, before the end of a list or object"):
        read_bytes(content.encode())


# --- Other shapes of the same


def the_same(content: bytes) -> None:
    """See that a file says what the list of the two tasks says."""
    found, plain = read_bytes(content), read(TWO)
    assert [each.annotation for each in found.snapshots] == [each.annotation for each in plain.snapshots]
    assert (found.inferred, found.reading) == (plain.inferred, plain.reading)


TWO = [export(row(id=1))[0], export(row(id=2, completed_by=ANN, reviews=[review()]), row(id=3), id=2)[0]]


def test_json_lines_are_read() -> None:
    lines = [json.dumps(each) for each in TWO]
    for written in ("\n".join(lines), "\r\n".join(lines) + "\r\n", "\ufeff" + lines[0] + " \n\n" + lines[1]):
        the_same(written.encode())


def test_a_task_alone_is_read() -> None:
    for task in TWO:
        for indent in (None, 1):
            found = read_bytes(json.dumps(task, indent=indent).encode())
            assert found.snapshots == read([task]).snapshots


def test_an_annotation_with_its_task_inside_is_read_where_it_is_a_file_or_a_line() -> None:
    task = {"id": 100, "project": 5, "created_at": MORNING, "data": {"text": "x"}}
    whole = read([{**task, "annotations": [row(result=[{"from_name": "x"}])]}])
    by_itself = json.dumps(row(result=[{"from_name": "x"}], task=task))
    for content in (by_itself, by_itself + "\n"):
        assert read_bytes(content.encode()).snapshots == whole.snapshots
    assert len(read_bytes(f"{by_itself}\n{by_itself}".encode()).snapshots) == 2
    # as the API has one, with the ids of its task and project
    assert read(row(task=100, project=5)).snapshots[0].annotation == read([TASK]).snapshots[0].annotation


def zipped(*names: str, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        archive.mkdir("images")
        for name in names:
            archive.writestr(name, json.dumps(TWO))
    return held.getvalue()


def test_what_is_packed_is_read() -> None:
    plain = json.dumps(TWO).encode()
    lines = "\n".join(map(json.dumps, TWO)).encode()
    for packed in (
        gzip.compress(plain, mtime=0),
        gzip.compress(lines, mtime=0),
        zipped("a/Export.JSON"),
        zipped("a.json", "images/b.png"),
    ):
        the_same(packed)
    the_same(zipped("x.json", "__MACOSX/._x.json", method=zipfile.ZIP_STORED))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (zipped("a.json", "b.json"), "holds 2 JSON files; unpack it"),
        (zipped("images/a.png", "labels/a.txt"), "a zip archive without a JSON file"),
        (zipped("a.json")[:-30], "The zip archive breaks off, is damaged"),
        (zipped("a.json").replace(b"a.json", b"b.json", 1), "The zip archive breaks off, is damaged"),
        (gzip.compress(json.dumps(TWO).encode(), mtime=0)[:-9], "The gzip file breaks off, is damaged"),
        (gzip.compress(json.dumps(TWO).encode(), mtime=0)[:4] + b"x", "The gzip file breaks off, is damaged"),
        (gzip.compress(b"id,label\n", mtime=0), "a CSV export"),
        (gzip.compress(json.dumps(TWO).encode()[:-9], mtime=0), "breaks off or is damaged near its end"),
    ],
)
def test_a_packed_file_that_cannot_be_read_says_why(content: bytes, told: str) -> None:
    with pytest.raises(UnreadableFile, match=told):
        read_bytes(content)


# --- Comments


def remark(**values: Any) -> dict[str, Any]:
    base = {"id": 1, "created_by": 8, "created_at": NOON, "text": "hm", "updated_at": NOON}
    return {key: value for key, value in {**base, **values}.items() if value is not ABSENT}


def comments(*remarks: object, **task: Any) -> tuple[list[Comment], ImportResult]:
    reading = ImportResult()
    content = io.BytesIO(json.dumps(export(row(comments=list(remarks)), **task)).encode())
    return [each for each in read_export(content, ORGANIZATION, reading) if isinstance(each, Comment)], reading


def test_comments_that_a_row_carries_are_read() -> None:
    resolved = remark(id=2, created_by={"id": 9, "email": "x@x.example"}, is_resolved=True, resolved_at=LATER)
    found, reading = comments(remark(), resolved, comment_count=2)
    assert [(each.comment_id, each.created_by, each.completed_by, each.text, each.is_resolved) for each in found] == [
        ("1", "8", "7", "hm", False),
        ("2", "9", "7", "hm", True),
    ]
    assert found[1].updated_at == found[1].resolved_at
    assert (found[0].annotation_id, found[0].task_id, found[0].project_id) == ("1", "100", "5")
    assert reading.summary() == "1 task, 1 annotation, 0 reviews, 2 comments, 0 problems"


def test_comments_that_cannot_be_read_are_told() -> None:
    found, reading = comments(5, remark(id=None), remark(created_at="soon"), remark(text=None), remark(created_by=[7]))
    assert [each.created_by for each in found] == [None]
    assert [sentence.partition(": ")[0] for sentence in reading.sentences()] == [
        *(f"task 1, annotation 1, comment {number}" for number in range(1, 6))
    ]


def test_comments_that_are_counted_and_not_there_are_told() -> None:
    found = read([*export(row(id=1), comment_count=3), *export(row(id=2), comment_count=1)])
    [sentence] = found.sentences()
    assert sentence.startswith("4 comments that tasks count are not in the file")
    assert found.reading.summary() == "2 tasks, 2 annotations, 0 reviews, 0 problems"
    assert comments(remark(), comment_count=2)[1].absent_comments == 1


def test_comments_of_a_file_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    rows = [row(id=number, comments=[remark(id=10 + number)] if number % 3 == 0 else []) for number in range(1, 31)]
    file.write_text(json.dumps([export(each, id=each["id"])[0] for each in rows]))
    assert run(tmp_path / "facts", *ORGANIZED, file) == 0
    store = open_store(f"duckdb:///{tmp_path}/facts")
    with store.reading() as reader:
        kept = sorted(each.identity for each in reader.kept(Comment, ORGANIZATION, "5", None))
    store.close()
    assert kept == [str(10 + number) for number in range(3, 31, 3)]


# --- On the command line


def run(store: Path, *arguments: object) -> int:
    return cli.main(["import", "--store", f"duckdb:///{store}", *map(str, arguments)])


def submitted(store: Path, user: str = "7") -> object:
    opened = open_store(f"duckdb:///{store}")
    try:
        return ask(opened, user=user, from_="2024-03-01", to="2024-03-31").values["submitted_annotations"]
    finally:
        opened.close()


ORGANIZED = ("--organization", ORGANIZATION)


def test_a_folder_of_annotations_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "bucket"
    (folder / "more").mkdir(parents=True)
    for number in range(1, 13):
        task = {"id": number, "project": 5, "data": {}}
        (folder / f"{number}").write_text(json.dumps(row(id=number, task=task, completed_by=ANN)))
    (folder / "more" / "14.json").write_text(json.dumps(export(row(id=14), row(id=15, project=7), id=14)[0]))
    (folder / "more" / "15.json.gz").write_bytes(gzip.compress(json.dumps(export(row(id=16), id=16)).encode()))
    (folder / "ö.txt").write_text("Dear team")
    (folder / "old.json").write_text(json.dumps(OLD))
    assert run(tmp_path / "facts", *ORGANIZED, folder) == 0
    told = capsys.readouterr()
    assert told.out == f"{folder}: 14 tasks, 15 annotations, 0 reviews, 2 problems\n"
    first, second = told.err.splitlines()
    assert "old.json: This seems to be an export of Label Studio before 1.0" in first
    assert "ö.txt: The file is no JSON" in second
    assert submitted(tmp_path / "facts") == 15


def test_a_folder_is_kept_whole_or_not_at_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "bucket"
    folder.mkdir()
    (folder / "1.json").write_text(json.dumps(TWO))
    (folder / "2.json").write_text(json.dumps([*export(row(id=9)), *export(row(id=10))])[:-5])
    assert run(tmp_path / "facts", *ORGANIZED, folder) == 1
    assert "2.json: The file breaks off" in capsys.readouterr().err
    store = open_store(f"duckdb:///{tmp_path}/facts")
    with store.reading() as reader:
        assert list(reader.organizations()) == []
    store.close()


def test_a_folder_without_annotations_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bucket").mkdir()
    assert run(tmp_path / "facts", tmp_path / "bucket") == 1
    assert "Nothing in the folder is usable" in capsys.readouterr().err
    (tmp_path / "bucket" / "a.json").write_text(json.dumps(OLD))
    os.mkfifo(tmp_path / "bucket" / "pipe")
    assert run(tmp_path / "facts", tmp_path / "bucket") == 1
    assert "pipe: it is no file" in capsys.readouterr().err


def test_standard_input_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = json.dumps(TWO).encode()
    for number, content in enumerate((plain, gzip.compress(plain, mtime=0), zipped("a.json"))):
        reading, writing = os.pipe()
        threading.Thread(target=lambda end, given: os.fdopen(end, "wb").write(given), args=(writing, content)).start()
        with os.fdopen(reading, "r") as piped:
            monkeypatch.setattr("sys.stdin", piped)
            assert run(tmp_path / f"{number}", *ORGANIZED, "-") == (1 if number == 2 else 0)
    told = capsys.readouterr()
    assert told.out == "-: 2 tasks, 3 annotations, 1 review, 0 problems\n" * 2
    assert "A zip archive cannot be read from a pipe" in told.err
    assert submitted(tmp_path / "0") == submitted(tmp_path / "1") == 3


def test_a_project_is_named_for_tasks_without(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.json"
    file.write_text(json.dumps(export(row(id=1), project=ABSENT) + export(row(id=2), row(id=3), project=5)))
    assert run(tmp_path / "facts", *ORGANIZED, file) == 0
    assert "task 1, annotation 1: no project; name one with --project" in capsys.readouterr().err
    assert run(tmp_path / "facts", *ORGANIZED, "--project", "9", file) == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == (f"{file}: 2 tasks, 3 annotations, 0 reviews, 0 problems\n", "")
    assert submitted(tmp_path / "facts") == 3
    with pytest.raises(SystemExit) as ended:
        run(tmp_path / "facts", "--project", "a\nb", file)
    assert ended.value.code == 2


def test_the_status_says_whether_anything_was_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.json"
    for content, status in (([TASK, OLD], 0), ([OLD, MINIMAL], 1), ({"tasks": [TASK], "annotations": []}, 1)):
        file.write_text(json.dumps(content))
        assert run(tmp_path / "facts", *ORGANIZED, file) == status
        told = capsys.readouterr()
        assert "0 problems" not in told.out
        assert told.err.count(f"perfwidget: {file}: ") == (1 if status == 0 else 3 if content == [OLD, MINIMAL] else 2)

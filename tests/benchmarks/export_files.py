"""Label Studio exports of any size, the same for the same seed: `python -m tests.benchmarks.export_files --help`.

Every other file is as Enterprise writes it (people as objects, last actions, reviews, some of them fixes), the others
are as Community does (people as ids, what was done last has to be inferred). Results are drawn from a stock of regions
as annotators leave them: texts, boxes and choices, some hundred bytes to two thousand for an annotation.
"""

import argparse
import json
import random
import string
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from tqdm import tqdm

BEGIN = datetime(2024, 1, 2, 8, tzinfo=UTC)
STOCK = 997
"""Different results and texts that a set holds."""

REVIEWED, FIXED, SKIPPED, UPDATED, MOST_ANSWERS = 0.15, 0.01, 0.03, 0.1, 3


class Stock(NamedTuple):
    """What annotations are made of, as JSON text."""

    people: Sequence[dict[str, Any]]
    objects: Sequence[str]
    """The people as Enterprise writes them."""
    results: Sequence[str]
    data: Sequence[str]


def write(folder: Path, annotations: int, files: int = 4, seed: int = 7, *, progress: bool = False) -> list[Path]:
    """Write a set of exports that together hold so many annotations."""
    dice = random.Random(seed)
    stock = _stock(dice)
    paths = []
    left, first = annotations, 1
    with tqdm(total=annotations, disable=None if progress else True, unit_scale=True) as shown:
        for number in range(files):
            count = left // (files - number)
            path = folder / f"export-{number + 1}.json"
            with path.open("w", encoding="utf-8") as file:
                for place, task in enumerate(_tasks(dice, stock, first, count, 58_506 + number, number % 2 == 0)):
                    file.write(f"{', ' if place else '['}{task}")
                    shown.update(task.count('"completed_by"'))
                file.write("]")
            left, first = left - count, first + count
            paths.append(path)
    return paths


def _tasks(
    dice: random.Random, stock: Stock, first: int, annotations: int, project: int, enterprise: bool
) -> Iterator[str]:
    """Yield tasks with one to three answers each, until there are so many annotations."""
    left, next_id = annotations, first
    while left > 0:
        answers = min(left, dice.randint(1, MOST_ANSWERS))
        task = 90_000_000 + next_id
        created = BEGIN + timedelta(seconds=next_id % 3_000_000, microseconds=dice.randrange(1_000_000))
        rows = [_annotation(dice, stock, next_id + each, task, project, created, enterprise) for each in range(answers)]
        yield (
            f'{{"id": {task}, "annotations": [{", ".join(rows)}], "file_upload": "2e3eb6ee-texts.csv", "drafts": [], '
            f'"predictions": [], "data": {dice.choice(stock.data)}, "meta": {{}}, "created_at": "{_text(created)}", '
            f'"updated_at": "{_text(created)}", "inner_id": {next_id}, "total_annotations": {answers}, '
            '"cancelled_annotations": 0, "total_predictions": 0, "comment_count": 0, "unresolved_comment_count": 0, '
            f'"last_comment_updated_at": null, "project": {project}, "updated_by": 101, "comment_authors": []}}'
        )
        left, next_id = left - answers, next_id + answers


def _annotation(
    dice: random.Random, stock: Stock, number: int, task: int, project: int, opened: datetime, enterprise: bool
) -> str:
    person = min(int(dice.paretovariate(0.8)), len(stock.people)) - 1
    seconds = dice.lognormvariate(4, 1)
    created = opened + timedelta(seconds=seconds + dice.randrange(86_400))
    skipped, updated = dice.random() < SKIPPED, dice.random() < UPDATED
    changed = created + timedelta(seconds=dice.randrange(5, 500_000) if updated else 0, microseconds=90)
    who = stock.objects[person] if enterprise else str(stock.people[person]["id"])
    action = "skipped" if skipped else "updated" if updated else "submitted"
    reviews, given = "", "null"
    opened_at = "null" if dice.random() < 0.5 else f'"{_text(created - timedelta(seconds=seconds))}"'
    if enterprise:
        said = _review(dice, stock, number, changed) if dice.random() < REVIEWED else ""
        reviews = f'"reviews": [{said}], '
        if said:
            action = "rejected" if '"accepted": false' in said else "accepted"
        given = f'"{action}"'
    return (
        f'{{"id": {number}, "completed_by": {who}, "result": {dice.choice(stock.results)}, {reviews}'
        f'"was_cancelled": {"true" if skipped else "false"}, "ground_truth": false, "created_at": "{_text(created)}", '
        f'"updated_at": "{_text(changed)}", "draft_created_at": '
        f"{opened_at}, "
        f'"lead_time": {seconds:.3f}, "prediction": {{}}, "result_count": 0, '
        f'"unique_id": "{dice.getrandbits(32):08x}-0b7a-41ae-a72b-d9be3e39432a", "import_id": null, '
        f'"last_action": {given}, "task": {task}, "project": {project}, '
        f'"updated_by": {stock.people[person]["id"]}, "parent_prediction": null, "parent_annotation": null, '
        f'"last_created_by": {stock.people[person]["id"] if enterprise else "null"}}}'
    )


def _review(dice: random.Random, stock: Stock, number: int, changed: datetime) -> str:
    reviewer = dice.choice(stock.objects)
    fixed = "null"
    results = ""
    if dice.random() < FIXED / REVIEWED:
        fixed, before = str(number), dice.choice(stock.results)
        after = json.dumps([*json.loads(before)[1:], _region(dice)])
        results = f', "previous_annotation_history_result": {before}, "fixed_annotation_history_result": {after}'
    return (
        f'{{"id": {number}, "created_by": {reviewer}, "created_at": "{_text(changed + timedelta(hours=3))}", '
        f'"accepted": {"true" if fixed != "null" or dice.random() < 0.8 else "false"}, "comment": null, '
        f'"fixed_annotation_history": {fixed}{results}}}'
    )


def _stock(dice: random.Random) -> Stock:
    people = [
        {"id": 19_000 + each, "email": f"user-{each}@acme.example", "first_name": _word(dice), "last_name": _word(dice)}
        for each in range(300)
    ]
    results = [json.dumps([_region(dice) for _ in range(dice.randint(1, 10))]) for _ in range(STOCK)]
    texts = (" ".join(_word(dice) for _ in range(dice.randint(5, 60))) for _ in range(STOCK))
    return Stock(people, [json.dumps(each) for each in people], results, [json.dumps({"text": each}) for each in texts])


def _region(dice: random.Random) -> dict[str, Any]:
    shared = {"id": _word(dice), "origin": "manual", "to_name": "text"}
    match dice.randrange(3):
        case 0:
            start = dice.randrange(2_000)
            marked = {"end": start + 30, "text": _word(dice), "start": start, "labels": [dice.choice(("Date", "Time"))]}
            return {**shared, "from_name": "label", "type": "labels", "value": marked}
        case 1:
            box = {name: dice.randrange(10_000) / 100 for name in ("x", "y", "width", "height")}
            sides = {"original_width": 1920, "original_height": 1080, "image_rotation": 0}
            marked = {**box, "rotation": 0, "rectanglelabels": [dice.choice(("Car", "Café"))]}
            return {**shared, **sides, "from_name": "box", "type": "rectanglelabels", "value": marked}
        case _:
            chosen = {"choices": [dice.choice(("yes", "no", "unsure"))]}
            return {**shared, "from_name": "answer", "type": "choices", "value": chosen}


def _word(dice: random.Random) -> str:
    return "".join(dice.choices(string.ascii_letters, k=dice.randint(3, 12)))


def _text(instant: datetime) -> str:
    return f"{instant.isoformat(timespec='microseconds')[:-6]}Z"


def main() -> None:
    """Write a set of exports."""
    asking = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asking.add_argument("folder", type=Path, help="where the files go")
    asking.add_argument("--annotations", type=int, default=1_000_000, metavar="N", help="how many (%(default)s)")
    asking.add_argument("--files", type=int, default=4, metavar="N", help="in how many files (%(default)s)")
    asking.add_argument("--seed", type=int, default=7, help="another set of the same kind (%(default)s)")
    asked = asking.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    write(asked.folder, asked.annotations, asked.files, asked.seed, progress=True)


if __name__ == "__main__":
    main()

"""Tasks of an export at once, as columns. What nearly all rows look like is worked out for all of them together.

The rules are those of `annotation_row`, which reads every row that is odd in any way. Such are rows with a history, of
nobody, of unknown actions, or whose ids are no whole numbers.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import msgspec
import numpy as np

from perfwidget.facts import AnnotationFlag, Review
from perfwidget.facts.columns import INVALID_LEAD_TIME, fingerprint
from perfwidget.facts.ingest import Snapshot
from perfwidget.facts.snapshot_rows import only_action, rows_of_snapshot
from perfwidget.facts.snapshots import NOTHING, Coded, Snapshots
from perfwidget.metrics import REVIEW_ACTIONS
from perfwidget.sources.codes import NOBODY, ODD, Cast, Codes, Flags, Numbers, ids, instant, latest, whole_numbers
from perfwidget.sources.exported_tasks import ExportedTasks
from perfwidget.sources.flags import NO_CHANGE, PROPAGATED
from perfwidget.sources.import_result import Place
from perfwidget.sources.kept_row import spelled
from perfwidget.sources.review_columns import Reviews, read_reviews, with_odd
from perfwidget.sources.row_parts import KNOWN_ACTIONS
from perfwidget.sources.task_form import TaskForm, values
from perfwidget.sources.value_columns import NO_INSTANT, Integers, instants, lead_times

_WORDS = sorted(KNOWN_ACTIONS)
_CODE = {word: code for code, word in enumerate(_WORDS)}
_GIVEN = _CODE | {None: -1, "": -1}
_SUBMITTED, _UPDATED, _SKIPPED, _PROPAGATED = (_CODE[word] for word in ("submitted", "updated", "skipped", PROPAGATED))
_REVIEWS = [_CODE[word] for word in REVIEW_ACTIONS]
_ONLY = np.array([[_CODE[only_action(word, cancelled)] for word in _WORDS] for cancelled in (False, True)], np.int32)
"""By whether it was cancelled and by its last action, the one action that an annotation without a history tells."""

_NO_CHANGE = NO_CHANGE // timedelta(microseconds=1)
_NEARLY = 2
"""Microseconds by which a lead time may be off when a `timedelta` is made of it."""


def snapshots(export: ExportedTasks, tasks: Sequence[TaskForm]) -> list[Snapshots | Snapshot]:
    """Return a snapshot of each readable annotation of some tasks, which are counted from 1; most of them in columns.

    `export` learns what the rows tell of people and projects, and of what cannot be read.
    """
    return _Rows(export, tasks).snapshots()


class _Named(NamedTuple):
    """For each row, the numbers of the people whom it names."""

    owner: Numbers
    updated_by: Numbers
    last_created_by: Numbers


class _Rows:
    """The annotation rows of some tasks while they are read."""

    def __init__(self, export: ExportedTasks, tasks: Sequence[TaskForm]) -> None:
        self._export = export
        self._tasks = tasks
        self._rows = [row for task in tasks for row in task.annotations]
        counts = [len(task.annotations) for task in tasks]
        self._begins = np.cumsum([0, *counts], dtype=np.int64)
        self._task_of = np.repeat(np.arange(len(tasks)), counts)
        self._plain = np.ones(len(self._rows), np.bool_)
        self._cast = Cast()
        self._projects, self._words, self._spelled = Codes(), Codes(_CODE), Codes()
        self._columns: dict[str, Any] = {}
        self._actions: list[tuple[int, tuple[Any, ...]]] = []
        self._reviews: dict[str, Any] = {}
        self._odd_ids: dict[str, dict[int, str]] = {"annotation_id": {}, "task_id": {}}
        self._odd_reviews: list[tuple[int, Review]] = []

    def snapshots(self) -> list[Snapshots | Snapshot]:
        """Read them: the plain rows together, then one by one what is odd."""
        self._export.reading.tasks += len(self._tasks)
        self._read_ids()
        named = _Named(
            self._cast.codes([row.completed_by for row in self._rows]),
            self._cast.codes([row.updated_by for row in self._rows]),
            self._cast.codes([row.last_created_by for row in self._rows]),
        )
        self._read_columns(named)
        reviewed = np.flatnonzero(self._plain & self._columns["reviewed"]).tolist()
        reviews = read_reviews([row.reviews for row in self._rows], reviewed, self._cast, self._plain)
        self._columns["flags"] += self._posted_by_other(named, reviews) * int(AnnotationFlag.POSTED_BY_OTHER)
        self._tell_people(named, reviews)
        self._keep_reviews(reviews)
        self._export.reading.annotations += int(self._plain.sum())
        kept = np.ones(len(self._rows), np.bool_)
        alone = []
        for place in np.flatnonzero(~self._plain).tolist():
            task = int(self._task_of[place])
            here = Place(task + 1, place - int(self._begins[task]) + 1)
            found = self._export.snapshot(values(self._tasks[task]), values(self._rows[place]), here)
            if found is None or found.emails:
                kept[place] = False
                alone += [] if found is None else [found]
            else:
                self._put(place, found)
        return [self._kept(kept), *alone]

    def _read_ids(self) -> None:
        tasks_plain = np.ones(len(self._tasks), np.bool_)
        task_ids = whole_numbers([task.id for task in self._tasks], tasks_plain)
        projects = whole_numbers([task.project for task in self._tasks], tasks_plain)
        which, place = np.unique(projects, return_inverse=True)
        codes = np.array([-1 if id_ == NOTHING else self._projects[str(id_)] for id_ in which.tolist()], np.int32)
        self._plain &= tasks_plain[self._task_of]
        self._columns["annotation_id"] = whole_numbers([row.id for row in self._rows], self._plain)
        self._columns["task_id"] = task_ids[self._task_of]
        self._columns["project_id"] = codes[place][self._task_of]

    def _read_columns(self, named: _Named) -> None:
        rows = self._rows
        created = instants([row.created_at for row in rows])
        given = instants([row.updated_at for row in rows])
        updated = np.where(given == NOTHING, created, given)
        started = instants([row.draft_created_at for row in rows])
        word = np.array([_GIVEN.get(row.last_action, ODD) for row in rows], np.int32)
        cancelled = np.array([-1 if row.was_cancelled is None else row.was_cancelled for row in rows], np.int8)
        self._plain &= (created > NO_INSTANT) & (given != NO_INSTANT) & (word != ODD)
        self._plain &= (named.owner >= 0) & (named.updated_by != ODD) & (named.last_created_by != ODD)
        self._plain &= np.array([not row.history for row in rows], np.bool_)

        user = np.array([*self._cast.user_of, -1, -1], np.int32)  # the last two are those of NOBODY and ODD
        updated_by_owner = (named.updated_by < 0) | (user[named.updated_by] == user[named.owner])
        created_by_owner = (named.last_created_by < 0) | (user[named.last_created_by] == user[named.owner])
        spelling = self._spellings((named.owner, word, named.last_created_by, named.updated_by))
        changed, told = updated - created >= _NO_CHANGE, word >= 0
        copied = np.array([row.parent_annotation is not None and row.lead_time is None for row in rows], np.bool_)
        inferred = np.where(changed & updated_by_owner, _UPDATED, np.where(copied, _PROPAGATED, _SUBMITTED))
        inferred = np.where(cancelled == 1, _SKIPPED, inferred)
        word = np.where(told, word, inferred).astype(np.int32)
        skipped = np.where(cancelled < 0, word == _SKIPPED, cancelled == 1)
        at_update = (word == _UPDATED) | (word == _SKIPPED)
        known = at_update & (given != NOTHING) & updated_by_owner & created_by_owner
        at_creation = np.where(given == NOTHING, ~at_update, updated - created < _NO_CHANGE)
        at_creation |= told & (word == _SUBMITTED)
        self._columns |= {
            "completed_by": user[named.owner],
            "created_at": created,
            "started_at": np.where(started == NO_INSTANT, NOTHING, started),
            "completed_at": np.where(known, updated, created),
            "completed_at_estimated": ~known & ~at_creation,
            "updated_at": updated,
            "lead_time": lead_times([row.lead_time for row in rows]),
            "last_action": word,
            "was_cancelled": skipped,
            "history": np.zeros(len(rows), np.bool_),
            "reviewed": np.array([row.reviews is not None for row in rows], np.bool_),
            "task_updated_at": self._task_updated_at(),
            "unique_id": np.array([_fingerprint(row.unique_id) for row in rows], np.int64),
            "spelled": spelling,
            "only_action": _ONLY[skipped.astype(np.int8), word],
        }
        taken_over = np.array([row.parent_prediction is not None and row.lead_time is None for row in rows], np.bool_)
        taken_over &= ~((changed & updated_by_owner) | (word == _UPDATED))
        imported = self._imported(changed, taken_over | (word == _PROPAGATED))
        self._columns["flags"] = (
            imported * int(AnnotationFlag.IMPORTED)
            + (self._longer_than_task() & ~imported) * int(AnnotationFlag.LONGER_THAN_TASK)
            + taken_over * int(AnnotationFlag.FROM_PREDICTION)
        ).astype(np.int64)

    def _spellings(self, codes: Sequence[Numbers]) -> Numbers:
        """Return the numbers of what rows spell, each worked out once."""
        wide = len(self._cast.spellings) + len(_WORDS) + 1
        whole = np.zeros(len(self._rows), np.int64)
        for column in codes:
            whole = whole * wide + np.maximum(column, -1) + 1
        _, first, place = np.unique(whole, return_index=True, return_inverse=True)
        people = [*self._cast.spellings, None]
        texts = []
        for owner, word, by, last_by in zip(*(np.maximum(column, -1)[first].tolist() for column in codes), strict=True):
            said = None if word < 0 else _WORDS[word]
            texts.append(self._spelled[spelled(people[owner], said, people[by], people[last_by])])
        return np.array(texts, np.int32)[place]

    def _task_updated_at(self) -> Integers:
        found = instants([task.updated_at for task in self._tasks])[self._task_of]
        return np.where(found == NO_INSTANT, NOTHING, found)

    def _posted_by_other(self, named: _Named, reviews: Reviews) -> Flags:
        user = np.array([*self._cast.user_of, -1, -1], np.int32)
        reviewer = np.full(len(self._rows), -1, np.int32)
        order = np.lexsort((reviews.created_at, reviews.of))
        reviewer[reviews.of[order]] = user[reviews.by[order]]  # of each row the last one stays
        maker = user[named.last_created_by]
        writer = np.where(named.updated_by == NOBODY, maker, user[named.updated_by])
        review_last = np.isin(self._columns["last_action"], _REVIEWS)
        by_reviewer = (reviewer == writer) | (review_last & ((maker == writer) | ((reviewer < 0) & (maker < 0))))
        found: Flags = (writer >= 0) & (writer != user[named.owner]) & ~by_reviewer
        return found

    def _imported(self, changed: Flags, made_here: Flags) -> Flags:
        given = [row.import_id is not None and row.import_id is not msgspec.UNSET for row in self._rows]
        by_nobody = [row.import_id is None and row.updated_by is None for row in self._rows]
        found: Flags = np.array(given, np.bool_) | (np.array(by_nobody, np.bool_) & ~changed & ~made_here)
        return found

    def _longer_than_task(self) -> Flags:
        times: Integers = self._columns["lead_time"]
        begun = instants([task.created_at for task in self._tasks])[self._task_of]
        elapsed = self._columns["completed_at"] - begun
        known = (begun > NO_INSTANT) & (times != NOTHING) & (times != INVALID_LEAD_TIME) & self._plain
        longer: Flags = known & (times > elapsed)
        for place in np.flatnonzero(known & (np.abs(times - elapsed) <= _NEARLY)).tolist():
            time = timedelta(seconds=float(self._rows[place].lead_time))
            longer[place] = time > timedelta(microseconds=int(elapsed[place]))
        return longer

    def _tell_people(self, named: _Named, reviews: Reviews) -> None:
        """Tell who worked where and who is named in plain rows, and as of when at the latest."""
        export, persons, projects = self._export, self._cast.persons, list(self._projects)
        plain = np.flatnonzero(self._plain)
        user = np.array([*self._cast.user_of, -1, -1], np.int32)
        owned, updated, project = named.owner, self._columns["updated_at"], self._columns["project_id"]
        by_owner = user[reviews.by] == user[owned[reviews.of]]  # one spelling, or the same person would count as two
        reviewer = np.where(by_owner, owned[reviews.of], reviews.by)
        for role, worker, rows in (("annotator", owned[plain], plain), ("reviewer", reviewer, reviews.of)):
            there = worker >= 0
            pairs = worker[there].astype(np.int64) * len(projects) + project[rows[there]]
            for pair, seen_at in latest(pairs, updated[rows[there]]):
                person, place = divmod(pair, len(projects))
                export.people.worked(persons[person], projects[place], role, seen_at)
        described = np.array([*(bool(person.email or person.name) for person in persons), False, False], np.bool_)
        codes = np.concatenate([*(codes[plain] for codes in named), reviews.by])
        for code in np.unique(codes[codes >= 0]).tolist():
            export.people.noted(persons[code])
        there = described[codes]
        for code, seen_at in latest(codes[there], updated[np.concatenate([plain, plain, plain, reviews.of])][there]):
            export.people.seen(persons[code], seen_at)
        for code, seen_at in latest(project[plain], updated[plain]):
            export.note_project(projects[code], seen_at)
        recorded = self._plain & np.array([row.history is not None for row in self._rows], np.bool_)
        commented = self._plain & np.array([row.comments is not None for row in self._rows], np.bool_)
        reviewed = self._plain & self._columns["reviewed"]
        for kind, told in (("reviews", reviewed), ("actions", recorded), ("comments", commented)):
            if told.any():
                export.note_recorded(kind, instant(int(updated[told].max())))

    def _keep_reviews(self, reviews: Reviews) -> None:
        self._reviews = reviews.columns(self._cast, self._words)
        self._export.reading.reviews += len(reviews.forms)

    def _put(self, place: int, snapshot: Snapshot) -> None:
        """Put what was read by itself into the columns."""
        names = (column.name for column in snapshot.annotation.columns())
        row = dict(zip(names, snapshot.annotation.row(), strict=True))
        del row["organization_id"]
        for name, odd in self._odd_ids.items():
            odd[place] = row.pop(name)
        codes = {"project_id": self._projects, "completed_by": self._cast.users, "last_action": self._words}
        row |= {name: -1 if row[name] is None else codes[name][row[name]] for name in codes}
        row |= {"history": snapshot.history, "only_action": -1}
        row["reviewed"] = snapshot.reviews is not None
        rows = rows_of_snapshot(snapshot)
        row |= {"task_updated_at": rows.task_updated_at, "unique_id": rows.unique_id}
        row["spelled"] = self._spelled[snapshot.spelled]
        for name, value in row.items():
            self._columns[name][place] = NOTHING if value is None else value
        self._actions += [(place, action.row()) for action in snapshot.actions]
        self._odd_reviews += [(place, review) for review in snapshot.reviews or ()]

    def _kept(self, kept: Flags) -> Snapshots:
        texts = {"project_id": self._projects, "completed_by": self._cast.users}
        texts |= {"last_action": self._words, "only_action": self._words, "spelled": self._spelled}
        columns = {name: column[kept] for name, column in self._columns.items()}
        columns |= {name: Coded(columns[name], list(codes)) for name, codes in texts.items()}
        for name, odd in self._odd_ids.items():
            if odd:
                whole = self._columns[name].tolist()
                columns[name] = ids([odd.get(place, whole[place]) for place in np.flatnonzero(kept).tolist()])
        moved = np.cumsum(kept) - 1
        reviews = with_odd(self._reviews, self._odd_reviews, self._cast.users, self._words)
        reviews |= {"place": moved[reviews["place"]]}
        for name, codes in (("reviewer_id", self._cast.users), ("action", self._words)):
            reviews[name] = Coded(reviews[name], list(codes))
        actions = [(int(moved[place]), row) for place, row in sorted(self._actions, key=lambda placed: placed[0])]
        return Snapshots(self._export.organization_id, columns, actions, reviews)


def _fingerprint(value: object) -> int:
    return fingerprint(value) if isinstance(value, str) and value else NOTHING

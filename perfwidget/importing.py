"""Exports into a store: file by file, or all at once where they are all that there is of their projects."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from perfwidget.errors import OtherServer, PerfwidgetError, UnreadableFile
from perfwidget.facts import Annotation, Comment, Key
from perfwidget.facts.ingest import Observation, Withdrawn
from perfwidget.sources.file_projects import FileProjects
from perfwidget.sources.import_result import NAMED, ImportResult, Place, Problem
from perfwidget.sources.inputs import read_input, size_of
from perfwidget.sources.piece_readers import PieceReaders
from perfwidget.stores import Store
from perfwidget.stores.writing.outcome import Outcome

NOT_WHOLE = (
    "Nothing of the files is kept, for some of their tasks or annotations cannot be read, and --complete would take "
    "them for gone; mend the files, or import them without --complete."
)


@dataclass
class Import:
    """One import of files into an organization of a store; what is wrong is told on standard error."""

    store: Store
    organization_id: str
    project_id: str | None
    readers: PieceReaders

    def __post_init__(self) -> None:
        with self.store.reading() as reader:
            self._projects = FileProjects(reader.projects_with_facts(self.organization_id))

    def one_by_one(self, paths: Sequence[Path]) -> bool:
        """Keep each file whole or not at all, and tell what is kept and in none of them. Say whether all could be."""
        done = [self._keep([path], {path: ImportResult()}) for path in paths]
        for project, ids in self._gone() if all(done) else ():
            them = "it" if len(ids) == 1 else "them"
            _say(
                f"project {project}: the store has {_named(ids)}; --complete would remove {them}, with all that "
                f"belongs to {them}, for good."
            )
        return all(done)

    def complete(self, paths: Sequence[Path]) -> bool:
        """Keep all files or none, and remove what they do not have of their projects."""
        return self._keep(paths, {path: ImportResult() for path in paths}, complete=True)

    def _keep(self, paths: Sequence[Path], counted: dict[Path, ImportResult], *, complete: bool = False) -> bool:
        removed: dict[str, Sequence[str]] = {}
        path = paths[0]

        def facts() -> Iterator[Observation | Comment]:
            nonlocal path
            for path in paths:
                with _progress(path) as shown:
                    read = read_input(
                        path, self.organization_id, counted[path], self.readers, shown.update, self.project_id
                    )
                    yield from self._projects.noting(read)
            if complete:
                yield from self._withdrawn(counted, removed)

        try:
            outcome = self.store.write(facts(), unknown="keep")
        except OSError as fault:
            _say(f"{path} cannot be read ({fault.strerror}); nothing of it is kept.")
            return False
        except PerfwidgetError as fault:
            if isinstance(fault, OtherServer):
                _report(counted[path], fault.outcome)
            if isinstance(fault, OtherServer | UnreadableFile):
                _tell(path, counted[path])
            _say(f"{path}: {fault}" if len(paths) == 1 or isinstance(fault, UnreadableFile) else str(fault))
            return False
        _report(counted[path], outcome)
        for each in paths:
            _tell(each, counted[each])
            print(f"{each}: {counted[each].summary()}")
        for project, ids in removed.items():
            print(f"project {project}: removed {_named(ids)}")
        return True

    def _withdrawn(self, counted: dict[Path, ImportResult], removed: dict[str, Sequence[str]]) -> Iterator[Withdrawn]:
        """Yield what the projects of the files have no more."""
        if any(not each.whole for each in counted.values()):
            raise PerfwidgetError(NOT_WHOLE)
        for project, ids in self._gone():
            removed[project] = ids
            yield from (Withdrawn(Key(Annotation, (self.organization_id, each)), whole=True) for each in ids)

    def _gone(self) -> Iterator[tuple[str, Sequence[str]]]:
        """Yield the projects of the files, each with the annotations that the store has of it and no file has."""
        for project in sorted(self._projects.seen):
            with self.store.reading() as reader:
                kept = reader.kept(Annotation, self.organization_id, project, None)
                ids = self._projects.gone(each.identity for each in kept)
            if ids:
                yield project, ids


def _report(counted: ImportResult, outcome: Outcome) -> None:
    for _, annotation_id in outcome.refused:
        reason = (
            "the store has another one of this id, so this is of another Label Studio server; what was there stays: "
            "import each server into an organization of its own with --organization"
        )
        counted.report(Problem.SERVER, Place(None, part=f"annotation {annotation_id}"), reason)
    for _, annotation_id in outcome.ownerless:
        reason = "it names no owner any more; it stays its former owner's"
        counted.report(Problem.FORMER_OWNER, Place(None, part=f"annotation {annotation_id}"), reason)
    for email, ids in outcome.shared:
        reason = f"{' and '.join(ids)} have it, so that rows which only name the e-mail stand under the e-mail"
        counted.report(Problem.EMAIL, Place(None, part=f"e-mail {ascii(email)[1:-1]}"), reason)


def _named(ids: Sequence[str]) -> str:
    shown = ", ".join(ascii(each)[1:-1] for each in ids[:NAMED]) + (", …" if len(ids) > NAMED else "")
    if len(ids) == 1:
        return f"1 annotation that is not in the files ({shown})"
    return f"{len(ids):,} annotations that are not in the files ({shown})"


def _tell(path: Path, counted: ImportResult) -> None:
    for sentence in counted.sentences():
        _say(f"{path}: {sentence}")


def _say(sentence: str) -> None:
    print(f"perfwidget: {sentence}", file=sys.stderr)


def _progress(path: Path) -> tqdm:
    """Return a progress bar on a terminal, and none elsewhere."""
    return tqdm(
        total=size_of(path) or None,
        desc=path.name,
        unit="B",
        unit_scale=True,
        unit_divisor=1024,
        disable=None,
        leave=False,
    )

"""Small writes wait in a journal: it outlives kills and damage, and nobody can tell that they wait."""

import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from perfwidget.errors import StoreUnavailable
from perfwidget.facts import Annotation, Key
from perfwidget.stores.duckdb import EmbeddedStore, database, journal_file, schema, working_in
from tests.durability.stopped import FIRST, FRESH, MORE, PLACES
from tests.durability.test_damage import MARCH, disk, submitted
from tests.worlds import ORGANIZATION, OWNER, annotation, ask, people

__all__ = ["disk"]

ALL = FIRST + MORE


def stopped(path: Path, place: str) -> list[str]:
    """Run a process that ends at a place, and return what it said was acknowledged."""
    asked = [sys.executable, "-m", "tests.durability.stopped", str(path), place]
    ended = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert ended.returncode == -9, ended.stderr
    return ended.stdout.split()


def journal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.journal")


def one(number: int | str) -> list[Annotation]:
    return [annotation(number, "2024-03-01 12:00", lead_time=1)]


@pytest.fixture(autouse=True)
def _waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let writes wait until somebody asks."""
    monkeypatch.setattr(working_in.WorkingIn, "wake", lambda _: None)
    monkeypatch.setattr(working_in, "LONGEST", 0.0)


# -- Kills ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [*PLACES, *FRESH])
def test_what_was_acknowledged_is_there_once_wherever_the_program_is_killed(tmp_path: Path, place: str) -> None:
    path = tmp_path / "facts.duckdb"
    said = stopped(path, place)
    acknowledged = {each for each in said if each.isdigit()}
    store = EmbeddedStore(path)
    assert store.notices == ()
    with store.reading() as reader:
        there = [each for (each,) in reader._rows("SELECT annotation_id FROM annotations", {})]
    assert len(there) == len(set(there))
    assert acknowledged <= set(there) <= acknowledged | {str(len(acknowledged))}
    store.write(one("after"))
    store.close()
    again = EmbeddedStore(path)
    with again.reading() as reader:
        assert reader._rows("SELECT count(*) FROM annotations", {}) == [(len(there) + 1,)]
    assert again.notices == ()
    again.close()
    assert not list(tmp_path.glob("*.journal*"))


# -- Damage -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a store whose program was killed while all that it wrote stood in the journal."""
    folder = tmp_path_factory.mktemp("killed")
    said = stopped(folder / "facts.duckdb", "it is being worked in")
    assert len(said) == FIRST + MORE
    return folder


@pytest.fixture
def path(killed: Path, tmp_path: Path) -> Path:
    """Give the path of a copy of it."""
    shutil.copytree(killed, tmp_path / "copy")
    return tmp_path / "copy" / "facts.duckdb"


def records(path: Path) -> list[int]:
    """Return where the records of a journal begin: that of the people, and of an annotation each."""
    return [found.start() for found in re.finditer(re.escape(journal_file._MARK), journal_of(path).read_bytes())]


def test_a_whole_journal_is_read_without_a_word_and_goes(path: Path) -> None:
    store = EmbeddedStore(path)
    assert (submitted(store), store.notices) == (ALL, ())
    store.close()
    assert not journal_of(path).exists()


@pytest.mark.parametrize("seed", range(6))
def test_a_journal_that_was_cut_is_noticed_and_what_stands_before_is_kept(path: Path, seed: int) -> None:
    begins = records(path)
    whole = random.Random(seed).randrange(1, ALL)
    cut = begins[1 + whole] + random.Random(seed).choice([0, 1, 40])
    content = journal_of(path).read_bytes()
    journal_of(path).write_bytes(content[:cut] + (b"" if seed % 2 else bytes(len(content) - cut)))
    store = EmbeddedStore(path)
    assert submitted(store) == whole
    assert len(store.notices) == 1
    [note] = path.parent.glob("facts.duckdb.writes.lost-*")
    assert f"{ALL + 2} writes were acknowledged and {whole + 2} are there" in note.read_text()
    store.close()


def test_a_journal_that_is_gone_is_noticed(path: Path) -> None:
    journal_of(path).unlink()
    store = EmbeddedStore(path)
    assert len(store.notices) == 1
    store.close()


@pytest.mark.parametrize("bytes_of_it", [1, 12, 29, 100])
def test_a_record_that_was_never_whole_is_no_damage(path: Path, bytes_of_it: int) -> None:
    """It cannot have been acknowledged, for it was not counted."""
    last = records(path)[-1]
    content = bytearray(journal_of(path).read_bytes())
    content[last + bytes_of_it :] = bytes(len(content) - last - bytes_of_it)
    journal_of(path).write_bytes(content)
    path.with_name("facts.duckdb.writes").write_text(f"{ALL + 1:20d}\n")
    store = EmbeddedStore(path)
    assert (submitted(store), store.notices) == (ALL - 1, ())
    store.close()
    assert not list(path.parent.glob("facts.duckdb.*-*"))


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("which", [1, 5, ALL])
def test_a_damaged_record_is_set_aside_and_what_stands_before_it_is_kept(path: Path, which: int, counted: bool) -> None:
    """Later records give damage away even if nobody counted, as after a power cut."""
    content = bytearray(journal_of(path).read_bytes())
    content[records(path)[which] + 40] ^= 4
    journal_of(path).write_bytes(content)
    if not counted:
        path.with_name("facts.duckdb.writes").write_text(f"{1:20d}\n")
    store = EmbeddedStore(path)
    assert submitted(store) == which - 1
    aside = [each.read_bytes() for each in path.parent.glob("facts.duckdb.journal.damaged-*")]
    if which == ALL and not counted:
        assert (aside, store.notices) == ([], ())  # as good as never written
        store.close()
        return
    assert aside == [content]
    [notice] = store.notices
    assert "damaged and repaired on 20" in notice
    store.write(one("new"))
    assert submitted(store) == which
    store.close()
    again = EmbeddedStore(path)
    assert (submitted(again), again.notices) == (which, (notice,))
    for left in path.parent.glob("facts.duckdb.*-*"):
        left.unlink()
    assert again.notices == ()
    again.close()


def test_records_outlive_damage_to_the_line_before_them(path: Path) -> None:
    content = bytearray(journal_of(path).read_bytes())
    content[30] ^= 4
    journal_of(path).write_bytes(content)
    store = EmbeddedStore(path)
    assert (submitted(store), store.notices) == (ALL, ())
    store.close()


def test_the_journal_of_another_store_is_set_aside(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "facts.duckdb"
    store = EmbeddedStore(other)
    store.write([*people(), *one("mine")])
    store.close()
    shutil.copy(journal_of(path), journal_of(other))
    store = EmbeddedStore(other)
    assert (submitted(store), len(store.notices)) == (1, 1)
    [aside] = tmp_path.glob("facts.duckdb.journal.damaged-*")
    assert aside.read_bytes() == journal_of(path).read_bytes()
    store.close()


def test_a_journal_that_the_file_has_already_changes_nothing(path: Path) -> None:
    old = journal_of(path).read_bytes()
    store = EmbeddedStore(path)
    store.remove([Key(Annotation, (ORGANIZATION, "3"))])
    store.close()
    journal_of(path).write_bytes(old)
    store = EmbeddedStore(path)
    assert (submitted(store), store.notices) == (ALL - 1, ())
    store.close()


def test_a_file_that_lacks_what_came_before_its_journal_is_noticed(path: Path, killed: Path) -> None:
    store = EmbeddedStore(path)
    store.write(one("more"))
    shutil.copy(journal_of(path), path.with_name("later"))
    store.close()
    for each in killed.iterdir():
        shutil.copy(each, path.with_name(each.name))
    path.with_name("later").rename(journal_of(path))
    store = EmbeddedStore(path)
    assert len(store.notices) == 1
    assert len(list(path.parent.glob("facts.duckdb.journal.damaged-*"))) == 1
    store.close()


def test_a_journal_of_another_version_is_left_alone(path: Path) -> None:
    content = journal_of(path).read_bytes().replace(f"schema {schema.VERSION}\n".encode(), b"schema 5\n", 1)
    journal_of(path).write_bytes(content)
    with pytest.raises(StoreUnavailable, match="journal of another version of perfwidget"):
        EmbeddedStore(path)
    assert journal_of(path).read_bytes() == content


# -- Disks that fail ---------------------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EmbeddedStore]:
    opened = EmbeddedStore(tmp_path / "facts.duckdb")
    opened.write(people())
    yield opened
    opened.close()


def test_what_cannot_be_put_on_the_disk_is_not_in_the_journal(
    store: EmbeddedStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither can DuckDB commit, so that the caller is told that nothing was kept, and that is so after a kill, too."""
    store.write(one("acknowledged"))

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    def refuses(*_: object) -> None:
        raise duckdb.IOException("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("perfwidget.stores.duckdb.journal_file.os.fdatasync", fails)
        patch.setattr(database, "_count", refuses)
        with pytest.raises(StoreUnavailable, match="nothing of this was kept"):
            store.write(one("refused"))
    copy = tmp_path / "copy"
    copy.mkdir()
    for each in tmp_path.glob("facts.duckdb*"):
        shutil.copy(each, copy / each.name)
    opened = EmbeddedStore(copy / "facts.duckdb")
    assert (submitted(opened), opened.notices) == (1, ())
    opened.close()
    store.write(one("again"))
    assert submitted(store) == 2


def test_a_question_beside_a_commit_that_fails_is_refused(
    store: EmbeddedStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB may have shown it rows that were taken back."""

    class Full:
        """A cursor whose transaction finds no room."""

        def execute(self, _: str) -> None:
            raise duckdb.IOException("No space left on device")

    commit = database.Database._commit
    with pytest.raises(StoreUnavailable, match="ask again in a moment"), store.reading() as reader:
        reader.organizations()
        with monkeypatch.context() as patch:
            patch.setattr(database.Database, "_commit", lambda mine, _: commit(mine, Full()))  # type: ignore[arg-type]
            with pytest.raises(StoreUnavailable, match="nothing of this was kept"):
                store.remove([Key(Annotation, (ORGANIZATION, "1"))])
    with store.reading() as reader:
        reader.organizations()


def test_on_a_full_disk_what_was_acknowledged_is_shown_and_stays(
    disk: tuple[Path, Callable[[str], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "ROOM", 1024 * 1024)
    folder, resize = disk
    path = folder / "facts.duckdb"
    store = EmbeddedStore(path)
    store.write(people())
    room = 12 * 1024 * 1024 - sum(each.stat().st_blocks * 512 for each in folder.iterdir())
    (folder / "ballast").write_bytes(bytes(room // 4096 * 4096 - 65_536))
    done = 0
    with pytest.raises(StoreUnavailable, match="disk of the store is full"):
        for done in range(20_000):
            store.write([annotation(done, "2024-03-01 12:00", lead_time=1, last_action="submitted" + "!" * 2_000)])
    assert done > 100
    other = "other_actions"
    assert ask(store, OWNER, **MARCH).values[other] == done
    with pytest.raises(StoreUnavailable, match="disk of the store is full"):
        store.remove([Key(Annotation, (ORGANIZATION, "1"))])
    assert ask(store, OWNER, **MARCH).values[other] == done
    store.close()
    assert journal_of(path).exists()
    store = EmbeddedStore(path)
    assert (ask(store, OWNER, **MARCH).values[other], store.notices) == (done, ())
    resize("100m")
    store.write(one("after"))
    assert ask(store, OWNER, **MARCH).values[other] == done
    assert submitted(store) == 1
    store.close()
    assert not journal_of(path).exists()
    again = EmbeddedStore(path)
    assert (ask(again, OWNER, **MARCH).values[other], again.notices) == (done, ())
    again.close()

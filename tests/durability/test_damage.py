"""Damaged logs and files, full disks, and files of other versions: what is kept, what is said, and what goes on."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from perfwidget.errors import StoreUnavailable
from perfwidget.facts import Annotation, Key
from perfwidget.stores import Store
from perfwidget.stores.duckdb import DuckDBStore, database, recovery
from perfwidget.stores.duckdb.database import Database
from perfwidget.stores.failures import DAMAGED
from tests.hosts import asking, host
from tests.worlds import ORGANIZATION, OWNER, annotation, ask, people

MARCH = {"user": "ann", "from_": "2024-03-01", "to": "2024-03-31"}
WRITES = 20

WRITER = f"""
import os, sys
from perfwidget.stores.duckdb import DuckDBStore
from pathlib import Path
from tests.worlds import annotation, people
store = DuckDBStore(Path(sys.argv[1]))
store.write(people())
for each in range({WRITES}):
    store.write([annotation(each, "2024-03-01 12:00", lead_time=1)])
os.kill(os.getpid(), 9)
"""


@pytest.fixture(scope="module")
def torn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a store whose program was killed: its file, its log, and its count of writes."""
    folder = tmp_path_factory.mktemp("torn")
    subprocess.run([sys.executable, "-c", WRITER, str(folder / "facts.duckdb")], check=False)
    assert (folder / "facts.duckdb.wal").stat().st_size > 1_000
    (folder / "facts.duckdb.tmp").rmdir()
    return folder


@pytest.fixture
def path(torn: Path, tmp_path: Path) -> Path:
    """Give the path of a copy of it."""
    shutil.copytree(torn, tmp_path / "copy")
    return tmp_path / "copy" / "facts.duckdb"


def submitted(store: Store) -> int:
    return int(ask(store, OWNER, **MARCH).values["submitted_annotations"] or 0)


def wal(path: Path) -> Path:
    return path.with_name("facts.duckdb.wal")


def test_a_whole_log_is_read_without_a_word(path: Path) -> None:
    store = DuckDBStore(path)
    assert (submitted(store), store.notices) == (WRITES, ())
    store.close()


@pytest.mark.parametrize("seed", range(6))
def test_a_damaged_log_is_set_aside_and_what_stands_before_the_damage_is_kept(path: Path, seed: int) -> None:
    log = bytearray(wal(path).read_bytes())
    place = len(log) * 2 // 3 + random.Random(seed).randrange(len(log) // 4)
    log[place] ^= 1 << seed
    wal(path).write_bytes(log)
    store = DuckDBStore(path)
    assert WRITES // 3 < submitted(store) < WRITES
    [notice] = store.notices
    assert "damaged and repaired on 20" in notice
    # Damage to the length of an entry looks like the end of the log, which only the count of writes gives away.
    aside = [each.read_bytes() for each in path.parent.glob("facts.duckdb.wal.damaged-*")]
    assert aside == [log] or (not aside and list(path.parent.glob("facts.duckdb.writes.lost-*")))
    # Writing goes on, and a second start says the same until somebody has seen to it.
    store.write([annotation("new", "2024-03-02 12:00", lead_time=1)])
    there = submitted(store)
    store.close()
    again = DuckDBStore(path)
    assert (submitted(again), again.notices) == (there, (notice,))
    for left in path.parent.glob("facts.duckdb.*-*"):
        left.unlink()
    assert again.notices == ()
    again.close()


def test_a_log_that_was_cut_is_noticed_although_it_opens(path: Path) -> None:
    log = wal(path).read_bytes()
    wal(path).write_bytes(log[: len(log) * 3 // 4])
    store = DuckDBStore(path)
    there = submitted(store)
    assert there < WRITES
    assert len(store.notices) == 1
    [note] = path.parent.glob("facts.duckdb.writes.lost-*")
    assert f"{WRITES + 1} writes were acknowledged and {there + 1} are there" in note.read_text()
    store.close()


def test_a_log_that_is_gone_is_noticed(path: Path) -> None:
    wal(path).unlink()
    store = DuckDBStore(path)
    assert len(store.notices) == 1
    store.close()


def test_a_damaged_file_is_refused_in_one_sentence_and_left_alone(path: Path) -> None:
    DuckDBStore(path).close()
    whole = bytearray(path.read_bytes())
    whole[4_100] ^= 4
    whole[8_200] ^= 4
    whole[100] ^= 4
    path.write_bytes(whole)
    with pytest.raises(StoreUnavailable, match="is damaged; put a copy of it back"):
        DuckDBStore(path)
    assert path.read_bytes() == whole


def test_a_store_that_another_program_has_open_is_left_alone_whatever_it_is_called(tmp_path: Path) -> None:
    path = tmp_path / "WAL [1] lock" / "facts.duckdb"
    path.parent.mkdir()
    holder = subprocess.Popen(
        [sys.executable, "-m", "tests.durability.writer", str(path), "0", "within"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdin and holder.stdout
    assert [holder.stdout.readline(), holder.stdout.readline()] == ["open\n", "standing\n"]
    there = {each.name: each.stat().st_ino for each in path.parent.iterdir()}
    assert "facts.duckdb.wal" in there
    with pytest.raises(StoreUnavailable, match="is open in another program"):
        DuckDBStore(path)
    assert {each.name: each.stat().st_ino for each in path.parent.iterdir()} == there
    holder.kill()
    holder.communicate()


def test_a_damaged_store_says_so_whatever_it_is_called(path: Path) -> None:
    odd = path.parent / "facts [1]*.duckdb"
    for each in list(path.parent.iterdir()):
        each.rename(each.with_name(each.name.replace("facts", "facts [1]*")))
    odd.with_name(f"{odd.name}.wal").write_bytes(odd.with_name(f"{odd.name}.wal").read_bytes()[:5_000])
    store = DuckDBStore(odd)
    assert len(store.notices) == 1
    store.close()


def test_the_page_says_what_the_store_says(path: Path) -> None:
    log = wal(path).read_bytes()
    wal(path).write_bytes(log[: len(log) // 2])
    store = DuckDBStore(path)
    browser = host(store).test_client()
    browser.get("/login?as=ann:annotator")
    answer = asking(browser, "asked", {"question": "from=2024-03-01&to=2024-03-31"})
    assert answer.json["response"]["answer"]["data"]["notices"] == list(store.notices)
    store.close()


# -- Full disks -------------------------------------------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[tuple[Path, Callable[[str], None]]]:
    """Give a folder on a disk of 12 MiB, and what gives the disk another size."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if (
        os.geteuid()
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("only root may mount a small disk")

    def resize(size: str) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", str(folder)], check=True)

    yield folder, resize
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(store: Store, most: int = 400) -> int:
    """Write until the disk is full, and return how many annotations were acknowledged."""
    for number in range(most):
        try:
            store.write(annotation(f"{number}-{each}", "2024-03-01 12:00", lead_time=1) for each in range(500))
        except StoreUnavailable as fault:
            assert "disk of the store is full" in str(fault)
            return number * 500
    pytest.fail("the disk never filled")


@pytest.mark.parametrize(("longest_log", "few", "room"), [(10**9, 0, 0), (2_000_000, 0, 0), (2_000_000, 500, 1 << 20)])
def test_on_a_full_disk_reading_goes_on_and_writing_says_so(
    disk: tuple[Path, Callable[[str], None]], monkeypatch: pytest.MonkeyPatch, longest_log: int, few: int, room: int
) -> None:
    """The log fills the disk in one case; in the next it is the file, while the log is worked into it.

    In the last one there would be room for a little more.
    """
    monkeypatch.setattr(database, "ROOM", room)
    monkeypatch.setattr(database, "LONGEST_LOG", longest_log)
    monkeypatch.setattr("perfwidget.stores.duckdb.FEW", few)
    folder, resize = disk
    store = DuckDBStore(folder / "facts.duckdb")
    store.write(people())
    (folder / "ballast").write_bytes(bytes(9_000_000))
    acknowledged = fill(store)
    assert submitted(store) == acknowledged
    with pytest.raises(StoreUnavailable):
        store.write(annotation(f"more-{each}", "2024-03-01 12:00") for each in range(20_000))
    assert submitted(store) == acknowledged
    resize("100m")
    store.write([annotation("after", "2024-03-02 12:00")])
    assert submitted(store) == acknowledged + 1
    store.close()
    again = DuckDBStore(folder / "facts.duckdb")
    assert (submitted(again), again.notices) == (acknowledged + 1, ())
    again.close()


def test_the_log_is_never_worked_into_the_file_within_a_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk would make DuckDB give the database up then, and with it the statements of others."""
    monkeypatch.setattr(database, "LONGEST_LOG", 10**9)
    path = tmp_path / "facts.duckdb"
    store = DuckDBStore(path)
    store.write(annotation(each, "2024-03-01 12:00") for each in range(20_000))
    assert recovery.beside(path, "wal").stat().st_size > 2_000_000
    store.close()


def test_where_a_disk_is_nearly_full_nothing_is_committed(disk: tuple[Path, Callable[[str], None]]) -> None:
    folder, resize = disk
    resize("60m")
    store = DuckDBStore(folder / "facts.duckdb")
    store.write([*people(), annotation(1, "2024-03-01 12:00")])
    (folder / "ballast").write_bytes(bytes(50_000_000))
    more = [Key(Annotation, (ORGANIZATION, "1"))]
    with pytest.raises(StoreUnavailable, match="disk of the store is full, so nothing of this was kept"):
        store.remove(more)
    assert submitted(store) == 1
    (folder / "ballast").unlink()
    store.remove(more)
    assert submitted(store) == 0
    store.close()


LIMITED = """
import resource, signal, sys
from pathlib import Path
from perfwidget.errors import StoreUnavailable
from perfwidget.stores.duckdb import DuckDBStore
from tests.durability.test_damage import submitted
from tests.worlds import annotation, people
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = DuckDBStore(Path(sys.argv[1]))
store.write(people())
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, resource.RLIM_INFINITY))
done = 0
try:
    for number in range(1000):
        store.write(annotation(f"{number}-{each}", "2024-03-01 12:00", lead_time=1) for each in range(600))
        done += 600
except StoreUnavailable as fault:
    assert "full" in str(fault), fault
assert submitted(store) == done, (submitted(store), done)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
store.write([annotation("after", "2024-03-02 12:00")])
assert submitted(store) == done + 1
store.close()
print(done)
"""


def test_where_files_may_grow_no_more_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "facts.duckdb"
    limited = subprocess.run([sys.executable, "-c", LIMITED, str(path)], capture_output=True, text=True, check=False)
    assert limited.returncode == 0, limited.stderr
    store = DuckDBStore(path)
    assert submitted(store) == int(limited.stdout) + 1
    store.close()


def test_a_question_beside_a_commit_that_fails_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB may have shown it rows that were taken back."""
    store = DuckDBStore(tmp_path / "facts.duckdb")
    store.write([*people(), annotation(1, "2024-03-01 12:00")])

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
    assert submitted(store) == 1
    store.close()


def test_what_is_told_of_a_store_is_not_looked_for_at_each_question(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, damaged = path, path.parent / "damaged.duckdb"
    for each in list(path.parent.iterdir()):
        shutil.copy(each, each.with_name(each.name.replace("facts", "damaged")))
    log = damaged.with_name("damaged.duckdb.wal")
    log.write_bytes(log.read_bytes()[:-500])
    stores = [DuckDBStore(each) for each in (whole, damaged)]

    def listed(*_: object) -> None:
        pytest.fail("the folder was listed")

    monkeypatch.setattr(Path, "iterdir", listed)
    monkeypatch.setattr(Path, "glob", listed)
    monkeypatch.setattr(os, "scandir", listed)
    monkeypatch.setattr(os, "listdir", listed)
    assert [len(store.notices) for store in stores] == [0, 1]
    assert submitted(stores[0]) > submitted(stores[1])
    for store in stores:
        store.close()


# -- Time -------------------------------------------------------------------------------------------------------------


def test_a_question_that_takes_too_long_is_broken_off_and_leaves_nothing_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LONGEST", 3.0)
    store = DuckDBStore(tmp_path / "facts.duckdb")
    store.write(people())
    endless = "SELECT count(*) FROM range(100000000) a, range(100000000) b WHERE a.range <> b.range"
    monkeypatch.setattr("perfwidget.stores.reading.first_instant", lambda *_: (endless, {}))
    browser = host(store).test_client()
    browser.get("/login?as=boss:owner")
    answer = asking(browser, "asked", {"question": "user=ann&preset=all_time"})
    assert answer.status_code == 503
    assert "took longer than" in answer.json["error"]
    assert asking(browser, "asked", {"question": "user=ann"}).status_code == 200
    store.write([annotation(1, "2024-03-01 12:00")])
    store.close()


# -- Damaged blocks ---------------------------------------------------------------------------------------------------

BLOCK, FIRST = 262_144, 12_288
"""Bytes of a block of DuckDB's file, and where the first one begins."""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a store that was closed, with a hundred thousand annotations in order."""
    folder = tmp_path_factory.mktemp("large")
    store = DuckDBStore(folder / "facts.duckdb")
    store.write(people())
    store.write(annotation(each, f"2024-03-{1 + each % 28:02} 12:00", lead_time=each % 90) for each in range(100_000))
    store.settle()
    store.close()
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Return what the files of a folder hold, but which process has them open."""
    found = {each.name: each.read_bytes() for each in folder.iterdir() if each.is_file()}
    return {name: held.partition(b"\n")[0] if name.endswith(".writes") else held for name, held in found.items()}


def everything(store: Store) -> None:
    """Read every value of every table, as the statements of all questions together may."""
    with store.reading() as reader:
        for (table,) in reader._rows("SELECT table_name FROM duckdb_tables()", {}):
            reader._rows(f"SELECT bit_xor(hash({table})) FROM {table}", {})


def write(store: Store) -> object:
    return store.write([annotation(7, "2024-03-02 12:00", lead_time=1)])


def refusals(store: Store, *acts: Callable[[Store], object]) -> list[str]:
    """Do some things one after the other, and return the sentences of those that are refused."""
    told = []
    for act in acts:
        try:
            act(store)
        except StoreUnavailable as fault:
            told.append(str(fault))
    return told


def test_a_damaged_block_anywhere_ends_in_a_sentence_and_stands_as_a_notice(large: Path, tmp_path: Path) -> None:
    """A bit of each block is turned, wherever in it; what is written behind nobody's back is written before that."""
    drawn = random.Random(19)
    whole = (large / "facts.duckdb").read_bytes()
    outcomes = {"refused": 0, "noticed": 0, "of no use": 0}
    for block in range(FIRST, len(whole), BLOCK):
        damaged = bytearray(whole)
        damaged[block + drawn.randrange(min(BLOCK, len(whole) - block))] ^= 1 << drawn.randrange(8)
        folder = tmp_path / str(block)
        shutil.copytree(large, folder)
        (folder / "facts.duckdb").write_bytes(damaged)
        before = contents(folder)
        try:
            store = DuckDBStore(folder / "facts.duckdb")
        except StoreUnavailable as fault:
            assert "is damaged; put a copy of it back" in str(fault)
            outcomes["refused"] += 1
            assert contents(folder) == before
            continue
        told = refusals(store, everything, everything, write)
        if told:
            assert set(told) == {DAMAGED}
            assert store.notices == (DAMAGED,)
            assert len(told) == 3
            outcomes["noticed"] += 1
        else:
            outcomes["of no use"] += 1
        store.close()
        assert told == [] or contents(folder) == before
    assert outcomes["refused"] > 0
    assert outcomes["noticed"] > outcomes["of no use"]


def test_a_log_on_a_damaged_file_is_not_set_aside(large: Path, tmp_path: Path) -> None:
    """What is to be changed by the log lies in a block that cannot be read."""
    folder = tmp_path / "torn"
    shutil.copytree(large, folder)
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom perfwidget.stores.duckdb import DuckDBStore\n"
        "from tests.worlds import annotation\n"
        "DuckDBStore(Path(sys.argv[1])).write([annotation(7, '2024-03-02 12:00', lead_time=5)])\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(folder / "facts.duckdb")], check=False)
    (folder / "facts.duckdb.tmp").rmdir()
    whole = (folder / "facts.duckdb").read_bytes()
    assert (folder / "facts.duckdb.wal").stat().st_size > 0
    refused = 0
    for block in range(FIRST, len(whole), BLOCK):
        damaged = bytearray(whole)
        damaged[block + 5_000] ^= 255
        (folder / "facts.duckdb").write_bytes(damaged)
        before = contents(folder)
        try:
            store = DuckDBStore(folder / "facts.duckdb")
        except StoreUnavailable as fault:
            assert "is damaged" in str(fault)
            refused += 1
        else:
            refusals(store, everything)
            damage = bool(store.notices)
            store.close()
            if not damage:  # of no use to anybody: what was closed has its log in it
                (folder / "facts.duckdb.wal").write_bytes(before["facts.duckdb.wal"])
                continue
        assert contents(folder) == before
    assert refused > 0


def test_who_is_at_fault_is_told_by_what_duckdb_says() -> None:
    """A log is set aside for faults of its own only."""
    said = 'Failure while replaying WAL file "facts.duckdb.wal": Corrupt {} 1 does not match stored checksum 2'
    mine, files = (duckdb.IOException(said.format(each)) for each in ("WAL file: computed", "database file: computed"))
    assert [recovery.log_is_damaged(each) for each in (mine, files)] == [True, False]


def test_a_file_that_was_cut_is_refused_or_noticed(large: Path, tmp_path: Path) -> None:
    whole = (large / "facts.duckdb").read_bytes()
    for left in (len(whole) // 4, len(whole) // 2, len(whole) - BLOCK):
        folder = tmp_path / str(left)
        shutil.copytree(large, folder)
        (folder / "facts.duckdb").write_bytes(whole[:left])
        before = contents(folder)
        try:
            store = DuckDBStore(folder / "facts.duckdb")
        except StoreUnavailable as fault:
            assert "is damaged" in str(fault)
        else:
            assert set(refusals(store, everything)) == {DAMAGED}
            assert store.notices == (DAMAGED,)
            store.close()
        assert contents(folder) == before


def test_while_the_log_cannot_be_worked_into_a_damaged_file_nothing_is_lost(
    large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Damage that only the work on the log meets: what was written before stands in the log."""
    monkeypatch.setattr(database, "LONGEST_LOG", 0)
    folder = tmp_path / "damaged"
    shutil.copytree(large, folder)
    path = folder / "facts.duckdb"
    store = DuckDBStore(path)
    commit = database.Database.tidy

    def failing(mine: Database) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(mine, "_connection", Damaged())
            patch.setattr(mine, "_open_again", lambda _: None)
            commit(mine)

    monkeypatch.setattr(database.Database, "tidy", failing)
    write(store)
    assert store.notices == (DAMAGED,)
    assert refusals(store, write) == [DAMAGED]
    store.close()
    assert recovery.beside(path, "wal").stat().st_size > 0
    monkeypatch.undo()
    again = DuckDBStore(path)
    assert ask(again, OWNER, user="ann", from_="2024-03-02", to="2024-03-02").values["total_time"] is not None
    again.close()


class Damaged:
    """A connection that finds a damaged block."""

    def execute(self, _: str) -> None:
        raise duckdb.FatalException("Corrupt database file: computed checksum 1 does not match stored checksum 2")


# -- Files that belong together ---------------------------------------------------------------------------------------


def test_a_log_without_its_file_is_refused_and_left_alone(path: Path) -> None:
    path.unlink()
    before = contents(path.parent)
    with pytest.raises(StoreUnavailable, match=r"is missing, and its log facts\.duckdb\.wal is there"):
        DuckDBStore(path)
    assert contents(path.parent) == before


@pytest.mark.parametrize(
    ("left_behind", "named"),
    [
        (["wal", "writes"], "facts.duckdb.wal and facts.duckdb.writes"),
        (["writes"], "facts.duckdb.writes"),
        (["wal"], "facts.duckdb.wal"),
    ],
)
def test_a_copy_that_lacks_something_says_what(path: Path, left_behind: list[str], named: str) -> None:
    for each in left_behind:
        recovery.beside(path, each).unlink()
    store = DuckDBStore(path)
    [notice] = store.notices
    assert f"without {named}: what was written shortly before may be missing" in notice
    with store.reading() as reader:
        there = reader._rows("SELECT count(*) FROM annotations", {})
    assert there == [(WRITES if left_behind == ["writes"] else 0,)]
    store.write([annotation("new", "2024-03-02 12:00")])
    store.close()
    again = DuckDBStore(path)
    assert again.notices == (notice,)
    again.close()


def test_a_store_that_was_closed_needs_no_log(path: Path) -> None:
    DuckDBStore(path).close()
    assert sorted(contents(path.parent)) == ["facts.duckdb", "facts.duckdb.writes"]
    store = DuckDBStore(path)
    assert (submitted(store), store.notices) == (WRITES, ())
    store.close()


def test_another_name_of_a_file_is_no_other_store(path: Path) -> None:
    """Its log lies beside the first name: by the other one, facts would be missing and both would write."""
    link = path.parent / "linked" / "other.duckdb"
    link.parent.mkdir()
    link.hardlink_to(path)
    with pytest.raises(StoreUnavailable, match="has another name"):
        DuckDBStore(link)
    assert list(contents(link.parent)) == ["other.duckdb"]
    store = DuckDBStore(path)
    assert submitted(store) == WRITES
    # With a count of its own it looks like a store by itself, and is the file that is open already.
    recovery.beside(link, "writes").write_bytes(recovery.beside(path, "writes").read_bytes())
    with pytest.raises(StoreUnavailable, match="open it once"):
        DuckDBStore(link)
    store.write([annotation("new", "2024-03-02 12:00")])
    assert submitted(store) == WRITES + 1
    store.close()


def test_a_store_whose_files_all_have_another_name_is_one(path: Path) -> None:
    folder = path.parent / "linked"
    folder.mkdir()
    for each in contents(path.parent):
        (folder / each).hardlink_to(path.parent / each)
    store = DuckDBStore(path)
    with pytest.raises(StoreUnavailable, match="open in this program itself"):
        DuckDBStore(folder / path.name)
    store.close()


def test_nobody_else_may_read_what_is_new(tmp_path: Path) -> None:
    """Whatever the program's umask says, and whenever DuckDB makes a file anew."""
    code = (
        "import os, sys\nos.umask(0)\nfrom pathlib import Path\nfrom tests.worlds import annotation, people\n"
        "from perfwidget.stores.duckdb import DuckDBStore, database\n"
        "def seen():\n"
        "    each = sorted((each.name, each.stat().st_mode & 0o777) for each in path.parent.iterdir())\n"
        "    print(*(f'{name}:{mode:o}' for name, mode in each), flush=True)\n"
        "path = Path(sys.argv[1])\n"
        "store = DuckDBStore(path)\nseen()\n"
        "store.write(people())\nseen()\n"
        "database.LONGEST_LOG = 0\nstore.write([annotation(1, '2024-03-01 12:00')])\nseen()\n"
        "database.LONGEST_LOG = 10**9\nstore.write([annotation(2, '2024-03-01 12:00')])\nseen()\n"
        "store.close()\nseen()\n"
        "store = DuckDBStore(path)\nstore.write(annotation(n, '2024-03-01 12:00') for n in range(2000))\nseen()\n"
        "os.kill(os.getpid(), 9)\n"
    )
    path = tmp_path / "facts.duckdb"
    told = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)
    files = "facts.duckdb:600 facts.duckdb.tmp:700 facts.duckdb.wal:600 facts.duckdb.writes:600"
    closed = "facts.duckdb:600 facts.duckdb.writes:600"
    assert told.stdout.splitlines() == [files, files, files, files, closed, files], told.stderr
    log = bytearray(wal(path).read_bytes())
    log[len(log) * 2 // 3] ^= 1
    wal(path).write_bytes(log)
    DuckDBStore(path).close()
    left = {each.name.partition("-")[0]: each.stat().st_mode & 0o777 for each in path.parent.iterdir()}
    assert {"facts.duckdb.wal.damaged", "facts.duckdb.writes.lost"} & left.keys()
    assert set(left.values()) <= {0o600}

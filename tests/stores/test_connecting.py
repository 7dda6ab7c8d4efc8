"""Stores that are not there yet, or away: a platform starts, its pages say so and come back by themselves."""

import html
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from perfwidget.errors import InvalidSetting, StoreUnavailable
from perfwidget.stores import Store, open_store
from perfwidget.stores.connecting import ConnectingStore
from perfwidget.stores.duckdb import DuckDBStore
from perfwidget.stores.duckdb.faults import open_elsewhere
from perfwidget.stores.failures import AWAY, CLOSED
from tests.conftest import NewStore
from tests.engines.server import Server
from tests.engines.silence import way
from tests.hosts import asking, host
from tests.worlds import annotation, ask, people

MARCH = {"user": "ann", "from_": "2024-03-01", "to": "2024-03-31"}
QUESTION = {"question": "user=ann&from=2024-03-01&to=2024-03-31&tz=UTC"}
PAGE = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}
ROOT = Path(__file__).parents[2]


def count(store: Store) -> object:
    return ask(store, **MARCH).values["submitted_annotations"]


def test_a_store_is_opened_when_it_is_first_asked(tmp_path: Path) -> None:
    path = tmp_path / "facts.duckdb"
    with closing(open_store(f"duckdb:///{path}")) as store:
        assert list(tmp_path.iterdir()) == []
        assert store.notices == ()
        store.write([*people(), annotation(1, "2024-03-02 12:00")])
        assert path.exists()
        assert count(store) == 1
    with pytest.raises(StoreUnavailable, match="closed"):
        store.write(people())
    with pytest.raises(StoreUnavailable, match=CLOSED):
        count(store)


def test_one_that_was_never_asked_is_closed_all_the_same(new_store: NewStore) -> None:
    store = open_store(new_store())
    store.close()
    for act in (lambda: store.write(people()), lambda: count(store), store.settle):
        with pytest.raises(StoreUnavailable, match="closed"):
            act()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql://u@h/d?schema=", "schema"),
        ("clickhouse://u@h/d?odd", "nothing after it"),
        ("mysql://h/d", "A store address is written"),
        ("duckdb:///", "A store address is written"),
        ("duckdb:///:memory:", "lives in a file"),
        ("postgresql+psycopg://u@h/d", "Leave the driver out"),
    ],
)
def test_an_address_that_cannot_be_right_is_refused_at_once(address: str, said: str) -> None:
    with pytest.raises(InvalidSetting, match=said):
        open_store(address)


def test_pages_say_that_the_database_is_away_and_come_back(postgresql: Server) -> None:
    address = postgresql.new_store()
    with closing(open_store(address)) as there:
        there.write([*people(), annotation(1, "2024-03-02 12:00")])
    postgresql.stop()
    try:
        store = open_store(address)
        browser = host(store).test_client()
        browser.get("/login?as=ann:annotator")
        page = browser.get("/performance/", headers=PAGE)
        assert (page.status_code, AWAY in html.unescape(page.text)) == (503, True)
        assert '<meta http-equiv="refresh" content="5">' in page.text
        assert "127.0.0.1" not in page.text
        answer = asking(browser, "asked", QUESTION)
        assert answer.status_code == 503
        with pytest.raises(StoreUnavailable, match=r"cannot be opened .*check the address"):
            store.write(people())  # whoever writes is told why
        with pytest.raises(StoreUnavailable, match="cannot be opened"):
            open_store(address, wait=0)
    finally:
        postgresql.start()
    with closing(store):
        assert browser.get("/performance/", headers=PAGE).status_code == 200
        assert asking(browser, "asked", QUESTION).status_code == 200
        assert count(store) == 1


def test_a_store_may_be_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perfwidget.stores._PAUSE", 0.01)
    tried: list[int] = []

    class Late(DuckDBStore):
        def __init__(self, path: Path) -> None:
            tried.append(1)
            if len(tried) < 3:
                raise StoreUnavailable("not yet")
            super().__init__(path)

    monkeypatch.setattr("perfwidget.stores.duckdb.DuckDBStore", Late)
    address = f"duckdb:///{tmp_path}/facts.duckdb"
    with pytest.raises(StoreUnavailable, match="not yet"):
        open_store(address, wait=0)
    with closing(open_store(address, wait=60)) as store:
        assert isinstance(store, Late)
    assert len(tried) == 3


def test_those_who_ask_at_once_try_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes connections and never answers is waited for once, not once for each that asks."""
    tries, go_on = [], threading.Event()
    come = threading.Semaphore(0)

    def opener() -> Store:
        tries.append(1)
        go_on.wait(60)
        raise StoreUnavailable("silent")

    store = ConnectingStore(opener)
    told: list[str] = []

    class Counted:
        """Says when somebody comes to wait."""

        def __init__(self) -> None:
            self.lock = threading.Lock()

        def __enter__(self) -> None:
            come.release()
            self.lock.acquire()

        def __exit__(self, *_: object) -> None:
            self.lock.release()

    monkeypatch.setattr(store, "_opening", Counted())

    def asks() -> None:
        try:
            count(store)
        except StoreUnavailable as fault:
            told.append(str(fault))

    threads = [threading.Thread(target=asks) for _ in range(5)]
    for each in threads:
        each.start()
    for _ in threads:
        assert come.acquire(timeout=60)
    go_on.set()
    for each in threads:
        each.join(60)
    assert (told, len(tries)) == ([AWAY] * 5, 1)
    with pytest.raises(StoreUnavailable):
        count(store)
    assert len(tries) == 2  # whoever asks later tries again


def test_a_silent_server_keeps_no_platform_from_starting() -> None:
    with way(None) as nowhere:
        store = open_store(f"postgresql://somebody@127.0.0.1:{nowhere.port}/facts?connect_timeout=2")
        with pytest.raises(StoreUnavailable, match=AWAY):
            count(store)
        store.close()


# -- Who has the embedded file ----------------------------------------------------------------------------------------

HOLDER = """
import sys
from pathlib import Path
from perfwidget.stores.duckdb import DuckDBStore
{before}
store = DuckDBStore(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.readline()
"""
TWO_WORKERS = """
import os, subprocess, sys
from pathlib import Path
ready, open_now = os.pipe()
if os.fork() == 0:
    from perfwidget.stores.duckdb import DuckDBStore
    store = DuckDBStore(Path(sys.argv[1]))
    os.write(open_now, b"1")
    os.read(os.pipe()[0], 1)
os.read(ready, 1)
second = os.fork()
if second == 0:
    from perfwidget.stores import open_store
    try:
        open_store(f"duckdb:///{sys.argv[1]}", wait=0)
    except Exception as fault:
        print(fault, flush=True)
    os._exit(0)
os.waitpid(second, 0)
os.killpg(0, 9)
"""
RELOADER = """
import os, subprocess, sys
from perfwidget.stores import open_store
address = f"duckdb:///{sys.argv[1]}"
if os.environ.get("WERKZEUG_RUN_MAIN") != "true":
    store = open_store(address)
    store.settle()
    subprocess.run([sys.executable, "-c", sys.argv[2], sys.argv[1]], env=os.environ | {"WERKZEUG_RUN_MAIN": "true"})
else:
    try:
        open_store(address, wait=0)
    except Exception as fault:
        print(fault, flush=True)
"""


def said(code: str, *arguments: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False, start_new_session=True,
    )  # fmt: skip
    return ended.stdout + ended.stderr


def test_another_worker_is_told_from_a_reloader_and_from_another_program(tmp_path: Path) -> None:
    path = tmp_path / "facts.duckdb"
    assert "in another worker of this server; run one worker with many threads" in said(TWO_WORKERS, str(path))
    assert "in the first process of Flask's debug reloader" in said(RELOADER, str(path), RELOADER)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER.format(before=""), str(path)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout is not None
    assert holder.stdout.readline() == "open\n"
    other = "from perfwidget.stores import open_store; import sys; open_store('duckdb:///' + sys.argv[1], wait=0)"
    shell = f"exec 3>&1; '{sys.executable}' -c \"{other}\" '{path}'; true"
    told = subprocess.run(["sh", "-c", shell], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert f"in another program (process {holder.pid})" in told.stderr
    with pytest.raises(StoreUnavailable, match=f"process {holder.pid}"):
        DuckDBStore(path).close()
    holder.communicate("", timeout=60)


def test_a_program_that_has_it_open_itself_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "facts.duckdb"
    with closing(DuckDBStore(path)), pytest.raises(StoreUnavailable, match="in this program itself; open it once"):
        DuckDBStore(path)
    assert "in another program;" in str(open_elsewhere(path))


def test_under_a_reloader_that_only_names_the_store_it_is_free(tmp_path: Path) -> None:
    quiet = RELOADER.replace("    store.settle()\n", "")
    assert said(quiet, str(tmp_path / "facts.duckdb"), quiet) == ""

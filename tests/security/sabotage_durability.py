"""Ways to lose what was acknowledged, or to say nothing of it: see `sabotage.py`."""

DATABASE = "perfwidget/stores/embedded/database.py"
RECOVERY = "perfwidget/stores/embedded/recovery.py"
SCHEMA = "perfwidget/stores/embedded/schema.py"
KILL = "tests/durability/test_kill.py"
DAMAGE = "tests/durability/test_damage.py"
FILE = "perfwidget/stores/embedded/journal_file.py"
JOURNAL = "perfwidget/stores/embedded/journal.py"
STORE = "perfwidget/stores/embedded/__init__.py"
WORKING_IN = "perfwidget/stores/embedded/working_in.py"
JOURNALS = "tests/durability/test_journal.py"
SMALL = "tests/test_small_writes.py"

SABOTAGES = [
    (
        "a write is acknowledged before it is committed",
        DATABASE,
        '            cursor.execute("COMMIT")\n',
        '            threading.Timer(0.3, cursor.execute, ["COMMIT"]).start()\n',
        KILL,
    ),
    (
        "a damaged log is thrown away",
        RECOVERY,
        "    wal.rename(aside)\n",
        "    wal.unlink()\n",
        f"{DAMAGE} -k damaged_log",
    ),
    (
        "the log of a running server is set aside",
        RECOVERY,
        "return bool(_UNREADABLE.match(str(fault)))",
        'return "WAL" in str(fault)',
        f"{DAMAGE} -k another_program",
    ),
    (
        "all of a damaged log is given up",
        RECOVERY,
        "whole[: int(found[1])]",
        'b""',
        f"{DAMAGE} -k damaged_log",
    ),
    (
        "writes that are gone go unnoticed",
        DATABASE,
        "if journal.last < acknowledged:",
        "if journal.last < 0:",
        f"{DAMAGE} -k noticed",
    ),
    (
        "the page is silent about a damaged store",
        "perfwidget/dashboard/answer.py",
        "list(desk.store.notices)",
        "[]",
        f"{DAMAGE} -k page_says",
    ),
    (
        "a database that was given up stays so",
        DATABASE,
        "            self._connection = self._open()\n",
        "            pass\n",
        f"{DAMAGE} -k full_disk",
    ),
    (
        "commits are tried where the disk has no room for them",
        DATABASE,
        "                self.require_room()\n",
        "",
        f"{DAMAGE} -k nearly_full",
    ),
    (
        "the log is worked into the file within a commit",
        DATABASE,
        '"checkpoint_threshold": "1TB"',
        '"checkpoint_threshold": "1MB"',
        f"{DAMAGE} -k full_disk",
    ),
    (
        "a file is migrated without a copy",
        SCHEMA,
        "        _set_copy_aside(path, cursor, found)\n",
        "        pass\n",
        f"{DAMAGE} -k older_file",
    ),
    (
        "a newer file is opened",
        SCHEMA,
        "elif found > newest:",
        "elif found > 1000:",
        f"{DAMAGE} -k newer_file",
    ),
    (
        "a small write is acknowledged before it is on the disk",
        FILE,
        "            os.fdatasync(handle)\n        except OSError:\n            self._spoilt",
        "            pass\n        except OSError:\n            self._spoilt",
        f"{SMALL} -k disk_together",
    ),
    (
        "a small write is put into the journal after it was acknowledged",
        FILE,
        "            _put(handle, record, place)\n            os.fdatasync(handle)\n",
        "            __import__('threading').Timer(0.3, _put, (handle, record, place)).start()\n",
        f"{JOURNALS} -k wherever",
    ),
    (
        "what waits in the journal is not seen",
        STORE,
        "waiting = self._working_in.ahead()",
        "waiting: list[journal.Waiting] = []",
        f"{SMALL} -k any_length",
    ),
    (
        "what cannot be worked in is not shown",
        STORE,
        "                ahead.show(cursor, waiting)\n",
        "                pass\n",
        f"{JOURNALS} -k full_disk",
    ),
    (
        "questions wait until rows are in order",
        WORKING_IN,
        "lambda: self._order.stays or not self._waits(number)",
        "lambda: not self._waits(number)",
        f"{SMALL} -k until_rows",
    ),
    (
        "a large write overtakes small ones",
        WORKING_IN,
        "            self._work_in()\n            yield\n",
        "            yield\n",
        f"{SMALL} -k in_their_order",
    ),
    (
        "small writes go on within a large one",
        WORKING_IN,
        "with self._order.given_way(), self._journal.held_up():",
        "with self._order.given_way():",
        f"{SMALL} -k many_threads",
    ),
    (
        "the file does not know which writes it has",
        DATABASE,
        "greatest(writes, ?) + ?",
        "writes + 0 * ? + ?",
        f"{JOURNALS} -k has_already",
    ),
    (
        "a version that stood for a while mentions nobody",
        "perfwidget/stores/writing/__init__.py",
        "        _mention_passed(staging, kind, passed)\n",
        "",
        f"{SMALL} -k for_a_while",
    ),
    (
        "a damaged record is taken for a whole one",
        FILE,
        " or crc32(whole[place + _FRAME.size : begin + length], self._seed) != checksum",
        "",
        f"{JOURNALS} -k damaged_record",
    ),
    (
        "damage that later records give away is taken for the end",
        FILE,
        "lost = any(each.last > last for each in self._scattered(whole, end))",
        "lost = False",
        f"{JOURNALS} -k damaged_record",
    ),
    (
        "a damaged journal is thrown away",
        FILE,
        "shutil.copyfile(self._path, aside)",
        "aside.touch()",
        f"{JOURNALS} -k damaged_record",
    ),
    (
        "all of a damaged journal is given up",
        FILE,
        "self._set_aside(end, keep=bool(records))",
        "self._set_aside(end, keep=False)",
        f"{JOURNALS} -k damaged_record",
    ),
    (
        "small writes are not counted",
        JOURNAL,
        "        self._seal.tell(self.last)\n",
        "",
        f"{JOURNALS} -k was_cut",
    ),
    (
        "the journal of another store is worked in",
        FILE,
        "crc32(self._whose)",
        "0",
        f"{JOURNALS} -k another_store",
    ),
    (
        "a journal that comes too late for its file is worked in",
        FILE,
        "(expected is not None or record.first > writes + 1)",
        "expected is not None",
        f"{JOURNALS} -k lacks",
    ),
    (
        "a journal of other columns is worked in",
        FILE,
        "if found and int(found[1]) != schema:",
        "if found and int(found[1]) < 0:",
        f"{JOURNALS} -k another_version",
    ),
    (
        "a write that was refused comes back",
        FILE,
        "                os.pwrite(handle, bytes(_BEFORE), place)\n",
        "                pass\n",
        f"{JOURNALS} -k cannot_be_put",
    ),
    (
        "a store is opened twice in a program",
        RECOVERY,
        "            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)\n",
        "            pass\n",
        f"{SMALL} -k opened_once",
    ),
    (
        "a store that is closed acknowledges small writes",
        WORKING_IN,
        "        self._journal.stop()\n",
        "",
        f"{SMALL} -k closing",
    ),
    (
        "a question sees what could not be committed",
        DATABASE,
        "        if self._failures != failures:\n",
        "        if self._failures < 0:\n",
        f"{JOURNALS} -k beside_a_commit",
    ),
]

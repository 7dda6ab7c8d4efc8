"""Ways to lose what was acknowledged, or to say nothing of it: see `sabotage.py`."""

DATABASE = "perfwidget/stores/duckdb/database.py"
RECOVERY = "perfwidget/stores/duckdb/recovery.py"
SCHEMA = "perfwidget/stores/schema.py"
KILL = "tests/durability/test_kill.py"
DAMAGE = "tests/durability/test_damage.py"
STORE = "perfwidget/stores/duckdb/__init__.py"
GROUP = "perfwidget/stores/duckdb/group_commit.py"
COUNTER = "perfwidget/stores/duckdb/write_counter.py"
NOTING = "perfwidget/stores/writing/staging.py"
WRITING = "tests/stores/test_writing.py"
STORED = "tests/stores/test_schema.py"

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
        "if writes < acknowledged or self._counter.made:",
        "if self._counter.made:",
        f"{DAMAGE} -k noticed",
    ),
    (
        "the page is silent about a damaged store",
        "perfwidget/page/answer.py",
        "*context.store.notices, ",
        "",
        f"{DAMAGE} -k page_says",
    ),
    (
        "a database that was given up stays so",
        DATABASE,
        "            _quietly(self._connection.close)\n            self._connection = self._open()\n",
        "            _quietly(self._connection.close)\n",
        f"{DAMAGE} -k full_disk",
    ),
    (
        "a file that another program has is opened before that is known",
        DATABASE,
        "            self._counter = WriteCounter(self.path)\n",
        "            self._open().close()\n            self._counter = WriteCounter(self.path)\n",
        f"{WRITING} -k open_elsewhere",
    ),
    (
        "by another name a file is another store",
        DATABASE,
        "self.path = path.resolve()",
        "self.path = path",
        f"{WRITING} -k whatever_name",
    ),
    (
        "a forked process writes to the store of the other one",
        DATABASE,
        "if os.getpid() != self._process:",
        "if not self._process:",
        f"{WRITING} -k forked",
    ),
    (
        "what is no record is passed over",
        "perfwidget/stores/writing/__init__.py",
        "if type(fact) not in _KNOWN:",
        "if type(fact) in ():",
        "tests/test_store.py -k no_record",
    ),
    (
        "commits are tried where the disk has no room for them",
        DATABASE,
        "            self.require_room()\n",
        "",
        f"{DAMAGE} -k nearly_full",
    ),
    (
        "the log is worked into the file within a commit",
        DATABASE,
        '"checkpoint_threshold": "1TB"',
        '"checkpoint_threshold": "1MB"',
        f"{DAMAGE} -k within_a_commit",
    ),
    (
        "a newer file is opened",
        SCHEMA,
        "    if found > newest:\n",
        "    if found > 1000:\n",
        f"{STORED} -k newer",
    ),
    (
        "a store is opened twice in a program",
        COUNTER,
        "            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)\n",
        "            pass\n",
        f"{WRITING} -k opened_once",
    ),
    (
        "a question sees what could not be committed",
        DATABASE,
        "        if self._failures != failures:\n",
        "        if self._failures < 0:\n",
        f"{DAMAGE} -k beside_a_commit",
    ),
    (
        "a bad write takes those with it that were written together with it",
        GROUP,
        "self._tried([rows]) if fault is not None and len(group) > 1 else fault",
        "fault",
        f"{WRITING} -k bad_write",
    ),
    (
        "what kept a write from the disk is not told",
        GROUP,
        "if told is None else",
        "if True else",
        f"{WRITING} -k bad_write",
    ),
    (
        "those who wait for a write that was ended wait for ever",
        GROUP,
        "except BaseException as fault",
        "except Exception as fault",
        f"{WRITING} -k waiting",
    ),
    (
        "each small write is a transaction of its own",
        STORE,
        "rows, given = writing.few(known_words(facts, unknown), FEW)",
        "rows, given = None, known_words(facts, unknown)",
        f"{WRITING} -k one_transaction",
    ),
    (
        "what a write that failed would have noted is taken for noted",
        STORE,
        "DuckDBStaging(cursor, DIALECT, self._noted.copy())",
        "DuckDBStaging(cursor, DIALECT, self._noted)",
        f"{WRITING} -k not_taken_for_noted",
    ),
    (
        "who was forgotten is taken for noted",
        "perfwidget/stores/writing/__init__.py",
        "    staging.noted.clear()\n",
        "",
        f"{WRITING} -k mentioned_again",
    ),
    (
        "a kind of facts that the store was given is not recorded",
        NOTING,
        "            if recorded and kind.table in RECORDED_KINDS:\n",
        "            if recorded and kind.table in ():\n",
        f"{STORED} -k notes_that",
    ),
    (
        "what the host says of a kind yields to what was noted",
        NOTING,
        "FROM noted WHERE NOT EXISTS",
        "FROM noted WHERE TRUE OR NOT EXISTS",
        f"{STORED} -k host_says",
    ),
    (
        "a file that is damaged takes more",
        DATABASE,
        "                if self._damaged:\n                    raise",
        "                if self._closed:\n                    raise",
        f"{DAMAGE} -k block_anywhere",
    ),
    (
        "a log is set aside because its file is damaged",
        RECOVERY,
        " and not is_damage(fault)",
        "",
        f"{DAMAGE} -k at_fault",
    ),
    (
        "a new file is made beside a log",
        RECOVERY,
        "        if logged:\n",
        "        if logged and counted is None:\n",
        f"{DAMAGE} -k without_its_file",
    ),
    (
        "another name of a file is another store",
        RECOVERY,
        "st_nlink > 1",
        "st_nlink > 9",
        f"{DAMAGE} -k no_other_store",
    ),
    (
        "everybody may read the log",
        DATABASE,
        "        recovery.shield(self.path)\n        return connection\n",
        "        return connection\n",
        f"{DAMAGE} -k nobody_else",
    ),
    (
        "a copy that lacks its count says nothing",
        DATABASE,
        " or self._counter.made:\n",
        ":\n",
        f"{DAMAGE} -k copy_that_lacks",
    ),
]

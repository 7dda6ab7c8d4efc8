"""Ways to lose what was acknowledged, or to say nothing of it: see `sabotage.py`."""

DATABASE = "perfwidget/stores/embedded/database.py"
RECOVERY = "perfwidget/stores/embedded/recovery.py"
SCHEMA = "perfwidget/stores/embedded/schema.py"
KILL = "tests/durability/test_kill.py"
DAMAGE = "tests/durability/test_damage.py"

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
        "if self.writes < acknowledged:",
        "if self.writes < 0:",
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
]

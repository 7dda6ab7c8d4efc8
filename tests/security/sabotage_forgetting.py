"""Ways to leave something of whom should be forgotten, or to lose what should stay: see `sabotage.py`."""

FORGETTING = "perfwidget/stores/writing/forgetting.py"
PERSON = "perfwidget/facts/forgotten.py"
MOVING = "perfwidget/upkeep/copying.py"
BACKUP = "perfwidget/stores/duckdb/backup.py"
FORGOTTEN = "tests/stores/test_forgetting.py"
MOVED = "tests/test_upkeep.py"
CONNECTED = "tests/stores/test_connecting.py"

SABOTAGES = [
    (
        "what rows spelled of whom is forgotten stays",
        FORGETTING,
        "    _forget_in_snapshots(staging, organization, person)\n",
        "",
        f"{FORGOTTEN} -k spelling",
    ),
    (
        "what is told of e-mails stays",
        FORGETTING,
        "    _forget_mentions(staging, organization, person)\n",
        "",
        f"{FORGOTTEN} -k spelling",
    ),
    (
        "e-mails stay in comments of others",
        FORGETTING,
        "    if not emails:\n",
        "    if emails:\n",
        f"{FORGOTTEN} -k nobody_can_tell",
    ),
    (
        "members of other organizations are forgotten, too",
        FORGETTING,
        '_OF_ORGANIZATION = "organization_id = $organization_id"',
        '_OF_ORGANIZATION = "organization_id = organization_id"',
        f"{FORGOTTEN} -k another_organization",
    ),
    (
        "an e-mail that several had becomes the others'",
        FORGETTING,
        "(person.gone and (of_email or of_member or not of))",
        "person.gone",
        f"{FORGOTTEN} -k shared",
    ),
    (
        "it is not told since when comments are kept",
        FORGETTING,
        '            staging.update(Recorded.table, {"since": "$since"}, earlier, given)\n',
        "",
        f"{FORGOTTEN} -k kept_for",
    ),
    (
        "rows that name somebody by e-mail alone lose their owner",
        PERSON,
        'if isinstance(value, dict) and value.get("id") is None else value\n',
        "if False else value\n",
        f"{FORGOTTEN} -k spelling",
    ),
    (
        "bytes of what was forgotten stay in the file",
        "perfwidget/stores/duckdb/__init__.py",
        "            self._database.rewrite()\n",
        "            pass\n",
        f"{FORGOTTEN} -k embedded",
    ),
    (
        "bytes of what was forgotten stay in PostgreSQL",
        "perfwidget/stores/postgresql/schema.py",
        "VACUUM (FULL, ANALYZE)",
        "ANALYZE",
        f"{FORGOTTEN} -k postgresql",
    ),
    (
        "a new file takes the place of one that is still asked",
        "perfwidget/stores/duckdb/database.py",
        "if not self._changed.wait_for(lambda: not self._cursors, LONGEST + GRACE):",
        "if False:",
        f"{FORGOTTEN} -k go_on",
    ),
    (
        "a part of a copy is copied on as if it were whole",
        MOVING,
        "        if reader.unfinished_copy is not None:\n",
        "        if False:\n",
        f"{MOVED} -k passes_for_no_store",
    ),
    (
        "a copy is not compared",
        MOVING,
        "        different = _different(reader, target)\n",
        "        different: list[str] = []\n",
        f"{MOVED} -k changed_meanwhile",
    ),
    (
        "a copy that goes on copies rows again",
        MOVING,
        "begun[1] if place == begun[0] else None",
        "None",
        f"{MOVED} -k broken_off",
    ),
    (
        "a backup lacks the log",
        BACKUP,
        'for each in ("writes", "wal"):',
        'for each in ("writes",):',
        f"{MOVED} -k another_program",
    ),
    (
        "pages name the server that is away to everybody",
        "perfwidget/stores/connecting.py",
        "raise StoreUnavailable(CLOSED if self._closed else AWAY) from fault",
        "raise",
        f"{CONNECTED} -k come_back",
    ),
    (
        "everybody waits for a silent server in turn",
        "perfwidget/stores/connecting.py",
        "if self._fault is None or self._tries == tried:",
        "if True:",
        f"{CONNECTED} -k at_once",
    ),
]

"""Ways to let an engine answer differently, lose a write or trip over the host's own tables: see `sabotage.py`."""

DATABASE = "perfwidget/stores/postgresql/database.py"
ORDER = "perfwidget/stores/duckdb/order.py"
FORMULAS = "perfwidget/stores/formulas.py"
SESSION = "perfwidget/stores/postgresql/session.py"
VIEWS = "perfwidget/stores/postgresql/views.py"
HISTORY = "perfwidget/stores/clickhouse/history.py"
CLAIMS = "perfwidget/stores/clickhouse/write_lock.py"
SAME = "tests/engines/test_same_answers.py"
STANDS = "tests/engines/test_postgresql.py"
HOSTS = "tests/engines/test_host_transactions.py"
CLICKHOUSE = "tests/engines/test_clickhouse.py"
LABEL_STUDIO = "tests/engines/test_label_studio_views.py"

SABOTAGES = [
    (
        "an engine puts texts in the order of a dictionary",
        "perfwidget/stores/postgresql/staging.py",
        """'TEXT COLLATE "C"'""",
        '"TEXT"',
        SAME,
    ),
    (
        "an engine knows the lower case of ASCII only",
        SESSION,
        '("pg_c_utf8", "C.utf8", "C.UTF-8", "und-x-icu")',
        '("C",)',
        f"{SAME} -k searches",
    ),
    (
        "comments of a member who was known by their e-mail stay that e-mail's",
        "perfwidget/stores/writing/emails.py",
        "            _pass_comments(staging, which, one)\n",
        "",
        "tests/test_import_order.py -k host_says",
    ),
    (
        "days beside one that a zone left out are taken for others",
        "perfwidget/stores/sql.py",
        " and runs[-1].next_place == place",
        "",
        "tests/test_report.py -k left_out",
    ),
    (
        "a set's product with the median is that of all its rows",
        FORMULAS,
        "if more and Axis.BUCKET not in group and not",
        "if more and Axis.DAY in more and Axis.BUCKET not in group and not",
        "tests/test_sets.py -k own_report",
    ),
    (
        "numbers of one group are told of another one",
        "perfwidget/stores/answering.py",
        "known.setdefault(key, len(known))",
        "known.setdefault(key, 0)",
        "tests/test_sets.py",
    ),
    (
        "the middle of listed rows is one of them",
        SESSION,
        "percentile_cont(0.5)",
        "percentile_disc(0.5)",
        "tests/test_rows.py",
    ),
    (
        "two writes that are to be alone go on at once",
        DATABASE,
        "'' if alone else '_shared'",
        "'_shared'",
        f"{STANDS} -k lose_nothing",
    ),
    (
        "writes of the same facts lock them in another order each",
        "perfwidget/stores/postgresql/staging.py",
        "in_order = sorted(rows, key=lambda row: [row[place] for place in places])",
        "in_order = list(rows)",
        f"{HOSTS} -k in_any_order",
    ),
    (
        "an older version of a fact replaces a newer one on PostgreSQL",
        "perfwidget/stores/postgresql/staging.py",
        ' if version else ""',
        ' if version is None else ""',
        f"{HOSTS} -k newer_version",
    ),
    (
        "an open page does not learn of what a host commits late",
        "perfwidget/stores/postgresql/__init__.py",
        "            staging.conclude()\n",
        "",
        f"{HOSTS} -k differs_once",
    ),
    (
        "a write waits for the mark of a host that commits late",
        "perfwidget/stores/postgresql/staging.py",
        "FOR UPDATE SKIP LOCKED",
        "FOR UPDATE",
        f"{HOSTS} -k different_facts",
    ),
    (
        "the names of the host's transaction are the store's from then on",
        "perfwidget/stores/postgresql/writer.py",
        """        cursor.execute("SELECT set_config('search_path', $1, TRUE)", [path])\n""",
        "",
        f"{HOSTS} -k disturbed",
    ),
    (
        "what failed within the host's transaction stays in it",
        "perfwidget/stores/postgresql/writer.py",
        '                        cursor.execute("ROLLBACK TO SAVEPOINT perfwidget")\n',
        "",
        f"{HOSTS} -k taken_back",
    ),
    (
        "processes that start at once make the same tables",
        "perfwidget/stores/postgresql/schema.py",
        "connection.execute(locked(address, alone=True))",
        'connection.execute("SELECT pg_sleep(0.5)")',
        f"{STANDS} -k lose_nothing",
    ),
    (
        "a question sees what is written meanwhile",
        DATABASE,
        "ISOLATION LEVEL REPEATABLE READ READ ONLY",
        "ISOLATION LEVEL READ COMMITTED READ ONLY",
        f"{STANDS} -k one_state",
    ),
    (
        "connections that died with the server are used again",
        DATABASE,
        "            if not (died and isinstance(fault, psycopg.OperationalError)):\n                raise\n",
        "            raise\n",
        f"{STANDS} -k away",
    ),
    (
        "tables of the host's are taken for rows on their way in",
        DATABASE,
        'return f"SET LOCAL search_path = {quoted(address.schema)}"',
        'return f"SET LOCAL search_path = {quoted(address.schema)}, pg_temp"',
        f"{STANDS} -k taken_for",
    ),
    (
        "a question may take as long as it likes",
        DATABASE,
        "statement_timeout = {LONGEST * 1000:.0f}",
        "statement_timeout = 0",
        f"{STANDS} -k broken_off",
    ),
    (
        "an id that is no number is compared with numbers",
        VIEWS,
        '    "subject_id": "user_id",\n',
        "",
        LABEL_STUDIO,
    ),
    (
        "ids of the host's are cast where they are compared",
        VIEWS,
        "keeps_more=False",
        'keeps_more=False, in_list=lambda column, name, _: f"CAST({column} AS TEXT) = ANY(CAST(${name} AS TEXT[]))"',
        LABEL_STUDIO,
    ),
    (
        "rows that are put in order are there twice",
        ORDER,
        'cursor.execute(f"DELETE FROM {table} WHERE {those}")',
        "pass",
        "tests/stores/test_order.py",
    ),
    (
        "of rows with one key the older stays beside the newer",
        "perfwidget/stores/duckdb/staging.py",
        "replaced = [row for row, _, newer in found if not newer]",
        "replaced = []",
        "tests/test_store.py",
    ),
    (
        "ClickHouse shows rows of writes that came to nothing",
        HISTORY,
        'return f"{column} <= {self.write:d}{void}"',
        'return f"{column} <= {self.write + 99:d}"',
        f"{CLICKHOUSE} -k killed_between",
    ),
    (
        "ClickHouse shows rows that a later write took away",
        HISTORY,
        "AND {state.without('ended')})\"\n    )\n\n\ndef give_up_unfinished",
        'AND ended = 0)"\n    )\n\n\ndef give_up_unfinished',
        f"{CLICKHOUSE} -k counted_once",
    ),
    (
        "a writer that slept through another write goes on",
        CLAIMS,
        "throwIf(coalesce(({until}) < {instant}, TRUE)) = 0",
        "({until}) IS NOT NULL OR TRUE",
        f"{CLICKHOUSE} -k slept_while_another",
    ),
    (
        "ClickHouse gives the least of nothing as 0",
        "perfwidget/stores/clickhouse/database.py",
        '"aggregate_functions_null_for_empty": 1',
        '"aggregate_functions_null_for_empty": 0',
        SAME,
    ),
    (
        "ClickHouse lowers a letter by its neighbours",
        "perfwidget/stores/clickhouse/session.py",
        """"arrayStringConcat(arrayMap(c -> if(c = 'İ', 'i', lowerUTF8(c)), extractAll({}, '(?s).')))\"""",
        '"lowerUTF8({})"',
        f"{SAME} -k searches",
    ),
    (
        "an open page does not learn what was written to ClickHouse since its first look",
        "perfwidget/stores/clickhouse/__init__.py",
        "if state != session.state:",
        "if state is None:",
        "tests/engines/test_clickhouse.py -k a_look",
    ),
]

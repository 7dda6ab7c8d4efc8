"""Ways to let people see what they may not: what it breaks, where, the text there, what takes its place, and the test
that then fails."""

MATRIX = "tests/security/test_authorization.py"
PLAIN = f"{MATRIX}::test_everybody_sees_their_own_and_a_colleagues_figures_or_is_refused"
PAIRS = f"{MATRIX}::test_any_two_circumstances_together_change_nothing"
LISTS = f"{MATRIX}::test_lists_and_searches_hold_what_may_be_chosen_and_nothing_else"
TRACES = "tests/security/test_non_interference.py::test_what_may_not_be_seen_leaves_no_trace"
CHANGES = "tests/security/test_state_changes.py"

SABOTAGES = [
    # -- The decision
    (
        "foreign projects among one's own are left out instead of refused",
        "perfwidget/question/access.py",
        "if not visible.keys() >= set(query.projects) or not held >= set(query.workspaces):",
        "if not held >= set(query.workspaces):",
        PAIRS,
    ),
    (
        "foreign workspaces are no refusal",
        "perfwidget/question/access.py",
        " or not held >= set(query.workspaces):",
        ":",
        PAIRS,
    ),
    (
        "whoever may choose members may name ones that are not there",
        "perfwidget/question/access.py",
        "else subjects <= known",
        "else subjects <= known or role.chooses_members",
        PAIRS,
    ),
    (
        "who knows a colleague's id sees their figures",
        "perfwidget/question/access.py",
        "(standing.users if role.chooses_members else frozenset())",
        "frozenset(query.users)",
        PLAIN,
    ),
    (
        "whoever opens a row of the table opens anybody's projects",
        "perfwidget/question/access.py",
        "if query.table.open not in {*known, None}:",
        'if query.table.open == "":',
        PLAIN,
    ),
    (
        "who has left still looks",
        "perfwidget/question/access.py",
        "if standing.active is False:",
        "if standing.active == 0.5:",
        PLAIN,
    ),
    (
        "any role opens the dashboard from any page",
        "perfwidget/question/access.py",
        "if query.entry is not None and query.entry not in role.entries:",
        "if query.entry is not None and not role.entries:",
        PAIRS,
    ),
    (
        "what exists elsewhere is refused in other words",
        "perfwidget/question/access.py",
        "not held >= set(query.workspaces):\n        raise Forbidden\n",
        "not held >= set(query.workspaces):\n"
        '        raise Forbidden("There is no such project." if "4711" in query.projects else "It is not yours.")\n',
        PAIRS,
    ),
    (
        "ids are tidied before they are looked up",
        "perfwidget/question/query.py",
        "dict.fromkeys(map(id_text, given.get(name, [])))",
        'dict.fromkeys(id_text(value.strip().lstrip("0+")) for value in given.get(name, []))',
        PAIRS,
    ),
    # -- The rows
    (
        "facts of other organizations are counted",
        "perfwidget/stores/sql.py",
        'conditions = ["organization_id = $organization_id"]',
        "conditions = []",
        PLAIN,
    ),
    (
        "an empty scope is all there is",
        "perfwidget/stores/sql.py",
        "    if asked.projects is not None:",
        "    if asked.projects:",
        PLAIN,
    ),
    (
        "work that belongs to nobody is everybody's",
        "perfwidget/stores/sql.py",
        'conditions.append(f"{member} IS NOT NULL")',
        'conditions.append("TRUE")',
        "tests/test_sets.py -k everybody",
    ),
    (
        "a manager's everybody is whoever did something",
        "perfwidget/stores/sql.py",
        "asked.of_everybody) and not asked.scope.role.sees_organization:",
        "asked.of_everybody) and not asked.scope.role.chooses_members:",
        "tests/test_sets.py -k everybody",
    ),
    (
        "some of a manager's everybody are whoever is named",
        "perfwidget/stores/sql.py",
        "(asked.subjects is None or asked.of_everybody)",
        "(asked.subjects is None)",
        "tests/test_sets.py -k some_of_everybody",
    ),
    (
        "a search of the table widens it",
        "perfwidget/report/team.py",
        "return [each for each in members if holds(each.user)]",
        "return [MemberNumbers(each, members[0].values) for each in reader.members(scope, search, 9)]",
        "tests/test_team_page.py -k search",
    ),
    (
        "whoever may not choose members asks for everybody",
        "perfwidget/question/access.py",
        "role.chooses_members if subjects is None",
        "True if subjects is None",
        "tests/test_sets.py -k choose",
    ),
    (
        "titles come from whichever organization has the id",
        "perfwidget/stores/listing.py",
        'f"LEFT JOIN projects ON projects.organization_id = {rows}.organization_id "\n        f"AND ',
        'f"LEFT JOIN projects ON "\n        f"',
        PLAIN,
    ),
    (
        "a visit shows the task of work that has moved out of sight",
        "perfwidget/stores/listing.py",
        " AND annotations.project_id = dated.project_id ",
        " ",
        TRACES,
    ),
    (
        "reviews out of sight leave a trace in a note",
        "perfwidget/stores/conditions.py",
        "reviews = f\"{mine} AND {_among('action', REVIEW_ACTIONS)}\"",
        "reviews = f\"organization_id = $organization_id AND {_among('action', REVIEW_ACTIONS)}\"",
        "tests/test_access.py -k out_of_sight",
    ),
    (
        "everybody gets the e-mails of those who comment",
        "perfwidget/hosting/downloads.py",
        "with_emails=asked.scope.role.chooses_members or",
        "with_emails=True or",
        PLAIN,
    ),
    (
        "everybody gets the e-mails that stand for ids",
        "perfwidget/report/exports.py",
        "named if column in _PEOPLE else str",
        "named if column in () else str",
        "tests/security/test_pseudonyms.py -k somebody_else",
    ),
    (
        "pseudonyms can be worked out by whoever guesses e-mails",
        "perfwidget/question/pseudonyms.py",
        "hmac.new(key, whom",
        "hmac.new(bytes(1), whom",
        "tests/security/test_pseudonyms.py -k the_same",
    ),
    (
        "an open page learns when others work",
        "perfwidget/page/heading.py",
        "if asked.scope.role.sees_organization:",
        "if asked.scope.role:",
        TRACES,
    ),
    # -- The lists
    (
        "searches find colleagues for everybody",
        "perfwidget/stores/choosing.py",
        'conditions.append("user_id = $viewer_id")',
        "pass",
        LISTS,
    ),
    (
        "managers choose whom facts mention, too",
        "perfwidget/stores/choosing.py",
        "return self._everybody if scope.role.sees_organization else _MEMBERS",
        "return self._everybody",
        LISTS,
    ),
    (
        "everybody may ask about everybody",
        "perfwidget/question/access.py",
        "if not (role.chooses_members if subjects is None else subjects <= known):",
        "if not (subjects is None or subjects <= known):",
        "tests/test_team.py -k refused_whole",
    ),
    (
        "one of several may be anybody",
        "perfwidget/question/access.py",
        "subjects <= known):",
        "bool(subjects & known)):",
        "tests/test_team.py -k refused_whole",
    ),
    (
        "a token of nobody is the session's",
        "perfwidget/widget.py",
        """            if named is None:
                raise Unauthenticated("This token is nobody's; ask for a new one.")
            return checked_viewer(named, "token_viewer")
""",
        """            if named is not None:
                return named
""",
        "tests/test_tokens.py",
    ),
    (
        "tokens open the page, too",
        "perfwidget/widget.py",
        "self._token_viewer is not None and endpoint in self._files.values()",
        "self._token_viewer is not None",
        "tests/test_tokens.py",
    ),
    # -- The door
    (
        "scripts are for everybody",
        "perfwidget/widget.py",
        "        if self._token() is None and not current_user.is_authenticated:\n            if page:",
        '        if not current_user.is_authenticated and not request.path.endswith(".js"):\n            if page:',
        f"{MATRIX}::test_files_are_for_those_who_are_signed_in",
    ),
    (
        "there is a route that nobody thought of",
        "perfwidget/widget.py",
        '        self.add_url_rule("/session", "session", lambda: ("", 204))\n',
        '        self.add_url_rule("/session", "session", lambda: ("", 204))\n'
        '        self.add_url_rule("/debug", "debug", lambda: str(self._store))\n',
        f"{MATRIX}::test_every_route_and_callback_is_in_the_matrix",
    ),
    (
        "everybody reads the metrics",
        "perfwidget/hosting/monitoring.py",
        "if not allowed(request):",
        "if not allowed:",
        "tests/hosting/test_monitoring.py -k lets_in",
    ),
    (
        "the health waits for a database that hangs",
        "perfwidget/hosting/health.py",
        "return None if self._looking else self._found",
        "return self._found or Found()",
        "tests/hosting/test_health.py -k hangs",
    ),
    # -- Changes
    (
        "a running download goes on with what has moved out of sight",
        "perfwidget/hosting/downloads.py",
        "if not now.covers(sending):",
        "if not now:",
        f"{CHANGES}::test_a_running_download_breaks_off",
    ),
    (
        "a running download asks for its permission only once",
        "perfwidget/hosting/downloads.py",
        "            if sent:\n",
        "            if sent < 0:\n",
        f"{CHANGES}::test_a_running_download_breaks_off",
    ),
    (
        "a running download believes the session that it began with",
        "perfwidget/hosting/downloads.py",
        "        viewer = self._permitted(download.kind)\n        with self.store.reading() as reader:\n",
        "        viewer = download.viewer\n        with self.store.reading() as reader:\n",
        f"{CHANGES}::test_a_running_download_breaks_off",
    ),
]

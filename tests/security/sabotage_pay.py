"""Ways to pay twice, never, for nothing or to let others look: what it breaks, where, the text there, what takes its
place, and the test that then fails."""

ITEMS = "tests/pay/test_items.py"
STATEMENTS = "tests/pay/test_statements.py"
CONTESTS = "tests/pay/test_contests.py"
FILES = "tests/pay/test_files.py"
QUIET = "tests/pay/test_quiet.py"
TOLD = "tests/pay/test_who_is_told.py"
SLIPS = "tests/pay/test_slips.py"

SABOTAGES = [
    # -- What is paid
    (
        "growth is paid whole instead of what was added",
        "perfwidget/pay/sorting.py",
        "grown = card.counted(work.time) - card.counted(before)",
        "grown = card.counted(work.time)",
        f"{ITEMS}::test_growth_under_a_cap_is_the_growth_of_what_the_clock_counts",
    ),
    (
        "growth does not wait for approval",
        "perfwidget/pay/sorting.py",
        "if not settled.is_approved(work.key):",
        "if False:",
        f"{ITEMS}::test_growth_waits_while_a_statement_waits",
    ),
    (
        "a moment of visits is paid as often as it was looked at",
        "perfwidget/pay/deciding.py",
        ".counted(moments.cover(begins, at))",
        ".counted(at - begins)",
        f"{ITEMS}::test_a_moment_of_visits_is_paid_once_and_capped_afterwards",
    ),
    (
        "what a person was paid who was forgotten since is paid again when they come back",
        "perfwidget/pay/settled.py",
        "if step.person in forgotten:",
        "if False:",
        f"{STATEMENTS}::test_a_member_who_comes_back_is_not_paid_the_same_moments_again",
    ),
    (
        "own reviews are paid",
        "perfwidget/pay/deciding.py",
        "        found.outcome[asked[own(work, asked)]] = OWN\n",
        "",
        f"{ITEMS}::test_own_reviews_accept_nothing_and_are_not_paid",
    ),
    (
        "an owner accepts their own annotation",
        "perfwidget/pay/work.py",
        "if reviewer is None or reviewer not in (owner, owners[annotation]):",
        "if True:",
        f"{ITEMS}::test_own_reviews_accept_nothing_and_are_not_paid",
    ),
    (
        "held items are paid",
        "perfwidget/pay/deciding.py",
        "held[work.rows[identity]] = is_held",
        "held[work.rows[identity]] = False",
        f"{ITEMS}::test_a_held_item_waits_until_it_is_released_and_is_late_then",
    ),
    (
        "half a minor unit is rounded down",
        "perfwidget/pay/amounts.py",
        "(2 * scaled.numerator + scaled.denominator)",
        "(2 * scaled.numerator + scaled.denominator - 1)",
        f"{ITEMS}::test_half_of_a_minor_unit_is_rounded_up",
    ),
    # -- What is read
    (
        "a month is not read again though its facts changed",
        "perfwidget/pay/quiet.py",
        "if of.digests.get(at) == digest:",
        "if at in of.digests:",
        f"{QUIET}::test_a_changed_fact_is_seen_without_a_change_of_its_day",
    ),
    (
        "what is still open of a month is not read again",
        "perfwidget/pay/quiet.py",
        "of.look[kinds[kind]].update(json.loads(look))",
        "json.loads(look)",
        f"{QUIET}::test_settled_work_that_stands_is_not_read_and_what_is_left_out_is",
    ),
    (
        "a withdrawn statement's items are not read again",
        "perfwidget/pay/statements.py",
        "    forget_quiet(transaction, found.person)\n",
        "",
        f"{QUIET}::test_what_a_withdrawn_statement_paid_is_read_again_though_a_later_one_stands",
    ),
    # -- Statements
    (
        "a proposal does not look whether the draft is the one that was seen",
        "perfwidget/pay/payroll.py",
        "if found.sha256 != sha256:",
        "if False:",
        f"{STATEMENTS}::test_a_stale_hash_is_refused_and_nothing_is_kept",
    ),
    (
        "periods of a member overlap",
        "perfwidget/pay/payroll.py",
        "for other in kept.overlapping(transaction, person, period.first, period.last):",
        "for other in ():",
        f"{STATEMENTS}::test_periods_of_a_member_never_overlap",
    ),
    (
        "an approved statement is withdrawn",
        "perfwidget/pay/statements.py",
        "if found.state != PROPOSED:",
        "if found.state == WITHDRAWN:",
        f"{STATEMENTS}::test_what_somebody_else_did_first_is_told_with_who_and_when",
    ),
    (
        "open questions are passed over in silence",
        "perfwidget/pay/statements.py",
        "if found.contests and not despite_contests:",
        "if False:",
        f"{CONTESTS}::test_open_questions_are_named_before_approval_and_delay_nobody",
    ),
    # -- Who may
    (
        "one acts on one's own pay",
        "perfwidget/pay/rights.py",
        "if user_id is None or user_id != self.actor.user_id:",
        "if True:",
        f"{STATEMENTS}::test_nobody_acts_on_their_own_pay_unless_nobody_else_could",
    ),
    (
        "whoever is signed in manages pay",
        "perfwidget/pay/rights.py",
        "if scope.organization_id != organization_id or scope.role not in pay_roles:",
        "if scope.organization_id != organization_id:",
        f"{STATEMENTS}::test_without_a_pay_role_nothing_is_written",
    ),
    (
        "owners of another organization manage pay",
        "perfwidget/pay/rights.py",
        "if scope.organization_id != organization_id or scope.role not in pay_roles:",
        "if scope.role not in pay_roles:",
        f"{STATEMENTS}::test_without_a_pay_role_nothing_is_written",
    ),
    (
        "a manager acts on work outside of their projects",
        "perfwidget/pay/rights.py",
        "return self.projects >= set(projects) if projects else user_id in self.members",
        "return True",
        f"{STATEMENTS}::test_a_manager_who_is_named_pays_for_the_work_of_their_projects_only",
    ),
    (
        "a manager sees the pay of whoever has no work",
        "perfwidget/pay/rights.py",
        "return self.projects >= set(projects) if projects else user_id in self.members",
        "return self.projects >= set(projects)",
        f"{STATEMENTS}::test_a_manager_who_is_named_sees_and_adjusts_nothing_of_other_projects",
    ),
    (
        "whoever knows its number questions another's statement",
        "perfwidget/pay/questions.py",
        "if not found or found[0].person != person:",
        "if not found:",
        f"{CONTESTS}::test_only_the_member_questions_and_acknowledges",
    ),
    (
        "everybody may verify and so read of everybody",
        "perfwidget/pay/payroll.py",
        "            granted(reader, self.organization_id, viewer, self._pay_roles).everywhere()\n",
        "",
        f"{CONTESTS}::test_every_look_is_checked",
    ),
    (
        "members see what is paid in projects that are not theirs",
        "perfwidget/pay/card_acts.py",
        "in mine and (places is None or card.where in places)",
        "in mine",
        f"{TOLD} -k members_see_cards",
    ),
    (
        "a manager tells what is not there from what is not theirs",
        "perfwidget/pay/refusals.py",
        "        raise Forbidden(NOT_YOURS) from None",
        "        raise",
        f"{TOLD} -k reads_the_same",
    ),
    (
        "a question about members of whom nobody knows writes numbers for them",
        "perfwidget/pay/opened.py",
        "            self._refuse_unknown(reader, unnamed)\n",
        "",
        f"{TOLD} -k writes_nothing",
    ),
    (
        "members read the e-mail of who acted",
        "perfwidget/pay/rights.py",
        'return profile.name if profile.name and "@" not in profile.name else A_PAYER',
        "return profile.name or profile.email or profile.user_id",
        f"{TOLD} -k no_email",
    ),
    (
        "an adjustment that was taken back is paid",
        "perfwidget/pay/adjusting.py",
        ", ADJUSTMENTS.c.taken_back.is_(None))",
        ")",
        f"{SLIPS} -k taken_back",
    ),
    (
        "an old tab ends a card that somebody ended meanwhile",
        "perfwidget/pay/card_records.py",
        'if seen is not None and seen != str(card.valid_until or ""):',
        "if False:",
        f"{SLIPS} -k old_tab",
    ),
    # -- Proof
    (
        "a changed hold is not found",
        "perfwidget/pay/logged.py",
        '    yield from _compared("The hold of {0[0]} {0[1]}", holds, logged.holds)\n',
        "",
        f"{FILES}::test_a_change_beside_the_documents_is_found_and_named",
    ),
    (
        "a changed text is not found",
        "perfwidget/pay/logged.py",
        "if sha256(row.text) != row.sha256:",
        "if False:",
        f"{FILES}::test_a_change_beside_the_documents_is_found_and_named",
    ),
    (
        "a member is forgotten while work of theirs is left out",
        "perfwidget/pay/statements.py",
        "    if reasons:\n",
        "    if False:\n",
        f"{STATEMENTS}::test_held_work_is_unpaid_and_so_is_that_of_a_member_without_records",
    ),
]

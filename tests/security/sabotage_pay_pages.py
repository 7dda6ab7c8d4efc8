"""Ways to break the pages of pay, and the tests that see it. See `sabotage.py`."""

ATTACKED = "tests/security/test_pay_pages.py"
PAGES = "tests/pay/test_pages.py"
SLIPS = "tests/pay/test_slips.py"

SABOTAGES = [
    (
        "pages of pay: a run goes on for whom was demoted meanwhile",
        "perfwidget/pay_pages/act_views.py",
        "return pay, self._context.viewer()",
        "return pay, viewer",
        f"{ATTACKED} -k demotion",
    ),
    (
        "pages of pay: another site loads them as a picture",
        "perfwidget/widget.py",
        'followed = request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"',
        "followed = True",
        f"{ATTACKED} -k lead_to_a_page",
    ),
    (
        "pages of pay: texts of people are markup",
        "perfwidget/pay_pages/rendering.py",
        "autoescape=True,",
        "autoescape=False,",
        f"{ATTACKED} -k texts_of_people",
    ),
    (
        "pages of pay: a member sees the page of cards",
        "perfwidget/pay_pages/card_views.py",
        "granted(reader, viewer.organization_id, viewer, context.pay_roles)",
        "pass",
        f"{ATTACKED} -k member_sees_their_own",
    ),
    (
        "pages of pay: a form may send to any site",
        "perfwidget/hosting/requests.py",
        "\"'self'\" if endpoint in with_forms",
        '"*" if endpoint in with_forms',
        f"{PAGES} -k know_the_prefix",
    ),
    (
        "pages of pay: one's own pay is offered for an act",
        "perfwidget/pay_pages/acts.py",
        "grant.about(row.user_id)",
        "pass",
        f"{ATTACKED} -k their_own_pay",
    ),
    (
        "pages of pay: a text of another member stands in for one that was forgotten",
        "perfwidget/pay_pages/context.py",
        "if of == person}",
        "if of != person}",
        f"{PAGES} -k adjustment_is_taken",
    ),
    (
        "pages of pay: a double click adds two adjustments",
        "perfwidget/pay/additions.py",
        "if seen is not None and seen != last:",
        "if False:",
        f"{SLIPS} -k double_click",
    ),
    (
        "pages of pay: marking as paid replaces the mark of somebody else",
        "perfwidget/pay_pages/acts.py",
        "replaces=False",
        "replaces=True",
        f"{SLIPS} -k marked_it_first",
    ),
    (
        "pages of pay: a card for one member pays everybody",
        "perfwidget/pay_pages/card_views.py",
        'if given["member"] and whom != Whom.MEMBER:',
        "if False:",
        f"{SLIPS} -k passed_over",
    ),
    (
        "pages of pay: members read how many acts there are",
        "perfwidget/pay_pages/member_views.py",
        "head=head if context.manages(viewer) else head.untold,",
        "head=head,",
        "tests/pay/test_who_is_told.py -k hash_of_the_log",
    ),
    (
        "pages of pay: Babel's digits of a currency",
        "perfwidget/pay_pages/formats.py",
        "return str(format_currency(Decimal(written), currency, format=pattern, locale=LOCALE, currency_digits=False))",
        "return str(format_currency(Decimal(written), currency, format=pattern, locale=LOCALE))",
        f"{PAGES} -k all_its_digits",
    ),
]

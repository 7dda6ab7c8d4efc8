"""Every table of the records. Instants are whole microseconds since 1970, dates `YYYY-MM-DD`, amounts decimals as text.

People stand in all tables under a random number (`people`), texts of people under their SHA-256 (`texts`).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)

METADATA = MetaData()


def _table(name: str, *columns: Column[object], key: tuple[str, ...]) -> Table:
    """Return a table of rows of organizations, told apart by further columns."""
    names = ("organization_id", *key)
    return Table(
        name, METADATA, Column("organization_id", Text, nullable=False), *columns, PrimaryKeyConstraint(*names)
    )


def _text(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, Text, nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, BigInteger, nullable=nullable)


def _flag(name: str) -> Column[object]:
    return Column(name, Boolean, nullable=False)


ORGANIZATIONS = _table("organizations", key=())
"""A row is locked for as long as its organization is written to."""

AUDIT_LOG = _table(
    "audit_log",
    Column("number", Integer, nullable=False),
    _number("at"),
    _text("actor"),
    _text("role", nullable=True),
    _text("verb"),
    _text("person", nullable=True),
    _text("details"),
    _text("before"),
    _text("hash"),
    key=("number",),
)

PEOPLE = _table("people", _text("person"), _text("user_id", nullable=True), key=("person",))
Index("people_user_id", PEOPLE.c.organization_id, PEOPLE.c.user_id, unique=True)

TEXTS = _table("texts", _text("sha256"), _text("person"), _text("text"), key=("sha256", "person"))
"""Texts of people; `person` is whom a text is about, or empty."""

PAY_TERMS = _table(
    "pay_terms", _text("pay_from"), _text("timezone"), _flag("count_rejected"), _flag("count_predictions"), key=()
)

RATE_CARDS = _table(
    "rate_cards",
    Column("card_id", Integer, nullable=False),
    _text("unit"),
    _text("clock", nullable=True),
    _number("cap_s", nullable=True),
    _text("amount"),
    _text("currency"),
    _text("whom"),
    _text("whom_id", nullable=True),
    _text("place"),
    _text("place_id", nullable=True),
    _text("valid_from"),
    _text("valid_until", nullable=True),
    _number("written_at"),
    _flag("voided"),
    key=("card_id",),
)

HOLDS = _table(
    "pay_holds",
    _text("kind"),
    _text("item_id"),
    _flag("held"),
    _text("text"),
    _number("at"),
    key=("kind", "item_id"),
)
"""Items that somebody set aside, or released."""

ADJUSTMENTS = _table(
    "pay_adjustments",
    Column("number", Integer, nullable=False),
    _text("person"),
    _text("amount"),
    _text("currency"),
    _text("text"),
    _number("at"),
    Column("statement", Integer, nullable=True),
    _text("taken_back", nullable=True),
    key=("number",),
)
"""Amounts for a member's next statement; `taken_back` is the hash of the text with which one was taken back."""

STATEMENTS = _table(
    "pay_statements",
    Column("number", Integer, nullable=False),
    _text("person"),
    _text("first"),
    _text("last"),
    _text("state"),
    Column("body", LargeBinary, nullable=False),
    _text("sha256"),
    _text("acted_by"),
    _number("acted_at"),
    _number("acknowledged_at", nullable=True),
    key=("number",),
)
Index("pay_statements_person", STATEMENTS.c.organization_id, STATEMENTS.c.person)

TOTALS = _table(
    "pay_totals",
    Column("statement", Integer, nullable=False),
    _text("currency"),
    _text("amount"),
    _text("paid_on", nullable=True),
    _text("reference", nullable=True),
    key=("statement", "currency"),
)
"""What a statement comes to in a currency, and when and by which reference it was paid."""

SETTLED = _table(
    "pay_settled",
    _text("kind"),
    _text("item_id"),
    Column("step", Integer, nullable=False),
    Column("statement", Integer, nullable=False),
    _text("person"),
    Column("card_id", Integer, nullable=False),
    _text("project_id"),
    _text("work_day"),
    _number("time", nullable=True),
    _number("begins", nullable=True),
    _number("ends"),
    key=("kind", "item_id", "step"),
)
"""What statements pay that are not withdrawn. The primary key lets no step of an item be paid twice."""
Index(
    "pay_settled_person",
    SETTLED.c.organization_id,
    SETTLED.c.person,
    SETTLED.c.kind,
    SETTLED.c.ends,
    SETTLED.c.work_day,
    SETTLED.c.project_id,
)
Index("pay_settled_statement", SETTLED.c.organization_id, SETTLED.c.statement)
Index("pay_settled_card", SETTLED.c.organization_id, SETTLED.c.card_id, SETTLED.c.work_day)

TOLD = _table(
    "pay_told",
    _text("kind"),
    _text("item_id"),
    _text("person"),
    Column("number", Integer, nullable=False),
    Column("statement", Integer, nullable=False),
    _text("state"),
    key=("kind", "item_id", "person", "number"),
)
"""Changes of settled items that statements told of, each once."""
Index("pay_told_person", TOLD.c.organization_id, TOLD.c.person)
Index("pay_told_statement", TOLD.c.organization_id, TOLD.c.statement)

QUIET = _table(
    "pay_quiet",
    _text("person"),
    _text("kind"),
    _number("place"),
    _text("digest"),
    _text("look"),
    key=("person", "kind", "place"),
)
"""Stretches of a person's work of which nothing but some items is open while their digest is the same.

What stands here spares reading, and nothing else: without a row all of the stretch is read.
"""

CONTESTS = _table(
    "pay_contests",
    Column("number", Integer, nullable=False),
    Column("statement", Integer, nullable=False),
    _text("person"),
    Column("line", Integer, nullable=True),
    _text("kind", nullable=True),
    _text("item_id", nullable=True),
    _text("text"),
    _number("at"),
    _text("due"),
    _text("word", nullable=True),
    _text("answer", nullable=True),
    _text("answered_by", nullable=True),
    _number("answered_at", nullable=True),
    key=("number",),
)
"""Questions of members about a line (the first one is 1) or an item of their statements, and the answers."""
Index("pay_contests_statement", CONTESTS.c.organization_id, CONTESTS.c.statement)

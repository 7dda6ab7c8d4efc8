"""What the widget itself remembers: small, transactional, and beside the facts. `README.md` says how."""

from perfwidget.records.audit import Actor
from perfwidget.records.database import Records, open_records
from perfwidget.records.transaction import Transaction

__all__ = ["Actor", "Records", "Transaction", "open_records"]

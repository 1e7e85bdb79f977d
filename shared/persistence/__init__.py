"""PostgreSQL: one engine per service, one transaction per batch, and the ledger that every schema has.

Invariant: state and events are written in one transaction; the events of one aggregate are numbered without a gap.
"""

from shared.persistence.database import Database, Transaction
from shared.persistence.settings import DatabaseSettings

__all__ = ["Database", "DatabaseSettings", "Transaction"]

"""What audit asks of others, and where it keeps what everybody may read."""

from services.audit.gateways.books import Books, EscalationBooks, Ledger, Neighbour, ServiceLedger
from services.audit.gateways.tiles import DiskTiles, Tiles

__all__ = ["Books", "DiskTiles", "EscalationBooks", "Ledger", "Neighbour", "ServiceLedger", "Tiles"]

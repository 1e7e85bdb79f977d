"""The clock as a door: the nightly reconciliation, and the log that is closed over every few seconds."""

from services.audit.timers.asking import Asker
from services.audit.timers.closing import Closer
from services.audit.timers.exporting import ExportWorker
from services.audit.timers.nightly import Nightly, NightlyComparison

__all__ = ["Asker", "Closer", "ExportWorker", "Nightly", "NightlyComparison"]

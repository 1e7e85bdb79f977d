"""Use cases: the log, the reconciliation of every clock, anomalies."""

"""The log and the reconciliations: rows <-> domain. The only SQLAlchemy here."""

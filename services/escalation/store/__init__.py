"""Petitions as the clocks see them, deadlines with their derivation, offices: rows <-> domain. The only SQLAlchemy here.

Invariant: a batch of any size costs a fixed number of statements; rows are locked in the order of their ids.
"""

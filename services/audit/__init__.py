"""Audit remembers: every event of every service once, in the order in which the streams told it, and a petition's whole life.

Owns: the log (append-only, a Merkle tree that everybody can check) and the codes that people know petitions by.
Hears: intake, routing, escalation, notify and itself, sealed events too.
Says: checkpoint.published, reconciliation.published. It reads what it keeps, names what is missing in it, writes nothing else.
"""

"""Audit remembers: every event of every service once, in the order in which the streams told it, and a petition's whole life.

Owns: the log (append-only) and the codes that people know petitions by.
Hears: intake, routing, escalation, notify, sealed events too.
Says: nothing. It reads what it keeps, names what is missing in it, and writes nothing else.
"""

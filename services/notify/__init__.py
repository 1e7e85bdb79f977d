"""Notify: telling.

Owns notices to petitioners and offices, their delivery log, and nothing else about a petition.
Hears intake, routing, escalation.
Says notice.sent, notice.failed.
"""

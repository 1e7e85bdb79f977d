"""Notify: telling.

Owns notices to petitioners and offices, webhooks of agencies, their delivery logs, and nothing else about a petition.
Hears intake, routing, escalation.
Says notice.sent, notice.failed, and what becomes of webhooks.
"""

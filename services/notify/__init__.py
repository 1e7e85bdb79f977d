"""Notify: telling.

Owns notices to petitioners and offices, webhooks of agencies, their delivery logs, the registry of agencies that read from
nats-server, and nothing else about a petition.
Hears intake, routing, escalation.
Says notice.sent, notice.failed, agency.registered, credentials.issued and revoked, and what becomes of webhooks.
"""

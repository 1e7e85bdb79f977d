"""Intake: lodging.

Owns petitions as they were said, the encrypted identity vault, attachments, what was imported from elsewhere, the counter's
register, and what petitioners say later.
Hears routing and escalation (how far a petition has come, when it is due).
Says petition.lodged, supplemented, commented, withdrawn, rated; identity.revealed. Its doors for clients of other systems speak
Open311 GeoReport v2 (docs/open311.md).
"""

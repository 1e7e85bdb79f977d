"""Intake: lodging.

Owns petitions as they were said, the encrypted identity vault, attachments, and what was imported from elsewhere.
Hears routing and escalation (how far a petition has come, when it is due).
Says petition.lodged, petition.supplemented, identity.revealed.
"""

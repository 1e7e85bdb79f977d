"""Escalation: the legal clocks.

Owns rules of law, calendars, deadlines with their derivation, and the ladder that an overdue step climbs.
Hears intake and routing (which clocks start, move to another office, and end).
Says deadline.set, deadline.met, deadline.ended, deadline.reminded, deadline.breached, petition.escalated.
"""

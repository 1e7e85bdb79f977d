"""Routing: the procedure.

Owns the dated directory of offices, the competence table, the lexicon of topics, and every act on a petition until it is closed.
Hears intake (what was lodged, which evidence was added).
Says office.registered, petition.routed, accepted, refused, transferred, answered, closed.
"""

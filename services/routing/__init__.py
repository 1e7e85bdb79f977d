"""Routing: the procedure.

Owns the dated directory of offices, the competence table, the lexicon of topics, the procedures, and every act on a petition
until it is closed.
Hears intake (what was lodged and withdrawn, which evidence was added).
Says office.registered, step.recorded, and of a petition: routed, classified, accepted, refused, guided, transferred, returned,
suspended, resumed, extended, terminated, answered, contested, reopened, merged, unmerged, closed.
"""

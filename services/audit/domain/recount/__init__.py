"""The second reckoning: what the law's clocks must have said, counted from the recorded facts alone (docs/clocks.md).

Invariant: nothing here is shared with the service that keeps the clocks. It is written to be read beside the law: days are walked
one by one, spans of work are added up one by one. Pure.
"""

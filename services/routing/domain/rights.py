"""Who may read what offices wrote about a petition, within the office that has it and those above (docs/rights.md shows it).

A leader above reads what is contested before him, and what he is to confirm. `contested`: what was asked for and answered the
first time, for who has the second complaint.
"""

from collections.abc import Mapping

from shared.kernel.rights import Readers

_OFFICE = frozenset({"officer", "head", "leader"})
_CHIEFS = frozenset({"head", "leader"})

REQUESTS, ANSWER, PROPOSALS, CONTESTED = "requests", "answer", "proposals", "contested"
FIELDS: Mapping[str, Readers] = {
    REQUESTS: Readers(_OFFICE, _CHIEFS),
    ANSWER: Readers(_OFFICE, _CHIEFS),
    PROPOSALS: Readers(_OFFICE, _CHIEFS),
    CONTESTED: Readers(_OFFICE, _CHIEFS),
}

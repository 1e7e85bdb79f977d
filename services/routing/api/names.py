"""What codes of routing are called where they stand in a sentence for people: Vietnamese, English."""

from collections.abc import Mapping

from services.routing.api.problems import PROBLEMS
from services.routing.domain.definition import Act, Procedures, State
from services.routing.wire.procedures_page import ACTS_VI, STATES_VI
from shared.web import problems

_STATES_EN: Mapping[State, str] = {
    State.ROUTED: "with an office",
    State.ACCEPTED: "being dealt with",
    State.SUSPENDED: "suspended",
    State.REFUSED: "refused",
    State.GUIDED: "guided to another body",
    State.TERMINATED: "terminated",
    State.WITHDRAWN: "withdrawn",
    State.ANSWERED: "answered",
    State.CLOSED: "closed",
}
_ACTS_EN: Mapping[Act, str] = {
    Act.ACCEPT: "take it on",
    Act.REFUSE: "decline it",
    Act.GUIDE: "guide it elsewhere",
    Act.TRANSFER: "pass it on",
    Act.RETURN: "give it back",
    Act.CONVERT: "treat it as another kind",
    Act.CLASSIFY: "say its topic",
    Act.ANSWER: "answer",
    Act.SUSPEND: "suspend",
    Act.RESUME: "continue",
    Act.EXTEND: "take more time",
    Act.TERMINATE: "end it undecided",
    Act.RECORD: "note a step",
    Act.CLOSE: "end the procedure",
    Act.REOPEN: "take the answer back",
    Act.MERGE: "deal with it together with another",
    Act.UNMERGE: "deal with it by itself again",
    Act.WITHDRAW: "take it back",
    Act.CONTEST: "contest the answer",
}
STATES = {str(state): (STATES_VI[state], _STATES_EN[state]) for state in State}
ACTS = {str(act): (ACTS_VI[act], _ACTS_EN[act]) for act in Act}


def register_words(procedures: Procedures) -> None:
    """Let problems be said in words, and call states, acts, procedures and grounds by their names."""
    problems.register(PROBLEMS)
    called = {procedure.id: (procedure.name_vi, procedure.name_en) for procedure in procedures.values()}
    for fact in ("state", "lead_state"):
        problems.register_names(fact, STATES)
    problems.register_names("act", ACTS)
    problems.register_names("procedure", called)
    problems.register_names("possible", ACTS | called)
    _name_grounds(procedures)


def _name_grounds(procedures: Procedures) -> None:
    """Call the grounds by their names. Raises ValueError where a code means different things in different lists."""
    for procedure in procedures.values():
        for provision in procedure.provisions.values():
            names = {code: (ground.vi, ground.en) for code, ground in provision.grounds.items()}
            problems.register_names("possible", names)

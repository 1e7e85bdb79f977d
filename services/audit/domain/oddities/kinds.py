"""The kinds of oddities, and one of them as it is found. What each means to an auditor stands in wire/oddity_words.py."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

CLOCKS_DIFFER_MAX = timedelta(seconds=5)
"""The clocks of two machines may differ by this much without being remarked upon."""


class OddityKind(StrEnum):
    # The record itself.
    UNREADABLE = "unreadable"
    CAUSE_UNKNOWN = "cause_unknown"
    BEFORE_ITS_CAUSE = "before_its_cause"
    AHEAD_OF_TIME = "ahead_of_time"
    RECORDED_BACK = "recorded_back"
    ID_TIME_DIFFERS = "id_time_differs"
    SEALED_SAID_OPENLY = "sealed_said_openly"
    # The procedure.
    ANSWERED_BEFORE_ACCEPTED = "answered_before_accepted"
    CLOSED_WITHOUT_ANSWER = "closed_without_answer"
    ACT_AFTER_CLOSING = "act_after_closing"
    ANSWERED_TWICE = "answered_twice"
    ACT_BEFORE_LODGING = "act_before_lodging"
    ACTS_OUT_OF_ORDER = "acts_out_of_order"
    BACK_DATED = "back_dated"
    # Clocks.
    MOVED_WITHOUT_REASON = "moved_without_reason"
    MOVED_FROM_ANOTHER_DATE = "moved_from_another_date"
    CLOCK_NEVER_SET = "clock_never_set"
    CLOCK_AFTER_ITS_END = "clock_after_its_end"
    MET_AFTER_DUE = "met_after_due"
    EXTENSION_BEYOND_CEILING = "extension_beyond_ceiling"
    # Persons and offices.
    OFFICE_DID_NOT_HAVE_IT = "office_did_not_have_it"
    RIGHT_OF_ANOTHER_OFFICE = "right_of_another_office"
    READ_WITHOUT_HAVING_IT = "read_without_having_it"
    READ_WITHOUT_PURPOSE = "read_without_purpose"
    EXCLUDED_PERSON = "excluded_person"
    CONFIRMED_BY_ONESELF = "confirmed_by_oneself"


@dataclass(frozen=True, slots=True)
class Oddity:
    """What is odd, about which entry; `facts` are the values that show it, for the sentence that explains it."""

    kind: OddityKind
    position: int
    facts: Mapping[str, str] = field(default_factory=dict, hash=False)

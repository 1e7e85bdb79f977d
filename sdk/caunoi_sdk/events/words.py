# Made from shared/contracts by `caunoi events docs`: edit these instead.
"""The field's words as closed lists (docs/glossary.md)."""

from caunoi_sdk.events.base import OpenWord


class Kind(OpenWord):
    """Kinds of petition: phản ánh, kiến nghị, khiếu nại, tố cáo, kiến nghị cử tri, câu hỏi đối thoại, cam kết."""

    FIELD_REPORT = "field_report"
    RECOMMENDATION = "recommendation"
    COMPLAINT = "complaint"
    DENUNCIATION = "denunciation"
    VOTERS_PETITION = "voters_petition"
    DIALOGUE_QUESTION = "dialogue_question"
    COMMITMENT = "commitment"


class Channel(OpenWord):
    """How the petition reached the city."""

    WEB = "web"
    APP = "app"
    COUNTER = "counter"
    PHONE = "phone"
    POST = "post"
    EMAIL = "email"
    IMPORT = "import"


class Rank(OpenWord):
    """What who is denounced is in his office; where nobody says it, he may lead it."""

    STAFF = "staff"
    DEPUTY = "deputy"
    HEAD = "head"


class Conflict(OpenWord):
    """Why somebody may have nothing to do with a petition (Decree 31/2019 art. 5 and 10(3))."""

    DENOUNCED = "denounced"
    SUBORDINATE = "subordinate"
    RELATIVE = "relative"
    INTEREST = "interest"


class OutsideBody(OpenWord):
    """A body outside the city's offices to which a petitioner is guided: a word, so that no name can stand in an event."""

    COURT = "court"
    PROCURACY = "procuracy"
    POLICE = "police"
    ENFORCEMENT = "enforcement"
    MINISTRY = "ministry"
    OTHER_PROVINCE = "other_province"
    ELECTED = "elected_body"
    PARTY = "party_body"
    FRONT = "fatherland_front"
    CONCILIATION = "conciliation_team"
    ENTERPRISE = "enterprise"


class Urgency(OpenWord):
    """Mức độ khẩn: disaster, epidemic, accident, robbery, unsafe (QĐ 1207/QĐ-UBND 28/2/2025)."""

    NORMAL = "normal"
    URGENT = "urgent"


class Procedure(OpenWord):
    """The procedure within a kind: the law sets other limits for a second complaint than for a first."""

    FIELD_REPORT = "field_report.ordinary"
    FIELD_REPORT_COMPLEX = "field_report.complex"
    RECOMMENDATION = "recommendation.ordinary"
    ADMINISTRATIVE_FEEDBACK = "recommendation.administrative_feedback"
    COMPLAINT_FIRST = "complaint.first"
    COMPLAINT_SECOND = "complaint.second"
    COMPLAINT_DISCIPLINARY = "complaint.disciplinary"
    DENUNCIATION = "denunciation.ordinary"
    DENUNCIATION_ANONYMOUS = "denunciation.anonymous"
    VOTERS_PETITION = "voters_petition.ordinary"
    DIALOGUE_QUESTION = "dialogue_question.ordinary"
    COMMITMENT = "commitment.ordinary"

    @classmethod
    def of(cls, kind: str) -> "Procedure":
        """Return the procedure of a kind where nobody has said another one."""
        return cls.COMPLAINT_FIRST if kind == Kind.COMPLAINT else cls(f"{kind}.ordinary")


class Trait(OpenWord):
    """A circumstance of a petition on which a limit depends; set by a person or by the routing rules."""

    REMOTE = "remote"
    """Vùng sâu, vùng xa đi lại khó khăn (Law on Complaints art. 28): no list exists, a person decides."""
    FORWARDED = "forwarded"
    """Passed on by the press, a deputy or another body, which is owed the result too (Law on Denunciations art. 26(2))."""
    LEAD_AGENCY = "lead_agency"
    """The office gathers other agencies' opinions first (QĐ 33/2017/QĐ-TTg art. 12)."""
    INSPECTION_BOARD = "inspection_board"
    """Made by a People's Inspection or Community Investment Supervision Board (Law 10/2022 art. 40, 45)."""
    DANGER = "danger"
    """People are in danger: whoever is told is told at once, at any hour."""


class Step(OpenWord):
    """A step of the file that is recorded with its day and its paper, and that starts or ends a clock."""

    DECISION_SENT = "decision_sent"
    DECISION_RECEIVED = "decision_received"
    DECISION_PUBLISHED = "decision_published"
    SUSPENSION_SENT = "suspension_sent"
    RESUMPTION_SENT = "resumption_sent"
    EXTENSION_SENT = "extension_sent"
    REFUSAL_NOTIFIED = "refusal_notified"
    ACCEPTANCE_NOTIFIED = "acceptance_notified"
    DIALOGUE_CALLED = "dialogue_called"
    DIALOGUE_NOTIFIED = "dialogue_notified"
    DIALOGUE_HELD = "dialogue_held"
    DIALOGUE_UNATTENDED = "dialogue_unattended"
    """The petitioner stayed away without good reason; the minutes say so (Law on Complaints art. 30)."""
    DIALOGUE_MINUTES_SENT = "dialogue_minutes_sent"
    DIALOGUE_CONCLUSION_SENT = "dialogue_conclusion_sent"
    CONCLUSION_ISSUED = "conclusion_issued"
    CONCLUSION_SENT = "conclusion_sent"
    CONCLUSION_PUBLISHED = "conclusion_published"
    CONCLUSION_ACTED_ON = "conclusion_acted_on"
    HANDLING_REPORTED = "handling_reported"
    EXECUTION_FOLLOWED_UP = "execution_followed_up"
    CRIME_SIGN_FOUND = "crime_sign_found"
    CRIME_FILE_PASSED_ON = "crime_file_passed_on"
    FORWARDER_ANSWERED = "forwarder_answered"
    FURTHER_DENUNCIATION_RECEIVED = "further_denunciation_received"
    FURTHER_DENUNCIATION_REVIEWED = "further_denunciation_reviewed"
    OVERDUE_DENOUNCED = "overdue_denounced"
    REPORT_DEMANDED = "report_demanded"
    REPORT_DELIVERED = "report_delivered"
    TAKEN_OVER = "taken_over"
    PROTECTION_REQUESTED = "protection_requested"
    PROTECTION_DECIDED = "protection_decided"
    EXPERT_ASSESSMENT_BEGUN = "expert_assessment_begun"
    EXPERT_ASSESSMENT_ENDED = "expert_assessment_ended"
    PAPERS_REQUESTED = "papers_requested"
    """Asking the citizen for more papers. It pauses nothing."""
    RESULT_RETURNED = "result_returned"
    RESULT_TOLD = "result_told"
    RECEPTION_REFUSED = "reception_refused"
    RECEPTION_REFUSAL_NOTIFIED = "reception_refusal_notified"
    RECEPTION_HELD = "reception_held"
    RECEPTION_CONCLUSION_SENT = "reception_conclusion_sent"
    UNSCHEDULED_RECEPTION_CALLED = "unscheduled_reception_called"
    UNSCHEDULED_RECEPTION_HELD = "unscheduled_reception_held"
    ONLINE_SESSION_CALLED = "online_session_called"
    ONLINE_SESSION_NOTIFIED = "online_session_notified"
    ONLINE_SESSION_TESTED = "online_session_tested"
    COMMITMENT_MADE = "commitment_made"
    COMMITMENT_KEPT = "commitment_kept"
    CONCILIATION_ASSIGNED = "conciliation_assigned"
    CONCILIATION_BEGUN = "conciliation_begun"
    COMMENTED = "commented"
    """A remark on the file. It starts, stops and moves nothing."""


class ReadingPurpose(OpenWord):
    """For what a person reads protected data: a word of this list stands in the event."""

    DEALING = "dealing"
    """Accepting, refusing, answering: the office's own work on the petition."""
    VERIFYING = "verifying"
    CONTACTING = "contacting"
    STRIPPING = "stripping"
    """Making a copy that does not show who wrote it (Law on Denunciations art. 56(2))."""
    PUBLISHING = "publishing"
    SUPERVISING = "supervising"
    COURT = "court"
    """A court or an investigating body demands it by law."""
    PROTECTING = "protecting"
    """Protecting who denounced (Law on Denunciations chapter VI)."""
    RECEIPT = "receipt"
    """The receipt is printed again at the counter."""


class Language(OpenWord):
    VI = "vi"
    EN = "en"


class Role(OpenWord):
    """Rights are by role and office."""

    OFFICER = "officer"
    HEAD = "head"
    LEADER = "leader"
    AUDITOR = "auditor"
    CLERK = "clerk"
    OPERATOR = "operator"
    SERVICE = "service"


OPEN_LISTS = frozenset({"Step", "Trait"})
"""Lists that grow with the law. Readers are told so (``x-open`` in the schema): a word that they do not know is another one."""

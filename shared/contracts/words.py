"""The field's words as closed lists (docs/glossary.md)."""

from enum import StrEnum


class Kind(StrEnum):
    """Kinds of petition: phản ánh, kiến nghị, khiếu nại, tố cáo, kiến nghị cử tri, câu hỏi đối thoại, cam kết."""

    FIELD_REPORT = "field_report"
    RECOMMENDATION = "recommendation"
    COMPLAINT = "complaint"
    DENUNCIATION = "denunciation"
    VOTERS_PETITION = "voters_petition"
    DIALOGUE_QUESTION = "dialogue_question"
    COMMITMENT = "commitment"


class Channel(StrEnum):
    """How the petition reached the city."""

    WEB = "web"
    APP = "app"
    COUNTER = "counter"
    PHONE = "phone"
    POST = "post"
    EMAIL = "email"
    IMPORT = "import"


class Urgency(StrEnum):
    """Mức độ khẩn: disaster, epidemic, accident, robbery, unsafe (QĐ 1207/QĐ-UBND 28/2/2025)."""

    NORMAL = "normal"
    URGENT = "urgent"


class Language(StrEnum):
    VI = "vi"
    EN = "en"


class Role(StrEnum):
    """Rights are by role and office."""

    OFFICER = "officer"
    HEAD = "head"
    LEADER = "leader"
    AUDITOR = "auditor"
    CLERK = "clerk"
    OPERATOR = "operator"
    SERVICE = "service"

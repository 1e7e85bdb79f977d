"""What `caunoi topics suggest` prints: Vietnamese unless English is asked for."""

from deploy.cli.routing import Language
from deploy.cli.topics import suggested

ITEM = {"topic": "dien", "vi": "Điện", "en": "Electricity", "probability": 0.9, "words": ["đèn"]}
FOUND = {"restricted": {"denunciation": ["tố cáo"]}, "items": [ITEM], "is_urgent": True, "danger": ["rò điện"]}


def test_suggestions_are_told_in_the_language_that_was_asked_for() -> None:
    assert list(suggested(FOUND, Language.VI)) == [
        "tố cáo: tố cáo (phải có người xem trước)",
        " 90.0%  dien               Điện: đèn",
        "khẩn: rò điện",
    ]
    assert list(suggested(FOUND, Language.EN)) == [
        "denunciation: tố cáo (a person looks first)",
        " 90.0%  dien               Electricity: đèn",
        "urgent: rò điện",
    ]


def test_that_nothing_is_suggested_is_said_too() -> None:
    nothing = {"restricted": {}, "items": [], "is_urgent": False, "danger": []}
    assert list(suggested(nothing, Language.VI)) == ["không gợi ý lĩnh vực nào"]
    assert list(suggested(nothing, Language.EN)) == ["no topic is suggested"]

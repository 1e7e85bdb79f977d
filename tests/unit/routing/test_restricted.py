"""Words that make a text a denunciation or a complaint, wherever they stand, and words that only look like them."""

import pytest

from services.routing.domain.topics import CHARACTERS_MAX
from services.routing.wire.competence_files import shipped_lexicon

LEXICON = shipped_lexicon()


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Tôi tố cáo trưởng phòng nhận hối lộ", {"denunciation"}),
        ("Toi to cao can bo nhan hoi lo", {"denunciation"}),
        ("Cán bộ vòi tiền mới làm giấy", {"denunciation"}),
        ("Tôi khiếu nại quyết định xử phạt", {"complaint"}),
        ("Toi khieu nai quyet dinh xu phat", {"complaint"}),
        ("Tôi khiếu nại quyết định và tố cáo ông X tham ô", {"complaint", "denunciation"}),
        ("Cây to cao sắp đổ ra đường", set()),
        ("Cay to cao sap do ra duong", set()),
        ("Thái độ cán bộ nhũng nhiễu", set()),
        ("Đèn đường hỏng", set()),
        ("", set()),
    ],
)
def test_what_sounds_like_one(text: str, kinds: set[str]) -> None:
    assert set(LEXICON.read(text).restricted) == kinds


def test_whom_it_denounces_may_stand_at_the_end_of_a_long_letter() -> None:
    long = "Kính gửi ủy ban nhân dân. " * (CHARACTERS_MAX // 20)
    assert "denunciation" in LEXICON.read(long + "Tôi tố cáo ông X.").restricted
    assert LEXICON.read(long + "Đèn đường hỏng").suggestions == ()

"""Words of notices: shipped ones that can be used and tell nothing about a person, and what words of the city's own may not do."""

import pytest

from services.notify.domain.telling import Own
from services.notify.wire.specimens import PERSONAL, SEGMENTS_MAX, mistakes_in, preview, specimen
from services.notify.wire.wordings import Book, Wording, rendered, shipped

PLANTED = "PLANTED-{}-0912345678"
COUNTING = [versions[-1] for versions in shipped().values()]
MAIL = "lodged.petitioner.vi"


@pytest.mark.parametrize("wording", COUNTING, ids=lambda each: each.label)
def test_shipped_words_can_be_used_and_are_shown_with_an_invented_petition(wording: Wording) -> None:
    assert mistakes_in(wording) == []
    shown = preview(wording)
    assert "{" not in str(shown["text"])
    assert not wording.is_short or int(str(shown["segments"])) <= SEGMENTS_MAX


@pytest.mark.parametrize("wording", COUNTING, ids=lambda each: each.label)
def test_no_words_tell_anything_about_a_person_though_it_were_among_the_facts(wording: Wording) -> None:
    planted = {field: PLANTED.format(field) for field in PERSONAL}
    said = "".join(rendered(wording, specimen(wording.name, wording.language) | planted))
    assert "PLANTED" not in said


@pytest.mark.parametrize("wording", [each for each in COUNTING if each.name.startswith("sealed.")], ids=lambda each: each.label)
def test_words_of_a_denunciation_tell_neither_code_nor_link_nor_step(wording: Wording) -> None:
    planted = {
        name: PLANTED.format(name) for name in specimen(wording.name, wording.language) if name not in ("home", "office_name")
    }
    assert "PLANTED" not in "".join(rendered(wording, specimen(wording.name, wording.language) | planted))


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        (MAIL, "{{ name }} {{ code }}\n\nx", "personal"),
        (MAIL, "{{ code.__class__ }}\n\nx", "personal"),
        (MAIL, "{{ secret }} {{ code }}\n\nx", "unknown"),
        (MAIL, "no code\n\nx", "missing"),
        (MAIL, "{{ code \n\nx", "syntax"),
        (MAIL, "{{ code }}", "empty"),
        (MAIL, "\n\n{{ code }}", "empty"),
        (MAIL, "{% include 'x' %}{{ code }}\n\nx", "not_allowed"),
        (MAIL, "{{ code.upper() }}\n\nx", "not_allowed"),
        (MAIL, "{{ code | attr('x') }}\n\nx", "not_allowed"),
        (MAIL, "{% set a = 1 %}{{ code }}\n\nx", "not_allowed"),
        (MAIL, "{{ code }}\n\n" + "x" * 8000, "too_long"),
        ("lodged.petitioner.sms.vi", "{{ code }} " + "đ" * 400, "too_many_parts"),
        ("sealed.petitioner.vi", "{{ code }}\n\nx", "unknown"),
        ("sealed.petitioner.sms.vi", "{{ office_name }} {{ link }}", "unknown"),
    ],
)
def test_words_that_cannot_be_used_are_refused_with_the_reason(name: str, text: str, reason: str) -> None:
    assert reason in {said for said, _ in mistakes_in(Wording(name, "-", text))}


def test_the_citys_own_words_count_until_it_says_that_the_shipped_ones_do_again() -> None:
    own = [Own(MAIL, 1, "one\n\nx"), Own(MAIL, 2, "two\n\nx")]
    assert Book(own).counts(MAIL).label == f"{MAIL}@c2"
    assert Book([*own, Own(MAIL, 3, None)]).counts(MAIL) == shipped()[MAIL][-1]
    assert [each.version for each in Book([*own, Own(MAIL, 3, None)]).history(MAIL)] == ["1", "2", "c1", "c2"]


def test_what_was_tried_before_is_sent_again_in_the_same_words_but_not_by_another_way() -> None:
    book = Book([Own(MAIL, 1, "one\n\nx"), Own(MAIL, 2, "two\n\nx")])
    assert book.pick(MAIL, pinned=f"{MAIL}@c1").text == "one\n\nx"
    assert book.pick(MAIL, pinned="lodged.petitioner.sms.vi@1").version == "c2"
    assert book.pick(MAIL, pinned=f"{MAIL}@1").version == "1"

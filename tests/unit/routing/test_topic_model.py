"""The model of topics: three suggestions with words that stand in the text, honest about what it does not know."""

from array import array
from base64 import b64encode
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.domain.topic_model import SUGGESTED, WORDS_SHOWN, TopicModel, terms
from services.routing.domain.topics import fold
from services.routing.wire.competence_files import shipped_lexicon
from services.routing.wire.topic_model_file import MODEL, model_in, read_model, shipped_model, written
from shared.kernel.refusals import Malformed
from tests.topics.petitions import calibration, frozen, made_up, phrases
from tests.topics.report import PAGE, measured, report
from tests.topics.train import corrections_in

MODEL_OF = shipped_model()
LEXICON = shipped_lexicon()
WATER = "Vòi nước sạch nhà tôi yếu từ thứ hai, đồng hồ nước vẫn quay."


def said(text: str) -> list[str]:
    return [item.topic for item in MODEL_OF.suggest(text, LEXICON.read(text))]


def small(**changes: object) -> TopicModel:
    """Return a model of two topics and three words: "a" speaks for the first, "b" for the second, "a b" for both."""
    fields: dict[str, object] = {
        "version": "1",
        "topics": ("first", "second"),
        "vocabulary": {"a": 0, "b": 1, "a b": 2},
        "rarity": [1.0, 1.0, 1.0],
        "weights": array("b", [100, -100, 50, -100, 100, 50]),
        "factors": [0.05, 0.05],
        "biases": [0.0, 0.0],
        "temperature": 1.0,
    }
    return TopicModel(**fields | changes)  # type: ignore[arg-type]  # the names are checked by the class


def test_three_topics_are_suggested_with_the_words_of_the_text_that_decided() -> None:
    found = MODEL_OF.suggest(WATER, LEXICON.read(WATER))
    assert (len(found), found[0].topic) == (SUGGESTED, "cap-nuoc")
    assert found[0].probability > found[1].probability >= found[2].probability
    assert 0 < len(found[0].words) <= WORDS_SHOWN
    assert all(fold(word) in fold(WATER) for word in found[0].words)


def test_the_same_is_suggested_without_accents() -> None:
    assert said(fold(WATER))[0] == "cap-nuoc"


def test_a_temperature_makes_it_less_sure_and_changes_no_order() -> None:
    reading = LEXICON.read("")
    (cold, _), (warm, other) = small().suggest("a", reading), small(temperature=4.0).suggest("a", reading)
    assert (cold.topic, warm.topic, other.topic) == ("first", "first", "second")
    assert cold.probability > warm.probability > 0.5


def test_words_that_speak_against_a_topic_are_not_shown_for_it_and_a_pair_says_its_words() -> None:
    first, second = small().suggest("a b", LEXICON.read(""))
    assert (first.words, second.words) == (("a",), ("b",)) or "a b" in first.words
    assert small().suggest("b", LEXICON.read(""))[1].words == ()


def test_what_the_lexicon_clearly_reads_is_among_them_whatever_the_model_thinks() -> None:
    for example in frozen():
        clear = LEXICON.read(example.text).clear_topic
        assert clear is None or clear in said(example.text)


def test_numbers_are_no_words_for_they_are_of_somebodys_house() -> None:
    assert terms("Nhà số 12B ngõ 7") == ["nha", "so", "ngo", "nha so", "so ngo"]


@given(st.text(max_size=300))
def test_any_text_gets_probabilities_that_are_some(text: str) -> None:
    found = MODEL_OF.suggest(text, LEXICON.read(text), number=len(MODEL_OF.topics))
    assert sorted(item.topic for item in found) == sorted(MODEL_OF.topics)
    assert sum(item.probability for item in found) == pytest.approx(1, abs=0.02)


def test_the_model_that_is_shipped_knows_every_topic_of_the_lexicon_as_it_is_now() -> None:
    assert set(MODEL_OF.topics) == set(LEXICON.topics)
    assert MODEL_OF.version.split("+")[0] == LEXICON.version, "make topics"


def test_a_model_is_read_as_it_was_written_and_nothing_in_it_can_be_executed() -> None:
    assert read_model(written(MODEL_OF)) == MODEL_OF
    assert written(read_model(MODEL.read_bytes())) == MODEL.read_text(encoding="utf-8").strip()


@pytest.mark.parametrize(
    "wrong",
    [
        {"weights": b64encode(b"12345").decode()},
        {"weights": "no base64"},
        {"rarity": [1.0]},
        {"biases": [0.0]},
        {"temperature": 0},
        {"pickled": "x"},
    ],
)
def test_a_model_whose_parts_do_not_fit_is_not_taken(wrong: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        read_model(orjson.dumps(orjson.loads(written(small())) | wrong))


def test_an_operators_model_must_know_the_citys_topics(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text(written(small()), encoding="utf-8")
    with pytest.raises(Malformed, match=r"topics\.yaml"):
        model_in(path, LEXICON)
    with pytest.raises(Malformed, match="cannot be read"):
        model_in(tmp_path / "nowhere.json", LEXICON)


def test_what_is_measured_with_is_not_what_was_learnt() -> None:
    learnt = {fold(example.text) for example in made_up(phrases(LEXICON), number=20)}
    learnt |= {fold(phrase) for items in phrases(LEXICON).values() for phrase in items}
    sets = {fold(example.text) for example in frozen()}, {fold(example.text) for example in calibration()}
    assert all(not part & learnt for part in sets)
    assert not sets[0] & sets[1]
    assert {example.topic for example in frozen()} == set(LEXICON.topics)


def test_the_page_says_what_the_frozen_set_gives_and_that_it_is_made_up() -> None:
    shown = PAGE.read_text(encoding="utf-8")
    assert report(MODEL_OF, LEXICON) in shown, "make topics"
    assert "made up" in shown
    assert measured(MODEL_OF, LEXICON, frozen()).number == 162


def test_corrections_are_read_as_they_are_given() -> None:
    lines = ['{"topic": "dien", "terms": ["mat dien", "tram"]}', "", '{"topic": "y-te", "terms": []}']
    assert corrections_in(lines) == [("dien", "mat dien\ntram"), ("y-te", "")]

"""Make the topic model: ``python -m tests.topics.train [corrections.jsonl]``; it writes
services/routing/competence/topics-model.json and the figures in docs/topics.md.

scikit-learn learns; what is kept are plain arrays. Corrections are lines ``{"topic", "terms"}`` as `caunoi topics corrections` gives
them: each counts like several made-up petitions.
"""

import json
import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped]  # it comes without types
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]  # it comes without types

from services.routing.domain.topic_model import TopicModel, terms
from services.routing.domain.topics import Lexicon
from services.routing.wire.competence_files import shipped_lexicon
from services.routing.wire.topic_model_file import MODEL, written
from tests.topics.petitions import Example, calibration, made_up, phrases
from tests.topics.report import report, write

PER_TOPIC = 160
CORRECTION_WEIGHT = 5
VOCABULARY_MAX = 4000
TEMPERATURES = [step / 20 for step in range(8, 81, 2)]
SIGNED_BYTE = 127
SEPARATOR = "\n"


def trained(corrections: Sequence[tuple[str, str]] = ()) -> TopicModel:
    """Return a model learnt from made-up petitions and corrections.

    How sure it is, is set by petitions that it did not learn.
    """
    lexicon = shipped_lexicon()
    model = _learnt(lexicon, phrases(lexicon), corrections)
    return replace(model, temperature=_tuned(model, calibration()))


def _learnt(lexicon: Lexicon, said: Mapping[str, Sequence[str]], corrections: Sequence[tuple[str, str]]) -> TopicModel:
    topics = tuple(lexicon.topics)
    examples = [(example.topic, SEPARATOR.join(terms(example.text))) for example in made_up(said, number=PER_TOPIC)]
    examples += list(corrections) * CORRECTION_WEIGHT
    vectorizer = TfidfVectorizer(
        analyzer=lambda words: words.split(SEPARATOR), binary=True, min_df=3, max_features=VOCABULARY_MAX
    )
    matrix = vectorizer.fit_transform([words for _, words in examples])
    learner = LogisticRegression(C=20.0, max_iter=400)
    learner.fit(matrix, [topics.index(topic) for topic, _ in examples])
    factors = np.abs(learner.coef_).max(axis=1) / SIGNED_BYTE
    whole = np.rint(learner.coef_ / factors[:, None]).astype(np.int8)
    return TopicModel(
        version=f"{lexicon.version}+{len(corrections)}",
        topics=topics,
        vocabulary={str(term): int(place) for term, place in vectorizer.vocabulary_.items()},
        rarity=[round(float(value), 4) for value in vectorizer.idf_],
        weights=array("b", whole.tobytes()),
        factors=[round(float(value), 6) for value in factors],
        biases=[round(float(value), 4) for value in learner.intercept_],
        temperature=1.0,
    )


def _tuned(model: TopicModel, examples: Sequence[Example]) -> float:
    """Return the temperature under which the examples are likeliest."""
    right = [model.topics.index(example.topic) for example in examples]
    features = [model.features(example.text) for example in examples]
    sums = np.array([[model.sum_of(row, each) for row in range(len(model.topics))] for each in features])

    def loss(temperature: float) -> float:
        values = sums / temperature
        likely = values - np.log(np.exp(values).sum(axis=1, keepdims=True))
        return -float(np.mean(likely[range(len(right)), right]))

    return min(TEMPERATURES, key=loss)


def corrections_in(lines: Iterable[str]) -> list[tuple[str, str]]:
    """Return corrections as examples."""
    return [(item["topic"], SEPARATOR.join(item["terms"])) for item in map(json.loads, filter(str.strip, lines))]


if __name__ == "__main__":
    given = corrections_in(Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()) if len(sys.argv) > 1 else []
    made = trained(given)
    MODEL.write_text(written(made) + "\n", encoding="utf-8")
    print(f"{MODEL.stat().st_size / 1000:.0f} kB")
    write(made, shipped_lexicon())
    print(report(made, shipped_lexicon()))

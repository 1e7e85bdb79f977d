"""The topic model as a file: JSON, its whole numbers in base64. Nothing in it can be executed."""

from array import array
from base64 import b64decode, b64encode
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.routing.domain.topic_model import TopicModel
from services.routing.domain.topics import Lexicon
from shared.kernel.refusals import Malformed

MODEL = Path(__file__).resolve().parent.parent / "competence" / "topics-model.json"


class ModelFile(BaseModel):
    """The file as it stands. `weights` are signed bytes, row after row; `rarity` is what a term counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    topics: list[str] = Field(min_length=2)
    vocabulary: list[str] = Field(min_length=1)
    rarity: list[float]
    weights: str
    factors: list[float]
    biases: list[float]
    temperature: float = Field(gt=0)


def read_model(content: bytes | str) -> TopicModel:
    """Read a model. Raises Malformed where its parts do not fit together."""
    try:
        file = ModelFile.model_validate_json(content)
        weights = array("b", b64decode(file.weights, validate=True))
    except (ValidationError, ValueError) as error:
        raise Malformed(f"this is no topic model: {error}", code="topic_model") from error
    lengths = {len(file.topics), len(file.factors), len(file.biases)}
    fits = len(lengths) == 1 and len(file.rarity) == len(file.vocabulary)
    if not fits or len(weights) != len(file.topics) * len(file.vocabulary):
        raise Malformed("the topic model's arrays do not fit together", code="topic_model")
    return TopicModel(
        version=file.version,
        topics=tuple(file.topics),
        vocabulary={term: place for place, term in enumerate(file.vocabulary)},
        rarity=file.rarity,
        weights=weights,
        factors=file.factors,
        biases=file.biases,
        temperature=file.temperature,
    )


def written(model: TopicModel) -> str:
    """Return a model as a file."""
    return ModelFile(
        version=model.version,
        topics=list(model.topics),
        vocabulary=sorted(model.vocabulary, key=model.vocabulary.__getitem__),
        rarity=list(model.rarity),
        weights=b64encode(model.weights.tobytes()).decode(),
        factors=list(model.factors),
        biases=list(model.biases),
        temperature=model.temperature,
    ).model_dump_json()


def shipped_model() -> TopicModel:
    """Return the model that comes with this service. Raises Malformed."""
    return read_model(MODEL.read_bytes())


def model_in(path: Path, lexicon: Lexicon) -> TopicModel:
    """Return the model in a file. Raises Malformed where it cannot be read, or knows a topic that the lexicon does not."""
    try:
        model = read_model(path.read_bytes())
    except OSError as error:
        raise Malformed(f"the topic model {path} cannot be read: {error.strerror}", code="topic_model") from error
    unknown = [topic for topic in model.topics if topic not in lexicon.topics]
    if unknown:
        raise Malformed(f"the topic model knows topics that topics.yaml does not: {', '.join(unknown)}", code="topic_model")
    return model

"""Made-up petitions: those to learn from are put together from phrases, the others were written one by one.

There are two sets of the others: `calibration.tsv` sets how sure the model may be, `frozen.tsv` measures. All were written by the
same hand and none is of real people: what is measured with them is how the parts work together, not how well they do in a city.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from services.routing.domain.topics import Lexicon, fold

HERE = Path(__file__).parent
SEED = 20261124
BARE_SHARE = 0.35
OPENERS = (
    *(
        "",
        "",
        "",
        "Kính gửi Ủy ban nhân dân,",
        "Tôi xin phản ánh:",
        "Đề nghị cơ quan chức năng xem xét",
        "Xin báo",
        "Nhờ anh chị",
    ),
    *(
        "Thưa các bác,",
        "Khu tôi ở",
        "Gia đình tôi",
        "Tôi là cư dân ở đây,",
        "Mấy tháng nay",
        "Từ đầu tuần",
        "Hôm qua",
        "Bà con rất bức xúc:",
    ),
)
CLOSERS = (
    *("", "", "", "mong sớm được giải quyết.", "xin cảm ơn.", "đề nghị xử lý dứt điểm.", "kính mong quan tâm.", "rất nguy hiểm."),
    *("đã gọi nhiều lần không ai trả lời.", "ảnh hưởng đến người già và trẻ nhỏ.", "tôi gửi kèm ảnh.", "xin hỏi bao giờ xong?"),
)
PLACES = (
    "",
    "",
    "",
    "ở ngõ 12",
    "trước cổng trường",
    "gần chợ",
    "tại thôn Đông",
    "khu tập thể",
    "trên phố",
    "đầu làng",
    "ở tổ 5",
)


@dataclass(frozen=True)
class Example:
    """A text and what it is about."""

    topic: str
    text: str


def phrases(lexicon: Lexicon) -> Mapping[str, Sequence[str]]:
    """Return what is said of each topic: phrases, and the words of the lexicon."""
    said = yaml.safe_load((HERE / "phrases.yaml").read_text(encoding="utf-8"))
    return {topic: [*said[topic], *lexicon.topics[topic].words] for topic in lexicon.topics}


def made_up(said: Mapping[str, Sequence[str]], *, number: int) -> Iterator[Example]:
    """Yield so many petitions of each topic, the same ones every time; a third is written without accents."""
    chance = random.Random(SEED)  # noqa: S311 - examples, no secrets
    for topic, items in said.items():
        for _ in range(number):
            chosen = chance.sample(items, k=min(len(items), chance.choice((1, 1, 1, 2))))
            parts = [chance.choice(OPENERS), chosen[0], chance.choice(PLACES), *chosen[1:], chance.choice(CLOSERS)]
            text = " ".join(part for part in parts if part)
            yield Example(topic, fold(text) if chance.random() < BARE_SHARE else text)


def calibration() -> list[Example]:
    """Return the set that says how sure the model may be; its words are not learnt."""
    return _read("calibration.tsv")


def frozen() -> list[Example]:
    """Return the set that is measured with; it is never learnt from, and not changed to look better."""
    return _read("frozen.tsv")


def _read(name: str) -> list[Example]:
    return [Example(*line.split("\t")) for line in (HERE / name).read_text(encoding="utf-8").splitlines()]

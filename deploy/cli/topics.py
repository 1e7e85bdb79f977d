"""`caunoi topics`: what is suggested for a text, how often persons agreed, and what they said as training data."""

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from deploy.cli.client import call, client
from deploy.cli.groups import group
from deploy.cli.routing import Language

AUDITOR = "kiemtoan"
_KINDS = {"denunciation": ("tố cáo", "denunciation"), "complaint": ("khiếu nại", "complaint")}
_FIRST = ("phải có người xem trước", "a person looks first")
_URGENT = ("khẩn", "urgent")
_NOTHING = ("không gợi ý lĩnh vực nào", "no topic is suggested")


def register(root: typer.Typer) -> None:
    """Add `caunoi topics suggest`, `accuracy` and `corrections`."""
    commands = group(root, "topics", help_text="Topics: what is suggested, how often persons agreed, training data.")
    commands.command("suggest")(suggest)
    commands.command("accuracy")(accuracy)
    commands.command("corrections")(corrections)


def suggest(
    text: Annotated[str, typer.Argument(help="words of a petition; they are not kept")],
    lang: Annotated[Language, typer.Option(help="vi or en")] = Language.VI,
) -> None:
    """Say which topics TEXT speaks of, and by which words."""
    with client(AUDITOR) as http:
        headers = {"Accept-Language": lang.value}
        found = call(http, "POST", "/routing/api/suggest", json={"text": text}, headers=headers).json()
    for line in suggested(found, lang):
        print(line)


def suggested(found: Mapping[str, Any], lang: Language) -> Iterator[str]:
    """Yield what is suggested for a text as lines: first what a person has to look at, then topics, then danger."""
    place = list(Language).index(lang)
    for kind, words in found["restricted"].items():
        yield f"{_KINDS[kind][place]}: {', '.join(words)} ({_FIRST[place]})"
    for item in found["items"]:
        yield f"{item['probability']:6.1%}  {item['topic']:<18} {item[lang.value]}: {', '.join(item['words']) or '-'}"
    if found["is_urgent"]:
        yield f"{_URGENT[place]}: {', '.join(found['danger'])}"
    if not found["items"] and not found["restricted"]:
        yield _NOTHING[place]


def accuracy() -> None:
    """Say how often what persons said had been suggested first, and among three, by model."""
    with client(AUDITOR) as http:
        items = call(http, "GET", "/routing/api/topics/accuracy").json()["items"]
    if not items:
        print("nobody has confirmed a topic yet")
    for item in items:
        number = item["number"]
        print(
            f"{item['model']}: {number} confirmed; first {item['first'] / number:.1%}, among three {item['among'] / number:.1%}"
        )


def corrections(
    limit: Annotated[int, typer.Option(help="of how many of the last confirmed petitions", min=1, max=5_000)] = 5_000,
) -> None:
    """Print what persons said as JSON lines, for `make topics CORRECTIONS=FILE`."""
    with client() as http:
        items = call(http, "GET", "/routing/api/topics/corrections", params={"limit": limit}).json()["items"]
    for item in items:
        print(json.dumps(item, ensure_ascii=False))

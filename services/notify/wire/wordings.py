"""The words of notices: a template in each language and, for short ways, of its own, each in versions that never change.

Shipped versions are files (`lodged.petitioner.vi@2.txt`); the city's own words are rows, numbered c1, c2, … The latest of the
city's counts, unless it says that the shipped ones count again. What was sent names its version, and is sent again in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from jinja2 import StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from services.notify.domain.channels import Channel
from services.notify.domain.telling import Own, template_of
from services.notify.wire.words import ACTIONS, LANGUAGES, REASONS, VIETNAMESE, step

SHORT = "sms"
"""Part of a name: words for SMS, Zalo and web push."""
COMPILED_MAX = 500
_SUFFIX = ".txt"
_FOLDER = Path(__file__).resolve().parent.parent / "templates"


@dataclass(frozen=True, slots=True)
class Wording:
    """One version of a template. `version`: 1, 2, … as shipped, c1, c2, … of the city."""

    name: str
    version: str
    text: str

    @property
    def label(self) -> str:
        """Return the name with its version, as the delivery log keeps it."""
        return f"{self.name}@{self.version}"

    @property
    def language(self) -> str:
        return self.name.rpartition(".")[2]

    @property
    def is_short(self) -> bool:
        return f".{SHORT}." in self.name


@cache
def shipped() -> Mapping[str, tuple[Wording, ...]]:
    """Return every shipped template by name, oldest version first."""
    found: dict[str, list[Wording]] = {}
    for path in _FOLDER.glob(f"*{_SUFFIX}"):
        name, _, version = path.name.removesuffix(_SUFFIX).partition("@")
        found.setdefault(name, []).append(Wording(name, version, path.read_text(encoding="utf-8")))
    return {name: tuple(sorted(versions, key=lambda item: int(item.version))) for name, versions in sorted(found.items())}


def latest(name: str) -> Wording:
    """Return the shipped words that count."""
    return shipped()[name][-1]


def own_wording(own: Own) -> Wording | None:
    """Return a version of the city's own as words, None where it says that the shipped ones count."""
    return None if own.text is None else Wording(own.name, f"c{own.number}", own.text)


class Book:
    """All words of one moment."""

    def __init__(self, own: Sequence[Own]) -> None:
        self._own: dict[str, list[Own]] = {}
        for each in sorted(own, key=lambda item: item.number):
            self._own.setdefault(each.name, []).append(each)

    def counts(self, name: str) -> Wording:
        """Return the words that count now. Raises KeyError for a name that is none."""
        own = self._own.get(name)
        return (own_wording(own[-1]) if own else None) or latest(name)

    def pick(self, name: str, *, pinned: str | None) -> Wording:
        """Return the words for a notice: those it was tried with before (`pinned`), else those that count."""
        if pinned is not None and pinned.startswith(f"{name}@"):
            found = next((item for item in self.history(name) if item.label == pinned), None)
            if found is not None:
                return found
        return self.counts(name)

    def history(self, name: str) -> list[Wording]:
        """Return every version, oldest first: as shipped, then the city's own."""
        own = [own_wording(each) for each in self._own.get(name, [])]
        return [*shipped()[name], *(each for each in own if each is not None)]


def name_of(about: str, audience: str, language: str, *, is_sealed: bool, channel: Channel = Channel.EMAIL) -> str:
    """Return the name of the template for a notice."""
    short = "" if channel is Channel.EMAIL else f"{SHORT}."
    return f"{template_of(about, audience, is_sealed=is_sealed)}.{short}{spoken(language)}"


def spoken(language: str) -> str:
    """Return the language in which somebody is told who asked for this one."""
    return language if language in LANGUAGES else VIETNAMESE


@cache
def environment() -> ImmutableSandboxedEnvironment:
    """Return the environment of all templates: a sandbox, for the city writes some of them."""
    made = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=False,  # plain text
        keep_trailing_newline=True,
        trim_blocks=True,
    )
    made.filters["step"] = step
    made.filters["action"] = lambda name, language: ACTIONS[language].get(name, name)
    made.filters["reason"] = lambda name, language: REASONS[language].get(name, name)
    return made


@lru_cache(COMPILED_MAX)
def _compiled(text: str) -> Template:
    return environment().from_string(text)


def rendered(wording: Wording, facts: Mapping[str, object]) -> tuple[str, str]:
    """Return subject and text; a short one has no subject. Raises UndefinedError where a fact is missing."""
    whole = _compiled(wording.text).render(facts)
    if wording.is_short:
        return "", " ".join(whole.split())
    subject, _, text = whole.partition("\n")
    return subject, text.lstrip("\n")

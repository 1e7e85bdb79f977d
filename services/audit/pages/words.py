"""How actors, rights, offices and the facts of events are written in front of people, in one language."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from services.audit.handlers.naming import Names
from services.audit.pages import names
from shared.web.catalogue import ROLES

Told = str | datetime | list["Told"] | list[tuple[str, "Told"]]
"""A fact as it is shown: words, a moment, a list, or names with values."""
_FACT_CHARACTERS_MAX = 2_000
_DEPTH_MAX = 5


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language. `offices` are their names by code."""

    is_english: bool
    offices: Names

    def office(self, code: str | None) -> str:
        """Return an office's name; its code where it has none here."""
        return self._of(self.offices, code) if code else "–"

    def actor(self, actor: str) -> str:
        """Return who did it: an account, a service, or somebody who did not sign in."""
        kind, _, name = actor.partition(":")
        if kind == "service":
            return self._say("hệ thống", "the system") + f" ({self._of(names.SERVICES, name)})"
        if kind == "person":
            return name
        return self._of(names.RIGHTS, actor)

    def right(self, authority: str | None) -> str:
        """Return the right that was used: officer@hanoi-00070 as the role and the office's name."""
        if not authority:
            return self._say("chưa được ghi", "was not recorded")
        role, _, office = authority.partition("@")
        return self._of({**names.RIGHTS, **ROLES}, role) + (f", {self.office(office)}" if office else "")

    def kind(self, kind: str | None) -> str:
        return self._of(names.KINDS, kind) if kind else self._say("chưa rõ", "not known")

    def step(self, step: str) -> str:
        return self._of(names.STEPS, step)

    def state(self, state: str) -> str:
        return self._of(names.STATES, state)

    def outcome(self, outcome: str) -> str:
        return self._of(names.OUTCOMES, outcome)

    def reading(self, what: str) -> str:
        return self._of(names.READINGS, what)

    def relation(self, relation: str) -> str:
        return self._of(names.RELATIONS, relation)

    def service(self, source: str) -> str:
        return self._of(names.SERVICES, source)

    def format(self, name: str) -> str:
        return self._of(names.FORMATS, name)

    def purpose(self, purpose: str) -> str:
        return self._of(names.PURPOSES, purpose)

    def field(self, field: str) -> str:
        """Return what a protected field is called."""
        return self._of(names.FIELDS, field)

    def export_state(self, state: str) -> str:
        return self._of(names.EXPORT_STATES, state)

    def fact(self, name: str) -> str:
        """Return what a fact is called; its own name where it has none here."""
        return self._of(names.FACTS, name)

    def facts(self, facts: Mapping[str, object]) -> list[tuple[str, Told]]:
        """Return the facts of an event as they are shown, without those that say nothing."""
        return list(self._facts(facts, 0))

    def _facts(self, facts: Mapping[str, object], depth: int) -> Iterator[tuple[str, Told]]:
        for name, value in facts.items():
            if value not in (None, "", [], {}):
                yield self.fact(name), self._value(name, value, depth + 1)

    def _value(self, name: str, value: object, depth: int) -> Told:
        if isinstance(value, Mapping) and depth < _DEPTH_MAX:
            return list(self._facts(value, depth))
        if isinstance(value, list) and depth < _DEPTH_MAX:
            return [self._value(name, item, depth + 1) for item in value]
        if isinstance(value, bool):
            return self._say("có", "yes") if value else self._say("không", "no")
        text = str(value)[:_FACT_CHARACTERS_MAX]
        if name.endswith(("_at", "_by", "_from")) and (moment := _moment(text)) is not None:
            return moment
        if name in _OFFICES and text in self.offices:
            return f"{self.office(text)} ({text})"
        return f"{self._of(names.KINDS, text)} ({text})" if name == "kind" and text in names.KINDS else text

    def _of(self, known: Mapping[str, tuple[str, str]], code: str) -> str:
        pair = known.get(code)
        return self._say(*pair) if pair else code

    def _say(self, vietnamese: str, english: str) -> str:
        return english if self.is_english else vietnamese


_OFFICES = frozenset({"office", "from_office", "to_office", "superiors", "against", "received_by", "offices"})


def _moment(text: str) -> datetime | None:
    """Return an instant with its zone, None where it is something else."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None

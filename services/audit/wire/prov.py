"""A petition's life as provenance (W3C PROV): PROV-JSON and PROV-N.

Each event is an activity that generates the next state of the petition (an entity, derived from the one before); who did it
is an agent that acted on behalf of an office, in the role of the right that was used; causes inform effects. No word of the
petition and nothing personal is in it: events hold none.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

PREFIXES = {
    "caunoi": "urn:caunoi:vocabulary:",
    "petition": "urn:caunoi:petition:",
    "event": "urn:uuid:",
    "agent": "urn:caunoi:agent:",
    "office": "urn:caunoi:office:",
}
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")
_SERVICE = "service:"

Attributes = dict[str, Any]


@dataclass(slots=True)
class Document:
    """A PROV document: elements by their names, and relations in order."""

    entities: dict[str, Attributes] = field(default_factory=dict)
    activities: dict[str, Attributes] = field(default_factory=dict)
    agents: dict[str, Attributes] = field(default_factory=dict)
    relations: list[tuple[str, Attributes]] = field(default_factory=list)


def document_of(trace: Mapping[str, Any]) -> Document:
    """Return the provenance that a trace tells (its answer as JSON)."""
    document, key = Document(), trace["petition_id"]
    before: str | None = None
    ids = {event["position"]: f"event:{event['id']}" for event in trace["events"]}
    for number, event in enumerate(trace["events"], start=1):
        activity, state = ids[event["position"]], f"petition:{key}_{number}"
        document.activities[activity] = _activity(event)
        document.entities[state] = {"prov:type": _name("caunoi:PetitionState"), "caunoi:position": event["position"]}
        document.relations.append(
            ("wasGeneratedBy", {"prov:entity": state, "prov:activity": activity, "prov:time": event["effective_at"]})
        )
        if before is not None:
            document.relations.append(("used", {"prov:activity": activity, "prov:entity": before}))
            document.relations.append(("wasDerivedFrom", {"prov:generatedEntity": state, "prov:usedEntity": before}))
        before = state
        _associate(document, activity, event)
        if event["cause"] and event["cause"]["position"] in ids:
            cause = ids[event["cause"]["position"]]
            document.relations.append(("wasInformedBy", {"prov:informed": activity, "prov:informant": cause}))
    return document


def _activity(event: Mapping[str, Any]) -> Attributes:
    found: Attributes = {
        "prov:startTime": event["effective_at"],
        "prov:endTime": event["effective_at"],
        "prov:type": _name("caunoi:Event"),
        "prov:label": event["title"],
        "caunoi:eventType": event["type"],
        "caunoi:recordedAt": {"$": event["recorded_at"], "type": "xsd:dateTime"},
        "caunoi:position": event["position"],
        "caunoi:bodySha256": event["body_sha256"],
    }
    for name in ("rule", "rule_version", "ground", "citation"):
        if (event["rule"] or {}).get(name) is not None:
            found[f"caunoi:{name}"] = str(event["rule"][name])
    return found


def _associate(document: Document, activity: str, event: Mapping[str, Any]) -> None:
    """Say who did it, in which role, and on behalf of which office."""
    actor = event["actor"]
    agent = f"agent:{_local(actor)}"
    kind = "prov:SoftwareAgent" if actor.startswith(_SERVICE) else "prov:Person"
    document.agents[agent] = {"prov:type": _name(kind), "prov:label": actor}
    association: Attributes = {"prov:activity": activity, "prov:agent": agent}
    role, _, office = (event["authority"] or "").partition("@")
    if role:
        association["prov:role"] = _name(f"caunoi:{_local(role)}")
    document.relations.append(("wasAssociatedWith", association))
    if office:
        body = f"office:{_local(office)}"
        document.agents[body] = {"prov:type": _name("prov:Organization"), "prov:label": office}
        delegation = {"prov:delegate": agent, "prov:responsible": body, "prov:activity": activity}
        document.relations.append(("actedOnBehalfOf", delegation))


def _name(qualified: str) -> Attributes:
    return {"$": qualified, "type": "prov:QUALIFIED_NAME"}


def _local(text: str) -> str:
    """Return a local name: what is no letter, digit or dash is written by its code."""
    return _UNSAFE.sub(lambda found: f"-{ord(found[0]):x}-", text)


def prov_json(document: Document) -> str:
    """Return it as PROV-JSON (W3C member submission of 24 April 2013)."""
    elements = {"entity": document.entities, "activity": document.activities, "agent": document.agents}
    whole: dict[str, Any] = {"prefix": PREFIXES} | {name: found for name, found in elements.items() if found}
    for number, (relation, attributes) in enumerate(document.relations, start=1):
        whole.setdefault(relation, {})[f"_:r{number}"] = attributes
    return json.dumps(whole, ensure_ascii=False, indent=1)


_FORMAL = {
    "wasGeneratedBy": ("prov:entity", "prov:activity", "prov:time"),
    "used": ("prov:activity", "prov:entity", "prov:time"),
    "wasDerivedFrom": ("prov:generatedEntity", "prov:usedEntity", "prov:activity", "prov:generation", "prov:usage"),
    "wasInformedBy": ("prov:informed", "prov:informant"),
    "wasAssociatedWith": ("prov:activity", "prov:agent", "prov:plan"),
    "actedOnBehalfOf": ("prov:delegate", "prov:responsible", "prov:activity"),
}
"""The arguments of each relation in PROV-N, in order; what is not said is a dash."""


def prov_n(document: Document) -> str:
    """Return it as PROV-N (W3C Recommendation of 30 April 2013)."""
    lines = ["document", *(f"  prefix {name} <{address}>" for name, address in PREFIXES.items())]
    lines += [f"  entity({name}{_optional(attributes)})" for name, attributes in document.entities.items()]
    for name, attributes in document.activities.items():
        times = f"{attributes['prov:startTime']}, {attributes['prov:endTime']}"
        rest = {key: value for key, value in attributes.items() if key not in ("prov:startTime", "prov:endTime")}
        lines.append(f"  activity({name}, {times}{_optional(rest)})")
    lines += [f"  agent({name}{_optional(attributes)})" for name, attributes in document.agents.items()]
    lines += list(_relations(document.relations))
    return "\n".join([*lines, "endDocument", ""])


def _relations(relations: Sequence[tuple[str, Attributes]]) -> Iterator[str]:
    for relation, attributes in relations:
        formal = _FORMAL[relation]
        arguments = ", ".join(str(attributes.get(name, "-")) for name in formal)
        rest = {key: value for key, value in attributes.items() if key not in formal}
        yield f"  {relation}({arguments}{_optional(rest)})"


def _optional(attributes: Mapping[str, Any]) -> str:
    if not attributes:
        return ""
    return ", [" + ", ".join(f"{name}={_literal(value)}" for name, value in attributes.items()) + "]"


def _literal(value: Any) -> str:
    if isinstance(value, dict):
        if value["type"] == "prov:QUALIFIED_NAME":
            return f"'{value['$']}'"
        return f"{_quoted(value['$'])} %% {value['type']}"
    return str(value) if isinstance(value, int) else _quoted(value)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'

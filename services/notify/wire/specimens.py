"""Facts of an invented petition, to see what the words of a notice look like; and whether words can be used at all. Pure."""

from collections.abc import Mapping

from jinja2 import TemplateError, TemplateSyntaxError, meta, nodes

from services.notify.wire.messages import segments
from services.notify.wire.wordings import Wording, environment, rendered, shipped

SEGMENTS_MAX = 4
"""Parts that an SMS may have with the facts of the invented petition."""
CHARACTERS_MAX = 8000
PERSONAL = frozenset({"name", "email", "phone", "address", "contact", "answer", "text", "petitioner", "to", "person"})
_USUAL = frozenset({"code", "office_name", "home", "link", "due_at"})
_SEALED = frozenset({"home", "office_name"})
_NEEDED: Mapping[str, frozenset[str]] = {
    "lodged.petitioner": frozenset({"code"}),
    "address.person": frozenset({"confirmation"}),
    "digest.office": frozenset({"groups"}),
    "morning.person": frozenset({"groups"}),
}
_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.If, nodes.For, nodes.Filter, nodes.Getattr, nodes.Getitem,
    nodes.Compare, nodes.Operand, nodes.Const, nodes.And, nodes.Or, nodes.Not, nodes.CondExpr, nodes.Tuple, nodes.List,
    nodes.Dict, nodes.Call, nodes.Pair, nodes.Concat, nodes.Keyword, nodes.Add, nodes.Sub,
)  # fmt: skip
_FILTERS = frozenset(
    {"step", "action", "reason", "last", "first", "list", "unique", "map", "selectattr", "length", "upper", "lower"}
)
_RULE, _DUE, _CODE = "IH.RESOLVE", "30/11/2026 17:30", "2Q73-AN1K-HNF4"
_LINES: Mapping[str, dict[str, str]] = {
    "escalation": {
        "level": "2",
        "climb": "",
        "from_office": "hanoi-00070",
        "to_office": "hanoi",
        "action": "demand_resolution",
        "basis": "Luật Khiếu nại, Điều 28",
        "acknowledge_by": "01/12/2026 11:30",
    },
    "breach": {},
    "reminder": {"percent": "80"},
    "moved": {"from_due_at": "25/11/2026 17:30", "reason": "extended", "withdraws": ""},
    "paused": {"paused_on": "20/11/2026", "withdraws": ""},
}
_WEBHOOK = {
    "webhook": "0198c2f4-1a2b-7c3d-8e4f-5a6b7c8d9e0f", "description": "Hệ thống một cửa", "since": "28/11/2026 08:00",
    "until": "01/12/2026 08:00", "waiting": "12", "reason": "http_503", "why": "failing",
}  # fmt: skip


def specimen(name: str, language: str) -> dict[str, object]:
    """Return facts for the words of a notice."""
    about = name.partition(".")[0]
    office = "Phường Hoàn Kiếm" if language == "vi" else "Hoàn Kiếm ward"
    late = "quá hạn 1 ngày 2 giờ" if language == "vi" else "1 d 2 h late"
    lines = [
        {"rule": _RULE, "due_at": _DUE, "code": _CODE, "about": each, "distance": late, **its} for each, its in _LINES.items()
    ]
    mine = [line for line in lines if line["about"] == about] or lines
    one = mine[0]
    day = {"code": _CODE, "rule": _RULE, "due_at": _DUE, "distance": late, "level": "1", "people": "3", "office": "hanoi-00070"}
    morning = [{"about": group, "count": 1, "lines": [{**day, "is_urgent": ""}], "more": 0} for group in ("late", "soon", "hot")]
    groups = [(line["about"], 1, [line], 0) for line in lines if line["about"] != "paused"]
    return {
        **{key: value for its in _LINES.values() for key, value in its.items()},
        **one,
        **(_WEBHOOK if about.startswith("webhook_") else {}),
        "basis": "" if about == "escalation" else "returned",
        "how": "guided",
        "to_body": "Toà án nhân dân có thẩm quyền" if language == "vi" else "the competent People's Court",
        "calendar": "hanoi",
        "year": "2027",
        "office_name": office,
        "from_office_name": office,
        "link": f"https://caunoi.example/intake/api/petitions/{_CODE}",
        "home": "https://caunoi.example",
        "lines": mine,
        "groups": morning if about == "morning" else groups,
        "names": {"hanoi": "UBND thành phố" if language == "vi" else "the city", "hanoi-00070": office},
        "total": 5,
        "sealed": 1,
        "day": "30/11/2026",
        "until": "01/12/2026",
        "late": 1,
        "soon": 1,
        "is_above": True,
        "is_delayed": True,
        "confirmation": "123456",
    }


def preview(wording: Wording) -> dict[str, object]:
    """Return what words look like: subject, text, and of short ones how many parts an SMS has. Raises TemplateError."""
    subject, text = rendered(wording, specimen(wording.name, wording.language))
    shown: dict[str, object] = {"template": wording.label, "language": wording.language, "subject": subject or None, "text": text}
    if wording.is_short:
        shown["segments"] = segments(text)
    return shown


def mistakes_in(wording: Wording) -> list[tuple[str, str]]:
    """Return what is wrong with words, each as a reason and a detail."""
    if len(wording.text) > CHARACTERS_MAX:
        return [("too_long", str(CHARACTERS_MAX))]
    try:
        tree = environment().parse(wording.text)
    except TemplateSyntaxError as error:
        return [("syntax", f"{error.lineno}: {error.message}")]
    wrong = [("not_allowed", type(node).__name__.lower()) for node in tree.find_all(nodes.Node) if not isinstance(node, _ALLOWED)]
    wrong += [("not_allowed", node.name) for node in tree.find_all(nodes.Filter) if node.name not in _FILTERS]
    wrong += [
        ("personal", node.attr) for node in tree.find_all(nodes.Getattr) if node.attr in PERSONAL or node.attr.startswith("_")
    ]
    wrong += [("not_allowed", "(…)") for node in tree.find_all(nodes.Call) if not _is_lookup(node)]
    named = meta.find_undeclared_variables(tree)
    wrong += [("personal" if each in PERSONAL else "unknown", each) for each in sorted(named - known_in(wording.name))]
    base = wording.name.rpartition(".")[0].removesuffix(".sms")
    wrong += [("missing", each) for each in sorted(_NEEDED.get(base, frozenset()) - named)]
    return wrong or _mistakes_in_use(wording)


def _is_lookup(node: nodes.Call) -> bool:
    """Return whether a call is the one that words may make: names.get(office, office)."""
    called = node.node
    if not isinstance(called, nodes.Getattr) or called.attr != "get":
        return False
    return isinstance(called.node, nodes.Name) and called.node.name == "names"


def _mistakes_in_use(wording: Wording) -> list[tuple[str, str]]:
    try:
        subject, text = rendered(wording, specimen(wording.name, wording.language))
    except (TemplateError, TypeError, ValueError) as error:
        return [("cannot_be_written", type(error).__name__)]
    if wording.is_short:
        parts = segments(text)
        return [("too_many_parts", f"{parts} > {SEGMENTS_MAX}")] if parts > SEGMENTS_MAX else [("empty", "text")] * (not text)
    return [("empty", what) for what, said in (("subject", subject), ("text", text)) if not said.strip()]


def known_in(name: str) -> frozenset[str]:
    """Return what the words of a notice may tell: what the shipped ones of this kind do, and what every notice may."""
    if name.startswith("sealed."):
        return _SEALED
    trees = [environment().parse(each.text) for each in shipped()[name]]
    told = frozenset().union(*(meta.find_undeclared_variables(tree) for tree in trees))
    return (told | _USUAL) - PERSONAL

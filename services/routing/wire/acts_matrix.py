"""Who may do what to a petition, as a table for docs/rights.md: act by role for each kind of petition, from its procedures."""

from collections.abc import Iterator, Mapping, Sequence

from services.routing.domain.definition import PETITIONER, Act, Need, Procedure, Procedures
from services.routing.wire.procedures_page import ACTS_VI

ROLES = ("officer", "head", "leader", PETITIONER)
HEAD = """
## Việc với đơn · Acts on petitions

Vai trò và cơ quan cùng quyết định. Vai trò: bảng dưới đây. Cơ quan: công chức và người đứng đầu chỉ làm với đơn đang ở **cơ
quan mình**; lãnh đạo của **cơ quan cấp trên** chỉ làm những việc ở cột *leader*, dù ở cơ quan mình còn giữ vai trò khác; người
bị loại khỏi vụ việc không làm gì; đơn tố cáo về người của chính cơ quan chỉ do người đứng đầu hoặc lãnh đạo cấp trên làm. Việc
cần *hai người*: người đứng đầu cơ quan hoặc lãnh đạo cấp trên xác nhận, không bao giờ là chính người đề nghị.

Role and office decide together. The role: the tables below. The office: officers and heads act on what is with **their own
office**; a leader of an **office above** does what stands under *leader* and nothing more, whatever else he is at home; who is
excluded does nothing; a denunciation of the office's own people is for its head or a leader above alone. What takes *two persons*
is confirmed by the head of the office or a leader above it, never by who proposed it.

● trong mọi thủ tục của loại đơn này · in every procedure of this kind. ◐ chỉ trong thủ tục được nêu · only in those named.
² cần người thứ hai · takes a second person. Từng thủ tục, trạng thái, điều luật · each procedure, its states and articles:
[procedures.md](procedures.md).
"""
_COLUMNS = ("việc · act", *ROLES, "")


def acts_matrix(procedures: Procedures) -> str:
    """Return the part of the page that says who may do what."""
    kinds: dict[str, list[Procedure]] = {}
    for procedure in procedures.values():
        kinds.setdefault(procedure.kind, []).append(procedure)
    return "".join([HEAD, *(part for kind, family in kinds.items() for part in _table(kind, family))])


def allowed(family: Sequence[Procedure], act: Act, role: str) -> list[str]:
    """Return the ids of the procedures of a family in which a role may do an act."""
    return [item.id for item in family if act in item.provisions and role in item.provisions[act].roles]


def _table(kind: str, family: Sequence[Procedure]) -> Iterator[str]:
    names = "; ".join(f"{item.name_vi} · {item.name_en} (`{item.id}`)" for item in family)
    yield f"\n### {kind}\n\n{names}\n\n| {' | '.join(_COLUMNS)} |\n|{'---|' * len(_COLUMNS)}\n"
    for act in Act:
        by_role = {role: allowed(family, act, role) for role in ROLES}
        if any(by_role.values()):
            marks = [_mark(found, family) for found in by_role.values()]
            two = (
                "²" if any(act in item.provisions and Need.SECOND_PERSON in item.provisions[act].needs for item in family) else ""
            )
            yield f"| `{act}` {ACTS_VI[act]}{two} | {' | '.join(marks)} | {_where(by_role, family)} |\n"


def _mark(found: Sequence[str], family: Sequence[Procedure]) -> str:
    return "●" if len(found) == len(family) else "◐" if found else ""


def _where(by_role: Mapping[str, Sequence[str]], family: Sequence[Procedure]) -> str:
    """Return in which procedures, for the roles that may do it in some of them only."""
    some = {role: found for role, found in by_role.items() if 0 < len(found) < len(family)}
    return "; ".join(f"{role}: {', '.join(f'`{item}`' for item in found)}" for role, found in some.items())

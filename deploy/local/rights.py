"""docs/rights.md: which role opens which door, reads which field, and does which act, from the services themselves."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from fastapi import FastAPI

from deploy.house import room
from deploy.local.environment import Places, environment, make_secrets
from deploy.names import SERVICES
from services.intake.app import FIELDS as SAID
from services.routing.app import FIELDS as WRITTEN
from services.routing.app import rights_to_act
from shared.contracts.words import Role
from shared.kernel.clock import SystemClock
from shared.web import Door, doors_of

NOWHERE = Places(url="http://127.0.0.1:9", postgres_port=9, nats_url="nats://127.0.0.1:9", smtp_port=9)
"""The doors are looked at, nothing is asked: where the parts are does not matter."""
HEAD = """# Quyền · Rights

*Sinh ra từ mã nguồn bằng `caunoi rights docs`; đừng sửa ở đây. Generated from doors, fields and procedures; edit these instead.*

● vai trò này mở được cửa · the role opens the door. ○ ai cũng mở được · everybody.
◐ bất kỳ ai đã đăng nhập, theo quyền đối với cơ quan · whoever is signed in, by right over the office concerned.

Mở được cửa chưa phải là thấy được đơn: công chức và người đứng đầu chỉ thấy đơn của cơ quan mình, lãnh đạo thấy đơn của
cơ quan cấp dưới; "không có" và "không phải của bạn" trả lời như nhau · opening a door is not yet seeing a petition: officers
and heads see those of their own office, leaders those of the offices below; what is not there and what is not yours get the
same answer.

Người gửi đơn chứng minh bằng mã bí mật · petitioners prove themselves by the secret on the receipt (withdraw, verdict, contest).
Cửa [Open311](open311.md): đọc thì ai cũng được, gửi thì cần khoá · of Open311: everybody reads, who posts needs a key.
Mỗi lần đọc dữ liệu cá nhân được ghi lại với mục đích · every reading of personal data is recorded with its purpose.
"""

FIELDS_HEAD = """
## Trường được bảo vệ · Protected fields

● đơn thường · of petitions. ◆ đơn tố cáo · of denunciations. Chỉ trong cơ quan đang giữ đơn, kèm mục đích · within the office
that has the petition, for a purpose. Người xác minh đọc bản sao đã lược danh tính · verifiers read copies without the author.
"""


def doors() -> dict[str, list[Door]]:
    """Return the doors of each service."""
    with tempfile.TemporaryDirectory() as folder:
        environ = environ_of_doors(Path(folder))
        return {name: doors_of(cast("FastAPI", room(name).build(environ, clock=SystemClock()).app)) for name in SERVICES}


def rights_page() -> str:
    """Return docs/rights.md."""
    return "".join(
        [HEAD, *_fields(), rights_to_act(), *(part for name, found in doors().items() for part in _section(name, found))]
    )


def _fields() -> Iterator[str]:
    """Yield the matrix of fields."""
    roles = [str(role) for role in Role]
    yield FIELDS_HEAD
    yield f"\n| trường · field | {' | '.join(roles)} |\n|---|{'---|' * len(roles)}\n"
    for field, readers in {**SAID, **WRITTEN}.items():
        marks = ["●" * (role in readers.of_open) + "◆" * (role in readers.of_sealed) for role in roles]
        yield f"| `{field}` | {' | '.join(marks)} |\n"


def _section(name: str, found: list[Door]) -> Iterator[str]:
    roles = [str(role) for role in Role]
    yield f"\n## {name}\n\n| cửa · door | {' | '.join(roles)} | |\n|---|{'---|' * len(roles)}---|\n"
    for door in found:
        cells = ["○" if door.is_public else "◐" if door.roles is None else "●" if role in door.roles else "" for role in Role]
        yield f"| `{door.method} /{name}{door.path}` | {' | '.join(cells)} | {door.words} |\n"


def environ_of_doors(var: Path) -> dict[str, str]:
    """Return what services need to be looked at, with secrets made in `var`."""
    make_secrets(var)
    return environment(var, NOWHERE, given={})

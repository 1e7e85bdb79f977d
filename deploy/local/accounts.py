"""The demo accounts of a city on one machine. They are public: never give the demo issuer a door to the outside.

Each office that decides by two persons has two who may: one who proposes, and a head, or a leader above, who confirms.
"""

from dataclasses import dataclass

DEMO_PASSWORD = "caunoi-demo"  # noqa: S105 - public on purpose, printed at every start

DEMO_CLIENT, DEMO_CLIENT_KEY = "demo", "caunoi-demo-open311"
"""A client of Open311 and its key, as public as the accounts."""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can sign in: `name` is also the subject of the token."""

    name: str
    title: str
    title_en: str
    roles: tuple[str, ...]
    office: str | None


ACCOUNTS = (
    Account("canbo.hoankiem", "Cán bộ phường Hoàn Kiếm", "officer of Hoàn Kiếm ward", ("officer",), "hanoi-00070"),
    Account("lanhdao.hoankiem", "Lãnh đạo phường Hoàn Kiếm", "head of Hoàn Kiếm ward", ("head",), "hanoi-00070"),
    Account("lanhdao.xaydung", "Giám đốc Sở Xây dựng", "head of the Department of Construction", ("head",), "hanoi-so-xd"),
    Account("canbo.xaydung", "Cán bộ Sở Xây dựng", "officer of the Department of Construction", ("officer",), "hanoi-so-xd"),
    Account("tiepdan", "Cán bộ Ban Tiếp công dân", "officer of the citizen reception office", ("officer", "clerk"), "hanoi-tcd"),
    Account("thanhtra", "Chánh Thanh tra thành phố", "head of the City Inspectorate", ("head",), "hanoi-thanh-tra"),
    Account("canbo.thanhtra", "Thanh tra viên", "officer of the City Inspectorate", ("officer",), "hanoi-thanh-tra"),
    Account("canbo.thanhpho", "Chuyên viên UBND thành phố", "officer of the city", ("officer",), "hanoi"),
    Account("tiepdan.thanhpho", "Cán bộ tiếp dân, UBND thành phố", "reception clerk of the city", ("clerk",), "hanoi"),
    Account("chutich", "Chủ tịch UBND thành phố", "chairperson of the city", ("leader", "head"), "hanoi"),
    Account("phochutich", "Phó Chủ tịch UBND thành phố", "deputy chairperson of the city", ("head",), "hanoi"),
    Account("kiemtoan", "Kiểm toán", "auditor", ("auditor",), None),
    Account("vanhanh", "Vận hành hệ thống", "operator", ("operator",), None),
)


def account_of(name: str, password: str) -> Account | None:
    """Return the account, or None where name and password do not fit."""
    if password != DEMO_PASSWORD:
        return None
    return next((account for account in ACCOUNTS if account.name == name), None)

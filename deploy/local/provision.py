"""Databases, roles and schemas: one role and one schema per service, and no right on anybody else's.

Invariant: every step may be repeated; a second run changes nothing and takes no lock that a running service waits for.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import asyncpg

from deploy.names import DATABASE
from shared.persistence.migrations import upgrade

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL server as its administrator sees it: an address of a superuser, without database."""

    host: str
    port: int
    user: str
    password: str

    def url(self, database: str, *, user: str = "", password: str = "") -> str:
        who, key = (user, password) if user else (self.user, self.password)
        return f"postgresql://{who}:{quote(key, safe='')}@{self.host}:{self.port}/{database}"

    async def connect(self, database: str = "postgres") -> asyncpg.Connection:
        return await asyncpg.connect(self.url(database))


async def ensure_roles(server: Server, passwords: Mapping[str, str]) -> None:
    """Create a login role per service, or give it the password that we hold."""
    connection = await server.connect()
    try:
        for service, password in passwords.items():
            known = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", service)
            verb = "ALTER" if known else "CREATE"
            await connection.execute(f"{verb} ROLE {_name(service)} LOGIN NOINHERIT PASSWORD {_literal(password)}")
    finally:
        await connection.close()


async def ensure_database(server: Server, database: str, services: Sequence[str]) -> None:
    """Create the database and one schema per service, owned by its role; nobody else may enter either."""
    connection = await server.connect()
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database):
            await connection.execute(f"CREATE DATABASE {_name(database)} TEMPLATE template0")
        await connection.execute(f"REVOKE ALL ON DATABASE {_name(database)} FROM PUBLIC")
        await connection.execute(f"GRANT CONNECT ON DATABASE {_name(database)} TO {', '.join(map(_name, services))}")
    finally:
        await connection.close()
    connection = await server.connect(database)
    try:
        await connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        for service in services:
            await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_name(service)} AUTHORIZATION {service}")
    finally:
        await connection.close()


async def copy_database(server: Server, template: str, copy: str, services: Sequence[str]) -> None:
    """Create `copy` as a copy of `template` (nobody may be connected to it); rights on the database are given anew."""
    connection = await server.connect()
    try:
        await connection.execute(f"CREATE DATABASE {_name(copy)} TEMPLATE {_name(template)}")
        await connection.execute(f"REVOKE ALL ON DATABASE {copy} FROM PUBLIC")
        await connection.execute(f"GRANT CONNECT ON DATABASE {copy} TO {', '.join(map(_name, services))}")
    finally:
        await connection.close()


async def drop_database(server: Server, database: str) -> None:
    connection = await server.connect()
    try:
        await connection.execute(f"DROP DATABASE IF EXISTS {_name(database)} WITH (FORCE)")
    finally:
        await connection.close()


async def provision(server: Server, passwords: Mapping[str, str], *, database: str = DATABASE) -> None:
    """Make roles, database and schemas for the services of `passwords`, and bring every schema to its newest revision."""
    services = tuple(passwords)
    await ensure_roles(server, passwords)
    await ensure_database(server, database, services)
    for service, password in passwords.items():
        upgrade(service, server.url(database, user=service, password=password))


def _name(name: str) -> str:
    """Return `name`, checked to be a plain identifier (DDL takes no parameters)."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a plain SQL identifier: {name!r}")
    return name


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

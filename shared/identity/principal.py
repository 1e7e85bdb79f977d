"""Who is asking: a person with roles and an office, or one of our own services."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Self

from shared.contracts.words import Role
from shared.kernel.refusals import Refused


class NotSignedIn(Refused):
    """No token, or one that is not valid (any more). HTTP 401."""

    code = "not_signed_in"


class NotAllowed(Refused):
    """The role does not carry this right. HTTP 403; for a single thing of others the answer is Unknown instead."""

    code = "not_allowed"


AGENCY_ACTOR = "agency:"
PRINCIPAL_KEY = "caunoi.principal"
"""Of a request's scope: who asks, where that is known before the request is made. No request from outside can carry it."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who signed in, or an office's own system (`is_agency`), which does what an officer of its office may do.

    `name` is for display only: it never enters an event, a log line, a metric or a trace.

    `suffices` are those of the roles that the door, or the act, asked for; None where none was asked for.
    """

    subject: str
    roles: frozenset[Role]
    office: str | None = None
    name: str = ""
    suffices: frozenset[Role] | None = field(default=None, compare=False)
    is_agency: bool = False

    @classmethod
    def agency(cls, office: str) -> Self:
        """Return an office's own system."""
        return cls(subject=f"{AGENCY_ACTOR}{office}", roles=frozenset({Role.OFFICER}), office=office, is_agency=True)

    @property
    def is_service(self) -> bool:
        return Role.SERVICE in self.roles

    @property
    def actor(self) -> str:
        """Who did it, as events say: an id at the identity provider, never a person's name; ``agency:<office>`` of a system."""
        if self.is_agency:
            return self.subject
        return f"{'service' if self.is_service else 'person'}:{self.subject}"

    @property
    def authority(self) -> str | None:
        """The right under which it is done, as events say: a role and its office, for example ``officer@hanoi-00070``.

        Of several roles that suffice it is the one with the least reach; None for who holds none.
        """
        held = self.roles if self.suffices is None else self.suffices
        role = next((role for role in Role if role in held), None)
        if role is None:
            return None
        return f"{role}@{self.office}" if self.office and role is not Role.SERVICE else str(role)

    def acting_as(self, roles: Iterable[str]) -> Self:
        """Return the same person with the roles that suffice for what he does narrowed to `roles`."""
        wanted = frozenset(map(str, roles))
        return replace(self, suffices=frozenset(role for role in self.roles if str(role) in wanted))

    def has(self, *roles: Role) -> bool:
        """Whether one of `roles` is held."""
        return not self.roles.isdisjoint(roles)

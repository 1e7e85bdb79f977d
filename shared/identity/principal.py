"""Who is asking: a person with roles and an office, or one of our own services."""

from dataclasses import dataclass

from shared.contracts.words import Role
from shared.kernel.refusals import Refused


class NotSignedIn(Refused):
    """No token, or one that is not valid (any more). HTTP 401."""

    code = "not_signed_in"


class NotAllowed(Refused):
    """The role does not carry this right. HTTP 403; for a single thing of others the answer is Unknown instead."""

    code = "not_allowed"


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who signed in. `name` is for display only: it never enters an event, a log line, a metric or a trace."""

    subject: str
    roles: frozenset[Role]
    office: str | None = None
    name: str = ""

    @property
    def is_service(self) -> bool:
        return Role.SERVICE in self.roles

    @property
    def actor(self) -> str:
        """Who did it, as events say: an id at the identity provider, never a person's name."""
        return f"{'service' if self.is_service else 'person'}:{self.subject}"

    def has(self, *roles: Role) -> bool:
        """Whether one of `roles` is held."""
        return not self.roles.isdisjoint(roles)

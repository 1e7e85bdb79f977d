"""Who sees anything of a petition: the same for every service that is asked about one, in lists as by its code.

What is not open to somebody is for him as if it were not there: doors answer Unknown, lists leave it out.
"""

from dataclasses import dataclass

from shared.contracts.words import Role
from shared.identity.principal import Principal
from shared.kernel.rights import is_for_head_alone


@dataclass(frozen=True, slots=True)
class Sight:
    """What decides it. `offices` is the office that has the petition (none: empty) and those above it, nearest first.

    `against` is the office that who is denounced belongs to, None where nobody has said it; `excluded` are actors who may have
    nothing to do with the petition.
    """

    offices: tuple[str, ...]
    is_sealed: bool = False
    against: str | None = None
    excluded: frozenset[str] = frozenset()

    @property
    def is_for_its_head(self) -> bool:
        """Whether who is denounced is, or may be, anybody of the very office that has it (Decree 31/2019 art. 5)."""
        office = self.offices[0] if self.offices else None
        return is_for_head_alone(is_denunciation=self.is_sealed, against=self.against, office=office)

    def excludes(self, reader: Principal) -> bool:
        """Whether somebody has a conflict of interest; no denunciation is ever open to an office's own system."""
        return reader.actor in self.excluded or (reader.is_agency and self.is_sealed)

    def is_open_to(self, reader: Principal) -> bool:
        """Whether somebody sees it: auditors and our own services, leaders above, and the office that has it."""
        if self.excludes(reader):
            return False
        if reader.has(Role.AUDITOR, Role.SERVICE):
            return True
        if reader.has(Role.LEADER) and reader.office in self.offices:
            return True
        if not reader.office or reader.office not in self.offices[:1]:
            return False
        return reader.has(Role.HEAD) or (reader.has(Role.OFFICER) and not self.is_for_its_head)


def sees_denounced_colleagues(reader: Principal) -> bool:
    """Whether somebody who may read an office's list sees there what denounces, or may denounce, its own people."""
    return reader.has(Role.AUDITOR, Role.SERVICE, Role.LEADER, Role.HEAD)

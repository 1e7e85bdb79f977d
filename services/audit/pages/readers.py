"""Who may open audit's pages: auditors. Others are told so, and nothing of any petition."""

from typing import Annotated

from fastapi import Depends

from shared.contracts.words import Role
from shared.identity import Principal
from shared.web import requires

Auditor = Annotated[Principal, Depends(requires(Role.AUDITOR))]

"""The file of the rules of retention to the domain."""

from pathlib import Path
from types import MappingProxyType
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.intake.domain.retention import Kept, Retention
from shared.contracts.words import Kind
from shared.kernel.refusals import Malformed

SHIPPED = Path(__file__).resolve().parents[1] / "retention.yaml"
YEARS_MAX = 100


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kinds: list[Kind] = Field(min_length=1)
    years: int = Field(ge=1, le=YEARS_MAX)
    citation: str = Field(min_length=1)
    confirmation: Literal["TEXT", "RECALL", "DESIGN"]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rules: list[_Rule]


def read_retention(file: Path) -> Retention:
    """Return the rules. Raises Malformed where the file cannot be read, or a kind has no rule or two."""
    try:
        said = _File.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, yaml.YAMLError, ValidationError) as error:
        raise Malformed(f"{file}: {error}", code="bad_retention") from error
    named = [kind for rule in said.rules for kind in rule.kinds]
    wrong = [f"{kind}: {named.count(kind)} rules" for kind in Kind if named.count(kind) != 1]
    if wrong:
        raise Malformed(f"{file}: each kind needs one rule; {', '.join(wrong)}", code="bad_retention")
    kept = {str(kind): Kept(rule.years, rule.citation, rule.confirmation) for rule in said.rules for kind in rule.kinds}
    return MappingProxyType({str(kind): kept[kind] for kind in Kind})

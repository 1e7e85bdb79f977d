"""Settings from the environment: read once, checked at boot, every mistake listed with the variable's name."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from shared.kernel.refusals import Malformed

COMMON_PREFIX = "CAUNOI_"
NESTED = "__"

Model = TypeVar("Model", bound=BaseModel)


def load_settings(model: type[Model], environ: Mapping[str, str], *, prefix: str) -> Model:
    """Read `model`: ``<prefix>X__Y`` fills its field ``x.y``, else ``CAUNOI_X__Y``. Empty variables count as not set.

    Raises Malformed listing every variable that is missing or wrong.
    """
    values: dict[str, Any] = {}
    for start in (COMMON_PREFIX, prefix):
        for name, value in environ.items():
            if name.startswith(start) and value != "":
                path = name.removeprefix(start).lower().split(NESTED)
                if path[0] in model.model_fields:
                    _put(values, path, value)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        mistakes = [_mistake(item["loc"], item["msg"], prefix) for item in error.errors(include_url=False, include_input=False)]
        lines = "\n".join(f"  {mistake['field']}: {mistake['reason']}" for mistake in mistakes)
        raise Malformed(f"settings are not right:\n{lines}", code="bad_settings", errors=mistakes) from error


def _put(values: dict[str, Any], path: list[str], value: str) -> None:
    for part in path[:-1]:
        inner = values.setdefault(part, {})
        values = inner if isinstance(inner, dict) else {}
    values[path[-1]] = value


def _mistake(place: tuple[int | str, ...], message: str, prefix: str) -> dict[str, str]:
    variable = prefix + NESTED.join(str(part).upper() for part in place)
    return {"field": variable, "reason": message, "remedy": "see .env.example"}

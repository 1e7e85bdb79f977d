"""What every event body is, and reading one by its type. What is unknown is never refused."""

from enum import StrEnum
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict

_registry: dict[str, type["EventBody"]] = {}


class OpenWord(StrEnum):
    """A word of a list. One that came after this package was made reads as itself: compare, and take it for "another"."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        word = str.__new__(cls, value)
        word._name_ = word._value_ = value
        return word

    @property
    def is_known(self) -> bool:
        """Whether this package knows the word."""
        return self.value in type(self)._value2member_map_


class EventBody(BaseModel):
    """Base of every event body; `TYPE` is its event type, ``petitions.<service>.<noun>.<verb>.v<N>``."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    TYPE: ClassVar[str] = ""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if cls.TYPE:
            _registry[cls.TYPE] = cls


def event_types() -> dict[str, type[EventBody]]:
    """Return every event type that this package knows, with its model."""
    return dict(_registry)


def model_of(event_type: str) -> type[EventBody] | None:
    """Return the model of an event type, None for one that came after this package was made."""
    return _registry.get(event_type)

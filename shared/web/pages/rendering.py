"""The templates of one service and what every page may use in them: words in both languages, times, numbers, static files.

Invariant: a template's output is escaped, and a name that was not given is a mistake, not an empty place.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from shared.web.catalogue import ROLES, in_one_language
from shared.web.language import ENGLISH, VIETNAMESE
from shared.web.pages.static import Static

ZONE = "Asia/Ho_Chi_Minh"
_OWN = Path(__file__).parent
_DAY = 86_400
_UNITS = (("ngày", "day", _DAY), ("giờ", "hour", 3_600), ("phút", "minute", 60), ("giây", "second", 1))
_UNITS_SHOWN = 2


class Pages:
    """What a service's pages are made of. `templates` and `static`: the service's own folders, beside the shared ones.

    A service's template is found before a shared one of the same name: call its layout after the service, not ``layout.html``.
    Times are shown in the time zone `zone`.
    """

    def __init__(self, *, templates: Path | None = None, static: Path | None = None, zone: str = ZONE) -> None:
        folders = [folder for folder in (templates, _OWN / "templates") if folder is not None]
        self.static = Static([folder for folder in (_OWN / "static", static) if folder is not None])
        self.zone = ZoneInfo(zone)
        self.has_start = templates is not None
        self._environments = {language: _environment(folders, language, self.zone) for language in (VIETNAMESE, ENGLISH)}

    def render(self, template: str, facts: Mapping[str, object], *, language: str) -> str:
        """Return the page `template` in a language, filled with `facts`."""
        return self._environments[language].get_template(template).render(facts)


def _environment(folders: list[Path], language: str, zone: ZoneInfo) -> Environment:
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.do"],
        auto_reload=False,
    )
    is_english = language == ENGLISH

    def say(vietnamese: str, english: str) -> str:
        return english if is_english else vietnamese

    environment.globals |= {"say": say, "language": language}
    environment.filters |= {
        "at": _times(zone),
        "one_language": lambda written: in_one_language(written, language=language),
        "pairs": lambda names, only=None: [(code, say(*names[code])) for code in only or names],
        "role": lambda role: say(*ROLES.get(role, (role, role))),
        "on": lambda day: f"{day:%d/%m/%Y}",
        "number": lambda value: number(value, language=language),
        "lasting": lambda value: lasting(value, language=language),
    }
    return environment


def _times(zone: ZoneInfo) -> Callable[..., Markup]:
    def at(instant: datetime, *, seconds: bool = False) -> Markup:
        """Show an instant in the city's time; programs read the instant itself."""
        local = instant.astimezone(zone)
        shown = local.strftime("%H:%M:%S %d/%m/%Y" if seconds else "%H:%M %d/%m/%Y")
        return Markup('<time datetime="{}">{}</time>').format(instant.isoformat(), shown)

    return at


def number(value: float, *, language: str) -> str:
    """Return a number as people write it: 1.234,5 in Vietnamese, 1,234.5 in English."""
    shown = f"{value:,}"
    return shown if language == ENGLISH else shown.translate(str.maketrans(",.", ".,"))


def lasting(value: timedelta | float, *, language: str) -> str:
    """Return a length of time (seconds, where it is a number) by its two largest units: 2 days 3 hours."""
    left = round(abs(value.total_seconds() if isinstance(value, timedelta) else value))
    parts: list[str] = []
    for vietnamese, english, seconds in _UNITS:
        count, rest = divmod(left, seconds)
        if count and len(parts) < _UNITS_SHOWN:
            unit = (english if count == 1 else f"{english}s") if language == ENGLISH else vietnamese
            parts.append(f"{number(count, language=language)} {unit}")
        elif parts:
            break
        left = rest
    return " ".join(parts) or ("0 seconds" if language == ENGLISH else "0 giây")

"""What the HTTP doors of the services share: problems, sign-in, health, metrics, settings, and the application around them."""

from shared.web import problems
from shared.web.building import Service, build_app
from shared.web.language import language_of
from shared.web.limiting import LimitSettings
from shared.web.middleware import small_bodies
from shared.web.pages import Pages, page
from shared.web.problems import problem
from shared.web.repeating import Repeats
from shared.web.rights import Door, doors_of
from shared.web.settings import load_settings
from shared.web.signing_in import requires, signed_in

__all__ = [
    "Door",
    "LimitSettings",
    "Pages",
    "Repeats",
    "Service",
    "build_app",
    "doors_of",
    "language_of",
    "load_settings",
    "page",
    "problem",
    "problems",
    "requires",
    "signed_in",
    "small_bodies",
]

"""For developers of agencies: what Cầu Nối says and does, typed. Begin with README.md; events are in `caunoi_sdk.events`."""

from caunoi_sdk.city import City
from caunoi_sdk.event import Cause, Event, Unreadable
from caunoi_sdk.models import Joint, Lodging, Paper, Person, Point
from caunoi_sdk.problems import Malformed, NotAllowed, NotFound, NotSignedIn, Outdated, Problem, Refused, Trouble, Unreachable
from caunoi_sdk.pulling import BEGINNING, NOW, From, since
from caunoi_sdk.settling import Poison
from caunoi_sdk.stores import SQLiteStore, Store
from caunoi_sdk.streams import Events
from caunoi_sdk.tokens import TokenEndpoint, TokenProvider, fixed
from caunoi_sdk.webhooks import Forged, Webhook

__all__ = [
    "BEGINNING",
    "NOW",
    "Cause",
    "City",
    "Event",
    "Events",
    "Forged",
    "From",
    "Joint",
    "Lodging",
    "Malformed",
    "NotAllowed",
    "NotFound",
    "NotSignedIn",
    "Outdated",
    "Paper",
    "Person",
    "Point",
    "Poison",
    "Problem",
    "Refused",
    "SQLiteStore",
    "Store",
    "TokenEndpoint",
    "TokenProvider",
    "Trouble",
    "Unreachable",
    "Unreadable",
    "Webhook",
    "fixed",
    "since",
]

"""Who is asking, and the keys that keep what is personal: token checks, roles and offices, envelope encryption."""

from shared.identity.cipher import EnvelopeCipher, Sealed
from shared.identity.ciphers import Ciphers
from shared.identity.principal import PRINCIPAL_KEY, NotAllowed, NotSignedIn, Principal
from shared.identity.provider import Asked, Provider
from shared.identity.sessions import Session, Sessions
from shared.identity.settings import IdentitySettings
from shared.identity.sight import Sight, sees_denounced_colleagues
from shared.identity.tokens import ServiceTokens, TokenVerifier

__all__ = [
    "PRINCIPAL_KEY",
    "Asked",
    "Ciphers",
    "EnvelopeCipher",
    "IdentitySettings",
    "NotAllowed",
    "NotSignedIn",
    "Principal",
    "Provider",
    "Sealed",
    "ServiceTokens",
    "Session",
    "Sessions",
    "Sight",
    "TokenVerifier",
    "sees_denounced_colleagues",
]

"""Where webhooks may go: which addresses a person may write, and which machines may be behind them. Pure.

Whoever may register an address could otherwise make us knock at machines that only we can reach. So the written address is read
strictly (what only some programs read as a number is refused), and every address that its name has is checked when we connect.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from shared.kernel.refusals import Malformed

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

URL_CHARACTERS_MAX = 1000
_HOST_CHARACTERS_MAX = 253
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")
_PLAIN = re.compile(r"[\x21-\x7e]+")
_DEFAULT_PORTS = {"https": 443, "http": 80}
_NOT_PUBLIC = tuple(
    ip_network(written)
    for written in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' own addresses
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, and the metadata of clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",  # multicast and what is reserved
        "::/8",  # unspecified, loopback, IPv4 in IPv6
        "64:ff9b::/32",  # IPv4 behind a translator
        "100::/8",
        "2001::/23",  # Teredo and other special purposes
        "2001:db8::/32",
        "2002::/16",  # 6to4: IPv4 inside
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe00::/7",  # link-local, site-local
        "ff00::/8",
    )
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a city allows. `networks` may be gone to though they are not public, at every port."""

    networks: tuple[Network, ...] = ()
    ports: frozenset[int] = frozenset({443, 8443})
    is_http_allowed: bool = False

    def allows(self, address: Address, port: int) -> bool:
        """Whether a connection may be made to an address that a name has."""
        real = _unwrapped(address)
        if any(real.version == network.version and real in network for network in self.networks):
            return True
        return port in self.ports and is_public(real)


@dataclass(frozen=True, slots=True)
class Target:
    """A written address, taken apart."""

    host: str
    port: int


def is_public(address: Address) -> bool:
    """Whether an address is one of the open Internet, by the registries of special-purpose addresses (RFC 6890)."""
    real = _unwrapped(address)
    inside = any(real.version == network.version and real in network for network in _NOT_PUBLIC)
    return real.is_global and not inside and not real.is_multicast


def read_networks(written: str) -> tuple[Network, ...]:
    """Read networks, separated by commas. Raises ValueError."""
    return tuple(ip_network(part.strip()) for part in written.split(",") if part.strip())


def read_ports(written: str) -> frozenset[int]:
    """Read ports, separated by commas. Raises ValueError."""
    return frozenset(int(part) for part in written.split(",") if part.strip())


def read_url(written: str, rules: Rules) -> Target:
    """Take apart where somebody wants webhooks to go. Raises Malformed with the field `url`."""
    if len(written) > URL_CHARACTERS_MAX:
        raise bad_url("quá dài", "too long", f"tối đa {URL_CHARACTERS_MAX} ký tự", f"at most {URL_CHARACTERS_MAX} characters")
    if not _PLAIN.fullmatch(written) or "\\" in written:
        raise bad_url(
            "có ký tự không dùng được",
            "it has characters that cannot stand there",
            "chỉ dùng ASCII, không dấu cách; tên miền có dấu viết dạng xn--…",
            "ASCII without spaces; write other names in their form xn--…",
        )
    parts, port = _split(written)
    _check_form(parts, rules)
    host = _checked_host(parts.hostname or "")
    target = Target(host, port or _DEFAULT_PORTS[parts.scheme])
    _check_port(target, rules)
    return target


def check_addresses(addresses: Collection[Address], port: int, rules: Rules) -> None:
    """See that every address that a name has may be gone to. Raises Malformed with the field `url`."""
    if not addresses or not all(rules.allows(address, port) for address in addresses):
        raise bad_url(
            "địa chỉ này không được phép gửi tới",
            "no webhooks may be sent to this address",
            "chỉ gửi tới địa chỉ công khai; mạng nội bộ: người vận hành cho phép (NOTIFY_WEBHOOKS__ALLOWED_NETWORKS)",
            "only to public addresses of the Internet; own networks are allowed by operators (NOTIFY_WEBHOOKS__ALLOWED_NETWORKS)",
        )


def literal(host: str) -> Address | None:
    """Return the address that a host is written as, None where it is a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def bad_url(reason_vi: str, reason_en: str, remedy_vi: str, remedy_en: str) -> Malformed:
    """Return what is wrong with a written address."""
    mistake = {"field": "url", "reason": f"{reason_vi} · {reason_en}", "remedy": f"{remedy_vi} · {remedy_en}"}
    return Malformed(f"url: {reason_en}", errors=[mistake])


def _split(written: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(written)
        port = parts.port
    except ValueError as error:
        raise _no_url() from error
    if port == 0:
        raise _no_url()
    return parts, port


def _no_url() -> Malformed:
    return bad_url(
        "không phải địa chỉ", "no address", "ghi như https://donvi.vn/webhooks", "write it like https://agency.vn/hooks"
    )


def _check_form(parts: SplitResult, rules: Rules) -> None:
    if parts.scheme == "http" and not rules.is_http_allowed:
        raise bad_url("phải là https", "it must be https", "đổi http thành https", "write https in place of http")
    if parts.scheme not in _DEFAULT_PORTS:
        raise _no_url()
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise bad_url(
            "không được chứa tên hoặc mật khẩu",
            "it must not hold a user name or password",
            "bỏ phần trước @: chữ ký đã xác thực chúng tôi",
            "leave out what stands before the @: the signature says who we are",
        )
    if "[" in parts.netloc and ":" not in (parts.hostname or ""):
        raise _no_url()
    if parts.fragment:
        raise bad_url(
            "không được có phần #", "it must have no part after #", "bỏ phần từ dấu #", "leave out the # and what follows"
        )


def _checked_host(host: str) -> str:
    """Return a host that every program reads as we do: a name of plain labels, or an address in its usual form."""
    if ":" in host:
        if "%" in host or literal(host) is None:
            raise _no_url()
        return host
    name = host.removesuffix(".")
    labels = name.split(".")
    if not name or len(name) > _HOST_CHARACTERS_MAX or not all(_LABEL.fullmatch(label) for label in labels):
        raise _no_url()
    if _NUMBER.fullmatch(labels[-1]) and literal(name) is None:
        raise bad_url(
            "địa chỉ số viết không đúng dạng",
            "a number that is no address in its usual form",
            "ghi tên miền, hoặc địa chỉ IPv4 dạng a.b.c.d",
            "write a name, or an IPv4 address as a.b.c.d",
        )
    return name


def _check_port(target: Target, rules: Rules) -> None:
    """Refuse a port that is never allowed; where own networks are, the address decides it when we connect."""
    if target.port in rules.ports or rules.networks:
        return
    possible = ", ".join(map(str, sorted(rules.ports)))
    raise bad_url(
        f"cổng {target.port} không dùng được",
        f"port {target.port} is not used",
        f"một trong: {possible}",
        f"one of: {possible}",
    )


def _unwrapped(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one is only another way to write."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def addresses_of(written: Iterable[str]) -> list[Address]:
    """Read addresses as a resolver gives them, a zone after % left out (fe80::1%eth0 is link-local whatever follows)."""
    return [ip_address(item.partition("%")[0]) for item in written]

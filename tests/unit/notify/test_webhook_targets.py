"""Where webhooks may go: nowhere that only we can reach, however it is written."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.webhook_targets import Rules, Target, check_addresses, is_public, read_url
from shared.kernel.refusals import Malformed

RULES = Rules()


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ("https://donvi.gov.vn/hooks", Target("donvi.gov.vn", 443)),
        ("https://donvi.gov.vn:8443", Target("donvi.gov.vn", 8443)),
        ("https://XN--c1yn36f.example/h?key=1", Target("xn--c1yn36f.example", 443)),
        ("https://donvi.gov.vn./hooks", Target("donvi.gov.vn", 443)),
        ("https://93.184.216.34/", Target("93.184.216.34", 443)),
        ("https://[2606:2800:220:1:248:1893:25c8:1946]/", Target("2606:2800:220:1:248:1893:25c8:1946", 443)),
    ],
)
def test_a_usual_address_is_taken_apart(written: str, target: Target) -> None:
    assert read_url(written, RULES) == target


@pytest.mark.parametrize(
    "written",
    [
        "",
        "donvi.gov.vn",
        "ftp://donvi.gov.vn/",
        "file:///etc/passwd",
        "http://donvi.gov.vn/",
        "https:///hooks",
        "https://",
        "https://user:pass@donvi.gov.vn/",
        "https://donvi.gov.vn@127.0.0.1/",
        "https://@donvi.gov.vn/",
        "https://donvi.gov.vn/#part",
        "https://donvi.gov.vn\\@127.0.0.1/",
        "https://donvi.gov.vn /",
        "https://donvi.gov.vn/\r\nHost: other",
        "https://donvi.gov.vn/\x00",
        "https://đơnvị.vn/",
        "https://１２７.0.0.1/",
        "https://127。0。0。1/",
        "https://ⓛocalhost/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://127.0.0.1.0/",
        "https://00000127.0.0.1/",
        "https://[fe80::1%25eth0]/",
        "https://[::1",
        "https://[v1.fe]/",
        "https://donvi.gov.vn:22/",
        "https://donvi.gov.vn:0/",
        "https://donvi.gov.vn:99999/",
        "https://donvi.gov.vn:443:80/",
        "https://-donvi.vn/",
        "https://don..vi/",
        "https://%6c%6f%63alhost/",
        "https://" + "a" * 64 + ".vn/",
        "https://donvi.vn/" + "a" * 1000,
    ],
)
def test_what_somebody_might_read_otherwise_is_refused_with_a_remedy(written: str) -> None:
    with pytest.raises(Malformed) as refusal:
        read_url(written, RULES)
    errors = refusal.value.facts["errors"]
    assert isinstance(errors, list)
    assert errors[0]["field"] == "url"
    assert " · " in errors[0]["remedy"]


INSIDE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",  # noqa: S104 - to be refused
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "100.127.255.255",
    "169.254.169.254",
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "100::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("written", INSIDE)
def test_no_address_of_our_own_networks_is_gone_to(written: str) -> None:
    address = ip_address(written)
    assert not is_public(address)
    with pytest.raises(Malformed):
        check_addresses([address], 443, RULES)
    with pytest.raises(Malformed):  # one good address beside it does not help
        check_addresses([ip_address("93.184.216.34"), address], 443, RULES)


@pytest.mark.parametrize("written", ["93.184.216.34", "1.1.1.1", "203.162.0.1", "2606:4700:4700::1111", "::ffff:1.1.1.1"])
def test_the_open_internet_is(written: str) -> None:
    check_addresses([ip_address(written)], 443, RULES)


@given(st.integers(0, 2**32 - 1))
def test_an_ipv4_address_written_inside_an_ipv6_one_is_judged_as_itself(number: int) -> None:
    plain, mapped = IPv4Address(number), IPv6Address(f"::ffff:{IPv4Address(number)}")
    assert is_public(plain) == is_public(mapped)
    assert not is_public(plain) or plain.is_global


@given(st.ip_addresses())
def test_nothing_is_public_that_the_registries_say_is_not(address: IPv4Address | IPv6Address) -> None:
    assert not is_public(address) or address.is_global


def test_a_network_that_operators_allow_is_gone_to_at_every_port_and_no_other() -> None:
    rules = Rules(networks=(ip_network("10.20.0.0/16"),))
    check_addresses([ip_address("10.20.3.4")], 9000, rules)
    check_addresses([ip_address("::ffff:10.20.3.4")], 9000, rules)
    for address, port in (("10.21.0.1", 443), ("127.0.0.1", 443), ("93.184.216.34", 9000)):
        with pytest.raises(Malformed):
            check_addresses([ip_address(address)], port, rules)


def test_no_address_at_all_is_no_permission() -> None:
    with pytest.raises(Malformed):
        check_addresses([], 443, RULES)

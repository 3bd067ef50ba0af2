"""Which addresses may be called: what leads to somebody's credentials never, what is not public where it is allowed."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.addresses import NEVER, AddressPolicy, never_called, read_networks

TIGHT = AddressPolicy()
OPEN = AddressPolicy(read_networks("0.0.0.0/0, ::/0"))
USUAL = AddressPolicy(read_networks("loopback,private"))

ALWAYS_REFUSED = {
    "169.254.169.254": "metadata",
    "169.254.170.2": "metadata",
    "169.254.170.23": "metadata",
    "fd00:ec2::254": "metadata",
    "fd00:ec2::23": "metadata",
    "fd20:ce::254": "metadata",
    "168.63.129.16": "metadata",
    "100.100.100.200": "metadata",
    "192.0.0.192": "metadata",
    "169.254.1.1": "link-local",
    "fe80::1": "link-local",
    "fe80::1%1": "link-local",
    "224.0.0.1": "multicast",
    "ff02::1": "multicast",
    "0.0.0.0": "no address",
    "0.1.2.3": "no address",
    "::": "no address",
    "255.255.255.255": "no address",
    "::ffff:169.254.169.254": "metadata",
    "64:ff9b::a9fe:a9fe": "metadata",
    "64:ff9b:1::a9fe:a9fe": "metadata",
    "2002:a9fe:a9fe::": "metadata",
    "2001:0:4136:e378:8000:63bf:5601:5601": "metadata",
    "::a9fe:a9fe": "metadata",
    "::ffff:0.0.0.0": "no address",
}
REFUSED_UNLESS_ALLOWED = {
    "127.0.0.1": "loopback",
    "127.9.9.9": "loopback",
    "::1": "loopback",
    "10.0.0.1": "private",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.168.1.1": "private",
    "fd12:3456::1": "private",
    "100.64.0.1": "CGNAT",
    "100.127.255.255": "CGNAT",
    "::ffff:10.0.0.1": "private",
    "::ffff:100.64.0.1": "CGNAT",
    "64:ff9b::7f00:1": "loopback",
    "64:ff9b::a00:1": "private",
    "2002:a00:1::1": "another",
    "2002:808:808::1": "another",
    "2001:0:4136:e378:8000:63bf:f7f7:f7f7": "another",
    "64:ff9b:1::808:808": "another",
    "192.0.2.1": "reserved",
    "198.18.0.1": "reserved",
    "240.0.0.1": "reserved",
    "2001:db8::1": "reserved",
    "::808:808": "reserved",
    "fec0::1": "reserved",
}
PUBLIC = (
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.1",
    "172.32.0.1",
    "169.253.0.1",
    "2606:4700::1111",
    "2001:4860:4860::8888",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
)


@pytest.mark.parametrize("address", ALWAYS_REFUSED)
def test_what_gives_out_credentials_or_is_no_host_is_refused_whatever_is_allowed(address: str) -> None:
    one = ip_address(address)
    for policy in (TIGHT, USUAL, OPEN):
        assert ALWAYS_REFUSED[address] in policy.refusal(one)
    assert ALWAYS_REFUSED[address] in never_called(one)


@pytest.mark.parametrize("address", REFUSED_UNLESS_ALLOWED)
def test_what_is_not_public_is_refused_unless_its_network_is_allowed(address: str) -> None:
    one = ip_address(address)
    assert REFUSED_UNLESS_ALLOWED[address] in TIGHT.refusal(one)
    assert OPEN.refusal(one) == never_called(one) == ""
    assert (USUAL.refusal(one) == "") == (REFUSED_UNLESS_ALLOWED[address] in {"loopback", "private"})


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_may_be_called(address: str) -> None:
    assert TIGHT.refusal(ip_address(address)) == ""


@pytest.mark.parametrize("allowed", ["2002::/16", "2001::/32", "64:ff9b:1::/48"])
def test_a_network_with_addresses_in_its_own_does_not_allow_those(allowed: str) -> None:
    policy = AddressPolicy(read_networks(allowed))
    inside = {
        "2002::/16": ("2002:a00:1::1", "2002:808:808::1"),
        "2001::/32": ("2001:0:4136:e378:8000:63bf:f5ff:fffe", "2001:0:4136:e378:8000:63bf:f7f7:f7f7"),
        "64:ff9b:1::/48": ("64:ff9b:1::a00:1", "64:ff9b:1::808:808"),
    }[allowed]
    assert [policy.refusal(ip_address(address)) for address in inside] == ["a private address", ""]


@given(st.integers(0, 2**32 - 1), st.sampled_from([USUAL, TIGHT, OPEN]))
def test_an_address_of_ipv4_is_judged_alike_however_it_is_written(number: int, policy: AddressPolicy) -> None:
    plain = policy.refusal(IPv4Address(number))
    assert policy.refusal(IPv6Address((0xFFFF << 32) | number)) == plain
    assert policy.refusal(IPv6Address((0x64FF9B << 96) | number)) == plain


@given(st.sampled_from([one for _, networks in NEVER for one in networks if isinstance(one, IPv4Network)]), st.data())
def test_nothing_that_is_refused_always_is_reached_through_another_address(
    network: IPv4Network, data: st.DataObject
) -> None:
    number = int(network[data.draw(st.integers(0, network.num_addresses - 1))])
    low64 = data.draw(st.integers(0, 2**64 - 1))
    six_to_four = IPv6Address((0x2002 << 112) | (number << 80) | low64)
    teredo = IPv6Address((0x20010000 << 96) | (low64 << 32) | (~number & 0xFFFFFFFF))
    for address in (six_to_four, teredo):
        assert OPEN.refusal(address)


@pytest.mark.parametrize("text", ["10.0.0.1/8", "privat", "10.0.0.0/8;::1", "metadata"])
def test_what_is_no_network_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="is neither a network such as"):
        read_networks(text)


def test_no_network_may_be_said() -> None:
    assert read_networks(" , ") == ()

"""Networks by bisection: as if each were compared with each."""

from __future__ import annotations

import ipaddress

from hypothesis import given, settings
from hypothesis import strategies as st

from sievepy.engine.matchers.networks import IpMatcher, NetworkTable
from sievepy.ir.conditions import HasIp
from tests.unit.engine.make import BODY, segment

net = ipaddress.ip_network
few_networks = st.lists(
    st.builds(
        lambda value, length: ipaddress.IPv4Network((value << 24, length), strict=False),
        st.integers(0, 15),
        st.integers(2, 12),
    ),
    max_size=12,
)
addresses = st.builds(lambda value: ipaddress.IPv4Address(value << 20), st.integers(0, 256))


@settings(max_examples=300, derandomize=True, deadline=None, database=None)
@given(few_networks, addresses, addresses)
def test_the_table_finds_what_comparing_with_each_finds(
    networks: list[ipaddress.IPv4Network], one: ipaddress.IPv4Address, other: ipaddress.IPv4Address
) -> None:
    first, last = min(one, other), max(one, other)
    expected = {n for n, network in enumerate(networks) if first <= network[-1] and network[0] <= last}
    assert set(NetworkTable(enumerate(networks)).overlapping(first, last)) == expected


def test_the_versions_do_not_meet() -> None:
    table = NetworkTable([(4, net("0.0.0.0/0")), (6, net("::/0"))])
    assert set(table.overlapping(ipaddress.ip_address("::1"), ipaddress.ip_address("::1"))) == {6}


def test_equal_and_nested_networks_of_several_tests_are_all_found() -> None:
    tests = [(1, HasIp(BODY, (net("91.235.177.0/24"),))), (2, HasIp(BODY, (net("91.235.0.0/16"), net("10.0.0.0/8"))))]
    matcher = IpMatcher(
        [*tests, (3, HasIp(BODY, (net("91.235.177.0/24"),))), (4, HasIp(BODY, (net("91.235.178.0/24"),)))]
    )
    assert set(matcher.find(segment("сканирует 91.235.177.5, помогите"))) == {1, 2, 3}
    assert set(matcher.find(segment("191.235.177.5 и 91.235.1771"))) == set()

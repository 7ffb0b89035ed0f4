"""Which of many networks an address, a network or a range overlaps: a bisection, whatever their number.

CIDR networks are nested or apart, never half-overlapping (RFC 4632). Sorted by their first address, wider ones first,
those that hold an address are the last one that begins at or before it, and the networks around that one.
"""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator

from sievepy.ir.conditions import ClientIp, HasIp, IPNetwork
from sievepy.mail.ip import find_ranges
from sievepy.mail.view import Segment

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class NetworkTable:
    """Numbers by networks, both versions of IP."""

    def __init__(self, entries: Iterable[tuple[int, IPNetwork]]) -> None:
        numbers: defaultdict[IPNetwork, list[int]] = defaultdict(list)
        for number, network in entries:
            numbers[network].append(number)
        self._versions = {
            v: _Nested({n: tuple(found) for n, found in numbers.items() if n.version == v}) for v in (4, 6)
        }

    def overlapping(self, first: IPAddress, last: IPAddress) -> Iterator[int]:
        """The numbers of the networks that share an address with `first`..`last`, both included and of one version."""
        return self._versions[first.version].overlapping(int(first), int(last))


class _Nested:
    def __init__(self, numbers: dict[IPNetwork, tuple[int, ...]]) -> None:
        networks = sorted(numbers, key=lambda network: (int(network[0]), network.prefixlen))
        self._numbers = [numbers[network] for network in networks]
        self._firsts = [int(network[0]) for network in networks]
        self._lasts = [int(network[-1]) for network in networks]
        self._around = self._enclosing()

    def _enclosing(self) -> list[int]:
        """For each network the narrowest one around it, -1 if there is none."""
        around: list[int] = []
        open_: list[int] = []
        for i, first in enumerate(self._firsts):
            while open_ and self._lasts[open_[-1]] < first:
                open_.pop()
            around.append(open_[-1] if open_ else -1)
            open_.append(i)
        return around

    def overlapping(self, first: int, last: int) -> Iterator[int]:
        begun = bisect_right(self._firsts, first)
        at = begun - 1
        while at >= 0:
            if first <= self._lasts[at]:
                yield from self._numbers[at]
            at = self._around[at]
        for later in range(begun, bisect_right(self._firsts, last)):
            yield from self._numbers[later]


class IpMatcher:
    """The tests `HasIp` of one field."""

    def __init__(self, tests: Iterable[tuple[int, HasIp]]) -> None:
        self._table = NetworkTable((number, network) for number, test in tests for network in test.networks)

    def find(self, segment: Segment) -> Iterator[int]:
        for written in find_ranges(segment.clean):
            yield from self._table.overlapping(written.first, written.last)


class ClientMatcher:
    """The tests `ClientIp`."""

    def __init__(self, tests: Iterable[tuple[int, ClientIp]]) -> None:
        self._table = NetworkTable((number, network) for number, test in tests for network in test.networks)

    def find(self, address: IPAddress) -> set[int]:
        return set(self._table.overlapping(address, address))

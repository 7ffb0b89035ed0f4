"""`is` on address fields (RFC 5228 5.1): whole addresses, exact domains and `*.domain`, each by a look-up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from sievepy.ir.conditions import AddressIs


class AddressMatcher:
    """The tests `AddressIs` of one field."""

    def __init__(self, tests: Iterable[tuple[int, AddressIs]]) -> None:
        self._addresses: defaultdict[str, list[int]] = defaultdict(list)
        self._domains: defaultdict[str, list[int]] = defaultdict(list)
        self._subdomains: defaultdict[str, list[int]] = defaultdict(list)
        for number, test in tests:
            for keys, table in (
                (test.addresses, self._addresses),
                (test.domains, self._domains),
                (test.subdomains, self._subdomains),
            ):
                for key in keys:
                    table[key].append(number)
        self._lengths = tuple(sorted({len(domain) for domain in self._subdomains}))

    def find(self, address: str) -> Iterator[int]:
        """The tests that one canonical address satisfies. What has no `@` has no domain."""
        yield from self._addresses.get(address, ())
        _, at, domain = address.rpartition("@")
        if not at:
            return
        yield from self._domains.get(domain, ())
        for length in self._lengths:
            if domain[-length - 1 : -length] == ".":
                yield from self._subdomains.get(domain[-length:], ())

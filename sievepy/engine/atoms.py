"""Tests as atoms: equal tests of all rules are one, with one number.

A condition is a tree; its leaves are atoms. Atoms compare by meaning (where a test was written is left out of an IR
node's comparison), so ten thousand rules that ask `from is @staff` ask it once a letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sievepy.ir.conditions import AllOf, AnyOf, Atom, Attachment, Exists, Field, Not, Test

ANY_ATTACHMENT = Exists(Field("attachment"))


class Atoms:
    """The atoms of a program, numbered in the order they are first seen."""

    def __init__(self, tests: Iterable[Test] = ()) -> None:
        self._numbers: dict[Atom, int] = {}
        for test in tests:
            for leaf in leaves(test):
                self._numbers.setdefault(leaf, len(self._numbers))

    def number(self, atom: Atom) -> int:
        """The number of an atom that was there at the beginning; KeyError for any other."""
        return self._numbers[atom]

    def __iter__(self) -> Iterator[tuple[int, Atom]]:
        return ((number, atom) for atom, number in self._numbers.items())

    def __len__(self) -> int:
        return len(self._numbers)


def leaves(test: Test) -> Iterator[Atom]:
    """The atoms of a condition in the order written. An attachment block is the atoms inside it, and the one that
    asks whether there is an attachment. The depth of conditions is bounded where they are read (32)."""
    match test:
        case Not(inner):
            yield from leaves(inner)
        case Attachment(inner):
            yield ANY_ATTACHMENT
            yield from leaves(inner)
        case AllOf(tests) | AnyOf(tests):
            for each in tests:
                yield from leaves(each)
        case _:
            yield test


_SPACED = ("attachment-", "client-", "spam-")


def field_name(field: Field) -> str:
    """A field as the rules language writes it: `from name`, `attachment kind`, `header "X-Spam"`."""
    if field.name is not None:
        return f'header "{field.name}"'
    if field.kind.endswith("-name") or field.kind.startswith(_SPACED):
        return field.kind.replace("-", " ") if field.kind != "reply-to-name" else "reply-to name"
    return field.kind

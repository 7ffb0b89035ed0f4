"""`contains`, `is`, `starts`, `ends`, `like` and `matches`: everything that looks for characters.

One Aho-Corasick automaton over the folded text finds the keys of `contains` and the literals that globs and regexes
cannot match without; those are then run only where their literal stands. `is`, `starts` and `ends` are a look-up for
each length that keys have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from ahocorasick_rs import AhoCorasick

from sievepy.engine.regex import Glob, Pattern
from sievepy.engine.required import choose, required_literals
from sievepy.ir.conditions import Match, Matches, Regex
from sievepy.mail.view import Segment

Numbers = Mapping[str, tuple[int, ...]]


class LiteralMatcher:
    """The tests `Match` and `Matches` of one field."""

    def __init__(self, tests: Iterable[tuple[int, Match | Matches]]) -> None:
        keys: dict[str, dict[str, list[int]]] = {how: {} for how in ("contains", "is", "starts", "ends", "like")}
        regexes: dict[Regex, list[int]] = {}
        for number, test in tests:
            if isinstance(test, Match):
                for key in test.keys:
                    keys[test.how].setdefault(key, []).append(number)
            else:
                for regex in test.regexes:
                    regexes.setdefault(regex, []).append(number)
        self._equal: Numbers = {key: tuple(numbers) for key, numbers in keys["is"].items()}
        self._starts = _by_length(keys["starts"])
        self._ends = _by_length(keys["ends"])
        self._inside = _Inside(keys["contains"], _guarded(keys["like"], regexes))

    def find(self, segment: Segment) -> list[int]:
        text = segment.folded
        found = self._inside.find(segment)
        found += self._equal.get(text, ())
        for length, starts in self._starts:
            found += starts.get(text[:length], ())
        for length, ends in self._ends:
            found += ends.get(text[len(text) - length :] if length <= len(text) else "", ())
        return found


def _by_length(keys: dict[str, list[int]]) -> tuple[tuple[int, Numbers], ...]:
    """Tables of keys of one length each. The empty key, which every text starts with, is a table of its own."""
    tables: defaultdict[int, dict[str, tuple[int, ...]]] = defaultdict(dict)
    for key, numbers in keys.items():
        tables[len(key)][key] = tuple(numbers)
    return tuple(sorted(tables.items()))


_Guarded = tuple[Glob | Pattern, tuple[int, ...], tuple[str, ...]]
"""What to run, the tests it answers, and the literals one of which must stand in the folded text (none: always run)."""


def _guarded(globs: dict[str, list[int]], regexes: dict[Regex, list[int]]) -> list[_Guarded]:
    found: list[_Guarded] = [(Glob(key), tuple(numbers), Glob(key).literals) for key, numbers in globs.items()]
    patterns = list(regexes)
    literals = choose([required_literals(regex.pattern) for regex in patterns])
    for regex, literal in zip(patterns, literals, strict=True):
        found.append((Pattern(regex), tuple(regexes[regex]), tuple(literal)))
    return found


class _Inside:
    """What may stand anywhere in a text."""

    def __init__(self, contains: dict[str, list[int]], guarded: list[_Guarded]) -> None:
        self._always = tuple(contains.get("", ()))
        self._unguarded = tuple((run, numbers) for run, numbers, literals in guarded if not literals)
        answers: dict[str, tuple[int, ...]] = {key: tuple(numbers) for key, numbers in contains.items() if key}
        runs: defaultdict[str, list[int]] = defaultdict(list)
        for i, (_, _, literals) in enumerate(guarded):
            for literal in literals:
                runs[literal].append(i)
        self._guarded = tuple((run, numbers) for run, numbers, _ in guarded)
        keys = sorted(answers.keys() | runs.keys())
        self._answers = tuple(answers.get(key, ()) for key in keys)
        self._runs = tuple(tuple(runs.get(key, ())) for key in keys)
        self._automaton = AhoCorasick(keys) if keys else None

    def find(self, segment: Segment) -> list[int]:
        found = [*self._always]
        to_run = self._unguarded
        if self._automaton is not None:
            matches = self._automaton.find_matches_as_indexes(segment.folded, overlapping=True)
            if matches:
                hit = {match[0] for match in matches}
                for i in hit:
                    found += self._answers[i]
                to_run += tuple(self._guarded[i] for i in {run for i in hit for run in self._runs[i]})
        for run, numbers in to_run:
            if run.holds(segment):
                found += numbers
        return found

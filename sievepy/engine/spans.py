"""Where a test hits in a segment: spans in clean text. Asked only of tests that answered yes, for rules that fired."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from sievepy.engine.matchers.exact import place_of
from sievepy.engine.matchers.phrases import Occurrence, near
from sievepy.engine.matchers.words import PhraseFinder, WordMatcher
from sievepy.engine.regex import Glob, Pattern
from sievepy.ir.conditions import HasIp, IPNetwork, Match, Matches, Mentions, MentionsExact, MentionsNear
from sievepy.mail.ip import Written, find_ranges
from sievepy.mail.tokens import tokenize
from sievepy.mail.view import Segment

Span = tuple[int, int]
TextTest = Mentions | MentionsNear | MentionsExact | Match | Matches | HasIp


Finder = Callable[[Segment], tuple[Span, ...]]


def phrase_span_finder(test: Mentions | MentionsNear, matcher: WordMatcher) -> Finder:
    """`span_finder` for a test on phrases, by the matcher that answers it."""
    finder = matcher.finder(test.phrases)
    return _mentions(finder) if isinstance(test, Mentions) else _near(finder, test.within)


def span_finder(test: MentionsExact | Match | Matches | HasIp) -> Finder:
    """Finds the first place that satisfies the test (of `all of … within` one a phrase); none where nothing does."""
    match test:
        case MentionsExact():
            return lambda segment: _first(_exact(key, segment) for key in test.keys)
        case Match():
            return lambda segment: _first(_literal(test.how, key, segment) for key in test.keys)
        case Matches(regexes=regexes):
            patterns = [Pattern(regex) for regex in regexes]
            return lambda segment: _first(pattern.span(segment) for pattern in patterns)
        case HasIp(networks=networks):
            return lambda segment: _first(_overlap(written, networks) for written in find_ranges(segment.clean))


def _first(found: Iterable[Span | None]) -> tuple[Span, ...]:
    """The leftmost span, the longest of those that begin there."""
    present = [span for span in found if span is not None]
    return (min(present, key=lambda span: (span[0], -span[1])),) if present else ()


def _mentions(finder: PhraseFinder) -> Finder:
    def find(segment: Segment) -> tuple[Span, ...]:
        return _first(_clean(standing[0], segment) for standing in finder(segment) if standing)

    return find


def _near(finder: PhraseFinder, within: int) -> Finder:
    def find(segment: Segment) -> tuple[Span, ...]:
        chosen = near(finder(segment), within)
        return tuple(_clean(occurrence, segment) for occurrence in chosen or ())

    return find


def _clean(occurrence: Occurrence, segment: Segment) -> Span:
    return segment.span_of_words(occurrence.first, occurrence.last)


def _exact(key: tuple[str, ...], segment: Segment) -> Span | None:
    tokens = tokenize(segment.clean)
    at = place_of(key, tokens)
    return None if at is None else (tokens[at].start, tokens[at + len(key) - 1].end)


def _literal(how: str, key: str, segment: Segment) -> Span | None:
    text = segment.folded
    match how:
        case "contains":
            at = text.find(key)
        case "starts":
            at = 0 if text.startswith(key) else -1
        case "ends":
            at = len(text) - len(key) if text.endswith(key) else -1
        case "is":
            at = 0 if text == key else -1
        case _:
            return Glob(key).span(segment)
    return None if at < 0 else segment.clean_span(at, at + len(key))


def _overlap(written: Written, networks: Sequence[IPNetwork]) -> Span | None:
    first, last = int(written.first), int(written.last)
    same = (network for network in networks if network.version == written.first.version)
    overlaps = any(first <= int(network[-1]) and int(network[0]) <= last for network in same)
    return (written.start, written.end) if overlaps else None

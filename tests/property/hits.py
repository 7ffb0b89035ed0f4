"""A reported hit is held against the letter: its text alone must satisfy some test of the rule, by the reference's
reading."""

from __future__ import annotations

from collections.abc import Iterator

from sievepy.ir import conditions as ir
from sievepy.ir.script import Script
from sievepy.mail.letter import Letter
from sievepy.mail.view import Segment, View
from sievepy.plan import Hit, Plan
from tests.property import reference

TEXT = ir.Match | ir.Matches | ir.Mentions | ir.MentionsNear | ir.MentionsExact | ir.HasIp


def check_hits(script: Script, plan: Plan, letter: Letter) -> None:
    """Every hit of every rule that fired is real, and a rule that only positive tests can fulfil has one."""
    rules = {rule.title: rule for rule in script.rules}
    for fired in plan.fired:
        rule = rules.get(fired.title)
        if rule is None:
            assert fired.title == "otherwise"
            assert fired.hits == ()
            continue
        positive = list(positive_tests(rule.test))
        for hit in fired.hits:
            assert any(_is_hit(test, hit, letter) for test in positive), (hit, positive)
        if _positive(rule.test):
            assert fired.hits, rule.test


def positive_tests(test: ir.Test) -> Iterator[ir.Test]:
    match test:
        case ir.Not():
            return
        case ir.AllOf(tests) | ir.AnyOf(tests):
            for each in tests:
                yield from positive_tests(each)
        case ir.Attachment(inner):
            yield from positive_tests(inner)
        case _:
            yield test


def _positive(test: ir.Test) -> bool:
    match test:
        case ir.Not():
            return False
        case ir.AllOf(tests):
            return any(map(_positive, tests))
        case ir.AnyOf(tests):
            return all(map(_positive, tests))
        case ir.Attachment(inner):
            return _positive(inner)
    return True


def _is_hit(test: ir.Test, hit: Hit, letter: Letter) -> bool:
    if reference.subject(test) != hit.field:
        return False
    if not isinstance(test, TEXT | ir.AddressIs):
        return (hit.part, hit.start, hit.end) == ("", -1, -1)
    return any(_holds(test, hit, segment) for segment in _segments(test.field, hit, letter))


def _segments(field: ir.Field, hit: Hit, letter: Letter) -> Iterator[Segment]:
    views: list[View]
    if field.kind.startswith("attachment-"):
        views = [attached.view(field.kind) for attached in letter.attachments.items]
    else:
        views = [letter.view(field.kind, field.name)]
    return (segment for view in views for segment in view.segments if segment.part == hit.part)


def _holds(test: ir.Test, hit: Hit, segment: Segment) -> bool:
    """The excerpt satisfies the test, and so does the whole segment it was taken from."""
    excerpt = Segment(segment.part, segment.clean[hit.start : hit.end])
    if isinstance(test, ir.AddressIs):
        return reference.is_address(test, excerpt.clean) and excerpt.clean == segment.clean
    if isinstance(test, ir.MentionsNear):
        alone = any(reference.holds_in(ir.Mentions(test.field, (phrase,)), excerpt) for phrase in test.phrases)
    elif isinstance(test, ir.Matches):
        alone = reference.holds_in(test, excerpt) or any("^" in r.pattern or "$" in r.pattern for r in test.regexes)
    else:
        alone = reference.holds_in(test, excerpt)
    if isinstance(test, ir.Match) and test.how != "contains":
        starts, ends = hit.start == 0, hit.end == len(segment.clean)
        alone = alone and {"starts": starts, "ends": ends}.get(test.how, starts and ends)
    return alone and reference.holds_in(test, segment)

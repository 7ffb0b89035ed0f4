"""Which letters have to be judged by changed rules, once it is known how the old ones judged them.

A rule that does not act on a letter leaves no trace in what becomes of it. So where no rule of the old ones that is
gone (or changed, or moved) acted, and none of the new ones could, both run through the same rules with the same
answers, and come to the same end. "Could" is asked of the new rules alone: what they ask of rules above (`assigned`,
`tagged`) is taken for granted, which can only make them hold more often (`signs.at_most`).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from sievepy.engine.context import EvalContext
from sievepy.engine.judging import OTHERWISE
from sievepy.engine.program import Program, build
from sievepy.ir.script import Rule, Script
from sievepy.mail.letter import Letter
from sievepy.plan import Action, Assign, AssignSame, NoteKind, Plan, Tag
from sievepy.ruletest.signs import at_most


@dataclass(frozen=True, slots=True)
class RuleChanges:
    """`gone`: titles of old rules that are not among the new ones as they were, in the same order. `new`: the new ones
    that were not among the old. `kept`: the place among the new rules of each old one that stays, by its old title.
    Rules that are only observed are neither."""

    gone: tuple[str, ...]
    new: tuple[tuple[int, Rule], ...]
    kept: dict[str, int]


def rule_changes(old: Script, new: Script) -> RuleChanges:
    """What changes in the rules, but for titles, places in files and numbers of priority: order is what counts."""
    before, after = list(_acting(old.rules)), list(_acting(new.rules))
    numbers: dict[Hashable, int] = {}

    def row(rules: Iterable[tuple[int, Rule]]) -> list[int]:
        return [numbers.setdefault(_meaning(rule), len(numbers)) for _, rule in rules]

    kept = {
        before[block.a + i][1].title: after[block.b + i][0]
        for block in SequenceMatcher(None, row(before), row(after), autojunk=False).get_matching_blocks()
        for i in range(block.size)
    }
    stay = frozenset(kept.values())
    return RuleChanges(
        gone=tuple(rule.title for _, rule in before if rule.title not in kept),
        new=tuple((place, rule) for place, rule in after if place not in stay),
        kept=kept,
    )


def _acting(rules: Sequence[Rule]) -> Iterator[tuple[int, Rule]]:
    return ((place, rule) for place, rule in enumerate(rules) if not rule.observe)


def _meaning(rule: Rule) -> Hashable:
    return rule.test, rule.unless, rule.actions, rule.carry_on, rule.off_until


class SecondLook:
    """Made of two scripts; asked for each letter that the old one judged."""

    def __init__(self, old: Script, new: Script) -> None:
        changes = rule_changes(old, new)
        self.changes = changes
        self._gone = frozenset(changes.gone)
        self._kept = changes.kept
        self._old = {rule.title: rule for rule in old.rules}
        self._otherwise = old.otherwise
        self._other_end = old.otherwise != new.otherwise
        self._other_recipients = _recipients_that_differ(old, new)
        self._new = {rule.title: (place, rule.deciding) for place, rule in changes.new}
        self._could = _could_hold(new, [rule for _, rule in changes.new]) if changes.new else None

    @property
    def same(self) -> bool:
        """Whether no letter can be judged differently."""
        return not (self._gone or self._new or self._other_end or self._other_recipients)

    def needed(self, plan: Plan, letter: Letter, context: EvalContext) -> bool:
        """Whether the new rules might make something else of a letter than this plan of the old ones."""
        if self.same:
            return False
        unknown = next((n.rule for n in plan.notes if n.kind is NoteKind.UNKNOWN and n.rule is not None), None)
        acted = plan.rules if unknown is None else (*plan.rules, unknown)
        if not self._gone.isdisjoint(acted) or (self._other_end and OTHERWISE in acted):
            return True
        if self._other_recipients and not self._other_recipients.isdisjoint(self._assigned(acted, context)):
            return True
        if self._could is None:
            return False
        return self._new_rule_acts(self._could, letter, context, self._end(plan.rules, unknown))

    def _end(self, fired: Sequence[str], unknown: str | None) -> int | None:
        """The place among the new rules of the one that ended the deciding run, if one did: the one whose answer was
        not known, or the one that fired and decides."""
        if unknown is not None:
            return self._kept[unknown]
        rules = (self._old[title] for title in fired if title in self._old)
        return next((self._kept[rule.title] for rule in rules if rule.deciding and not rule.carry_on), None)

    def _new_rule_acts(self, could: Program, letter: Letter, context: EvalContext, end: int | None) -> bool:
        plan = could.judge(letter, context)
        holding = {title for title in plan.rules if title in self._new}
        unknown = {note.rule for note in plan.notes if note.kind is NoteKind.UNKNOWN_ADDING and note.rule}
        for title in holding | unknown:
            place, deciding = self._new[title]
            if deciding and (end is None or place < end):
                return True
            if not deciding and title in holding:
                return True
        return False

    def _assigned(self, acted: Iterable[str], context: EvalContext) -> Iterator[str]:
        for title in acted:
            rule = self._old.get(title)
            yield from _departments(rule.actions if rule is not None else self._otherwise, context)


def _departments(actions: Iterable[Action], context: EvalContext) -> Iterator[str]:
    for action in actions:
        match action:
            case Assign(department=name):
                yield name
            case AssignSame():
                yield from context.known or ()


def _recipients_that_differ(old: Script, new: Script) -> frozenset[str]:
    """Departments of which plans say something else: who else sees their letters, and who is told."""
    before, after = ({d.name: (d.restricted, d.notify) for d in script.departments} for script in (old, new))
    plain = (False, ())
    return frozenset(name for name in before.keys() | after.keys() if before.get(name, plain) != after.get(name, plain))


def _could_hold(script: Script, rules: Iterable[Rule]) -> Program:
    """A program of these rules alone, none of which decides: its plans name those that could hold, and in their notes
    those of which that is not known."""
    asked = tuple(
        replace(rule, test=at_most(rule), unless=None, actions=(Tag("could-hold"),), carry_on=False) for rule in rules
    )
    return build(replace(script, rules=asked, session_rules=(), departments=()))

"""Single changes of rules, to see whether a test notices: one at a time, as somebody might make one by mistake.

They are made on the IR and told in the words of the language. A named condition stands in the IR of every rule that
uses it, and a change inside it is one change of all of these; a change of one use (`condition NAME` left out) is a
change of that rule alone. What makes no sense as a change is not made: the last test of a block is not left out, and a
rule that is only observed, which no plan shows, is let be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from sievepy.compiler import Compilation
from sievepy.ir.script import Rule, Script
from sievepy.plan import DESTINATIONS, Action, Assign, AssignSame
from sievepy.rules_lang.ast import OtherwiseDecl
from sievepy.ruletest.run import describe
from sievepy.ruletest.signs import NO
from sievepy.ruletest.sites import Named, Site, edited, sites, told
from sievepy.text import Span


@dataclass(frozen=True, slots=True)
class Mutant:
    """`span` is where it is; `change` says what, in the words of the language. `rules`: the changed rules by their
    place, in the order of judging (session rules have a row of their own, `session`). `last`: the place of a rule that
    is judged below all others instead. `otherwise`: what stands there instead."""

    span: Span
    change: str
    titles: tuple[str, ...]
    rules: Mapping[int, Rule] = field(default_factory=dict)
    session: bool = False
    last: int | None = None
    otherwise: tuple[Action, ...] | None = None

    @property
    def key(self) -> str:
        """Names the mutant while the rules around it are edited: its file, the words of its line, and the change."""
        source = self.span.source
        words = (source.name, " ".join(source.line(self.span.location[0]).split()), self.change, *self.titles)
        return hashlib.sha256("\0".join(words).encode(errors="surrogatepass")).hexdigest()


def mutants(compilation: Compilation) -> list[Mutant]:
    """All single changes but those of phrases, by place. Raises ValueError for rules with errors."""
    script = compilation.script
    if script is None:
        raise ValueError("rules with errors have no meaning that could be changed")
    named = {symbol.value.origin: symbol for symbol in compilation.symbols.conditions.values()}
    made: list[Mutant] = []
    for rules, session in ((script.session_rules, True), (script.rules, False)):
        made += _of_conditions(rules, named, session)
        for place, rule in enumerate(rules):
            if not rule.observe and rule.origin is not None:
                made += _of_rule(script, rule, place, session)
    made += _of_otherwise(compilation, script)
    made.sort(key=lambda mutant: (mutant.span.source.name, mutant.span.start, mutant.span.end))
    return made


def _of_conditions(rules: tuple[Rule, ...], named: Named, session: bool) -> Iterator[Mutant]:
    """A place that is met in several rules is changed in all of them."""
    found: dict[Site, dict[int, None]] = {}
    for place, rule in enumerate(rules):
        for site in sites(rule, named) if not rule.observe else ():
            found.setdefault(site, {})[place] = None
    for site, places in found.items():
        changed = {place: rule for place in places if (rule := edited(rules[place], site)) is not rules[place]}
        if changed:
            at, change = told(site, named)
            yield Mutant(at, change, tuple(rules[place].title for place in changed), changed, session)


# ---------------------------------------------------------------- rules and actions


def _of_rule(script: Script, rule: Rule, place: int, session: bool) -> Iterator[Mutant]:
    assert rule.origin is not None
    at = rule.origin

    def changed(change: str, new: Rule) -> Mutant:
        return Mutant(at, change, (rule.title,), {place: new}, session)

    yield changed("without the rule", replace(rule, test=NO, unless=None))
    if rule.unless is not None:
        yield changed("without its `unless`", replace(rule, unless=None))
    if rule.carry_on:
        yield changed("without `continue`", replace(rule, carry_on=False))
    if len(rule.actions) > 1:
        for number, action in enumerate(rule.actions):
            yield changed(f"without `{describe(action)}`", _without_action(rule, number))
    for number, action in enumerate(rule.actions):
        other = _other_department(script, rule, action)
        if other is not None:
            actions = (*rule.actions[:number], other, *rule.actions[number + 1 :])
            yield changed(f"`{describe(other)}` for `{describe(action)}`", replace(rule, actions=actions))
    if rule.deciding and place < len(script.rules) - 1 and not session:
        yield Mutant(at, "judged below all other rules", (rule.title,), last=place)


def _without_action(rule: Rule, number: int) -> Rule:
    """`continue` stands beside `assign`, and goes with the last one."""
    actions = rule.actions[:number] + rule.actions[number + 1 :]
    assigns = any(isinstance(a, AssignSame) or (isinstance(a, Assign) and not a.also) for a in actions)
    return replace(rule, actions=actions, carry_on=rule.carry_on and assigns)


def _other_department(script: Script, rule: Rule, action: Action) -> Action | None:
    """The next declared department that the rule does not name."""
    if not isinstance(action, Assign):
        return None
    names = [department.name for department in script.departments]
    at = names.index(action.department) if action.department in names else -1
    named = {a.department for a in rule.actions if isinstance(a, Assign)}
    other = next((name for name in names[at + 1 :] + names[: at + 1] if name not in named), None)
    return None if other is None else replace(action, department=other)


def _of_otherwise(compilation: Compilation, script: Script) -> Iterator[Mutant]:
    """What `otherwise` does beside sending the letter somewhere."""
    declared = [d for tree in compilation.trees for d in tree.declarations if isinstance(d, OtherwiseDecl)]
    if not declared:
        return
    for number, action in enumerate(script.otherwise):
        if not isinstance(action, DESTINATIONS):
            left = script.otherwise[:number] + script.otherwise[number + 1 :]
            yield Mutant(declared[0].header, f"without `{describe(action)}`", ("otherwise",), otherwise=left)

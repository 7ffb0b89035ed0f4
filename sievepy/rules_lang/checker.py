"""What may stand together in a rule and in a program: actions, session rules, `otherwise`, and reading what other rules
have done. What single tests and operands must be is checked where they are lowered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sievepy.rules_lang import ast
from sievepy.rules_lang import codes_names as codes
from sievepy.rules_lang.binder import Scope
from sievepy.rules_lang.conditions import MOST_TESTS, leaves
from sievepy.rules_lang.language_tables import ACTIONS, FIELDS, SESSION_FACTS
from sievepy.rules_lang.report import Report, remove, replace
from sievepy.rules_lang.sinks import Sinks
from sievepy.text import Edit, Fix, Label, Span
from sievepy.text.nearest import nearest

Leaf = ast.FieldTest | ast.FactTest


class ConditionIndex:
    """The single tests of each named condition, those of the conditions it uses included."""

    def __init__(self, ordered: Iterable[ast.ConditionDecl]) -> None:
        """`ordered`: each condition behind those it uses."""
        self._sessionless: dict[str, Leaf | None] = {}
        self._reads: dict[str, tuple[ast.FactTest, ...]] = {}
        self._sizes: dict[str, int] = {}
        for declaration in ordered:
            key = declaration.name.key
            tests = list(leaves(declaration.test))
            self._sessionless[key] = next((found for t in tests if (found := self.too_late(t)) is not None), None)
            self._sizes[key] = self.size(tests)
            self._reads[key] = tuple(dict.fromkeys(read for test in tests for read in self.reads(test)))

    def size(self, tests: Iterable[Leaf | ast.ConditionUse]) -> int:
        """How many single tests these are with the conditions they use written out."""
        return sum(self._sizes.get(t.name.key, 0) if isinstance(t, ast.ConditionUse) else 1 for t in tests)

    def too_late(self, test: Leaf | ast.ConditionUse) -> Leaf | None:
        """The test, of it or of the condition it uses, that cannot be answered while the sender waits; or None."""
        match test:
            case ast.ConditionUse(name):
                return self._sessionless.get(name.key)
            case ast.FactTest(words):
                return None if words in SESSION_FACTS else test
            case ast.FieldTest(field):
                spec = FIELDS.get(field.words)  # None: a field of `attachment { … }`
                return None if spec is not None and spec.session else test

    def reads(self, test: Leaf | ast.ConditionUse) -> tuple[ast.FactTest, ...]:
        """The tests, of it or of the condition it uses, that ask what rules above have done."""
        match test:
            case ast.ConditionUse(name):
                return self._reads.get(name.key, ())
            case ast.FactTest(words="tagged" | "assigned", argument=ast.Name()):
                return (test,)
        return ()


def tests_of(rule: ast.RuleDecl) -> Iterator[Leaf | ast.ConditionUse]:
    yield from leaves(rule.when)
    if rule.unless is not None:
        yield from leaves(rule.unless)


class RuleChecker:
    """Checks one rule at a time."""

    def __init__(self, conditions: ConditionIndex, sinks: Sinks, report: Report) -> None:
        self._conditions = conditions
        self._sinks = sinks
        self._report = report

    def check(self, rule: ast.RuleDecl) -> None:
        self._size(rule)
        self._modifiers(rule)
        self._once(rule.actions)
        if rule.session:
            self._session(rule)
            return
        for action in rule.actions:
            if ACTIONS[action.word].session:
                self._refusal_too_late(rule, action)
        self._continue(rule)

    def _size(self, rule: ast.RuleDecl) -> None:
        tests = list(tests_of(rule))
        size = self._conditions.size(tests)
        if size > MOST_TESTS and size > len(tests):
            message = f"with the conditions it uses this rule has {size} tests"
            help_ = f"the most is {MOST_TESTS}"
            self._report.error(codes.CONDITION_SIZE, message, rule.header, help=help_)

    def _modifiers(self, rule: ast.RuleDecl) -> None:
        for again in rule.repeated:
            self._report.error(
                codes.MODIFIER_TWICE, "this is said twice in one rule", again, fix=remove(again, "the second")
            )
        if rule.observe is not None and rule.off_until is not None:
            self._report.error(
                codes.OBSERVE_AND_OFF,
                "a rule is observed or off, not both",
                rule.observe,
                labels=(Label(rule.off_until.span, "off until then"),),
                fix=remove(rule.observe, "`observe`"),
            )

    def _once(self, actions: Sequence[ast.ActionStatement]) -> None:
        """Actions of which a second one would repeat or contradict the first; `reject` and `defer` count as one."""
        first: dict[str, ast.ActionStatement] = {}
        for action in actions:
            if not ACTIONS[action.word].once:
                continue
            earlier = first.setdefault("reject" if action.word == "defer" else action.word, action)
            if earlier is not action:
                self._report.error(
                    codes.ACTION_TWICE,
                    f"`{action.word}` stands beside another `{earlier.word}`",
                    action.span,
                    labels=(Label(earlier.span, "the first one"),),
                    help="a rule says it once",
                )

    def _continue(self, rule: ast.RuleDecl) -> None:
        words = {action.word for action in rule.actions}
        if "continue" not in words or words & {"assign", "assign same"}:
            return
        action = next(a for a in rule.actions if a.word == "continue")
        adding = not any(ACTIONS[word].destination and word != "also assign" for word in words)
        why = "a rule that only adds never ends the judging" if adding else "only `assign` can share a letter"
        self._report.error(
            codes.CONTINUE,
            "`continue` stands only beside `assign`",
            action.span,
            help=f"{why}: remove it",
            fix=remove(action.span, "`continue`"),
        )

    # ------------------------------------------------------------ session rules

    def _session(self, rule: ast.RuleDecl) -> None:
        for action in rule.actions:
            if ACTIONS[action.word].session:
                self._sinks.require_edge(action.word_span)
            else:
                self._report.error(
                    codes.SESSION_ACTION,
                    f"a session rule cannot `{action.word}`",
                    action.span,
                    help="it only refuses: `reject` for good or `defer` for now; the rest is done by a `rule`",
                )
        for test in tests_of(rule):
            late = self._conditions.too_late(test)
            if late is not None:
                self._answered_too_late(test, late)

    def _answered_too_late(self, test: Leaf | ast.ConditionUse, late: Leaf) -> None:
        what = late.field.span.text if isinstance(late, ast.FieldTest) else late.words
        labels = () if late is test else (Label(late.span, "asked here"),)
        self._report.error(
            codes.SESSION_TEST,
            f"a session rule cannot ask for `{what}`: the letter has not come yet",
            test.span,
            labels=labels,
            help="it knows the connection, HELO, the envelope, headers and the size",
        )

    def _refusal_too_late(self, rule: ast.RuleDecl, action: ast.ActionStatement) -> None:
        word = Span(rule.header.source, rule.header.start, rule.header.start)
        self._report.error(
            codes.SESSION_ACTION,
            f"`{action.word}` stands only in a session rule",
            action.span,
            help="once accepted, a letter cannot be refused: use `quarantine`, or make this a `session rule`",
            fix=Fix("make this a session rule", (Edit(word, "session "),)),
        )


# ---------------------------------------------------------------- the program


def check_otherwise(trees: Sequence[ast.Tree], report: Report, *, incomplete: bool) -> ast.OtherwiseDecl | None:
    """The one `otherwise` of the program, in the entry file, which is the last of `trees`."""
    if not trees:
        return None
    entry = trees[-1]
    found = [(tree, d) for tree in trees for d in tree.declarations if isinstance(d, ast.OtherwiseDecl)]
    own = [d for tree, d in found if tree is entry]
    for tree, declaration in found:
        if tree is not entry:
            message, help_ = "`otherwise` stands only in the entry file", f"move it to `{entry.source.name}`"
            report.error(codes.OTHERWISE, message, declaration.header, help=help_)
    for again in own[1:]:
        labels = (Label(own[0].header, "the first one"),)
        report.error(codes.OTHERWISE, "`otherwise` stands twice", again.header, labels=labels)
    if not own and not incomplete and all(broken.word != "otherwise" for broken in entry.broken):
        _missing_otherwise(entry, report)
    return own[0] if own else None


def _missing_otherwise(entry: ast.Tree, report: Report) -> None:
    end = len(entry.source.text.rstrip())
    place = Span(entry.source, end, end)
    report.error(
        codes.OTHERWISE,
        "`otherwise` is missing: no rule says where a letter goes that none decides",
        place,
        help="write it at the end: `otherwise { triage }`",
        fix=Fix("add `otherwise { triage }`", (Edit(place, "\n\notherwise { triage }"),)),
    )


def check_otherwise_actions(declaration: ast.OtherwiseDecl, report: Report) -> None:
    words = [action.word for action in declaration.actions]
    for action in declaration.actions:
        if ACTIONS[action.word].session:
            message = f"`{action.word}` stands only in a session rule"
            report.error(codes.SESSION_ACTION, message, action.span, help="use `quarantine`")
        elif action.word == "continue":
            message = "nothing comes after `otherwise`, so nothing can continue"
            report.error(codes.OTHERWISE_ACTIONS, message, action.span, fix=remove(action.span, "`continue`"))
    if not any(ACTIONS[word].destination and word != "discard" for word in words):
        report.error(
            codes.OTHERWISE_ACTIONS,
            "`otherwise` sends the letter nowhere",
            declaration.header,
            help="it needs a destination other than `discard`: `triage`, `assign`, `file`, `forward` or `quarantine`",
        )


# ---------------------------------------------------------------- what rules above have done


class ReadChecker:
    """Reports tests of `tagged NAME` and `assigned DEPT` that can never hold where they stand."""

    def __init__(self, conditions: ConditionIndex, scope: Scope, report: Report, *, incomplete: bool) -> None:
        """`incomplete`: some rules could not be parsed, so nobody knows all that is done."""
        self._conditions = conditions
        self._scope = scope
        self._report = report
        self._incomplete = incomplete
        self._anywhere: dict[tuple[str, str], Span] = {}
        self._above: set[tuple[str, str]] = set()

    def check(self, rules: Sequence[ast.RuleDecl], otherwise: ast.OtherwiseDecl | None) -> None:
        """`rules` stand in the order in which they are judged, which a `priority` changes."""
        for rule in (*rules, *((otherwise,) if otherwise is not None else ())):
            for done, span in _done_by(rule.actions):
                self._anywhere.setdefault(done, span)
        for rule in rules:
            for test in tests_of(rule):
                for read in self._conditions.reads(test):
                    self._read(test, read)
            self._above.update(done for done, _ in _done_by(rule.actions))

    def _read(self, test: Leaf | ast.ConditionUse, read: ast.FactTest) -> None:
        name = read.argument
        if name is None or (read.words, name.key) in self._above or self._incomplete:
            return
        if read.words == "assigned" and _ANY_DEPARTMENT in self._above:
            return
        below = self._anywhere.get((read.words, name.key))
        labels = () if read is test else (Label(read.span, "asked here"),)
        if below is not None:
            self._report.error(
                codes.READ_BELOW,
                f"`{read.span.text}` never holds here: only a rule below does that",
                test.span,
                labels=(*labels, Label(below, "done here")),
                help="move this rule below that one, or give it a greater `priority`",
            )
        elif read.words == "tagged":
            self._never_tagged(name, test, labels)

    def _never_tagged(self, name: ast.Name, test: Leaf | ast.ConditionUse, labels: tuple[Label, ...]) -> None:
        meant = nearest(name.text, (key for word, key in self._anywhere if word == "tagged"))
        self._report.error(
            codes.UNKNOWN_NAME,
            f"no rule sets the tag `{name.text}`",
            test.span if labels else name.span,
            labels=labels,
            help=f"did you mean `{meant}`?" if meant else f"a rule sets it by `tag {name.text}`",
            fix=replace(name.span, meant) if meant else None,
        )


_ANY_DEPARTMENT = ("assigned", "")  # by `assign same`


def _done_by(actions: Iterable[ast.ActionStatement]) -> Iterator[tuple[tuple[str, str], Span]]:
    """What other rules can ask about: the tags and departments, with their places."""
    for action in actions:
        match action.word:
            case "tag" | "assign" | "also assign":
                word = "tagged" if action.word == "tag" else "assigned"
                for name in action.operands:
                    if isinstance(name, ast.Name):
                        yield (word, name.key), name.span
            case "assign same":
                yield _ANY_DEPARTMENT, action.span

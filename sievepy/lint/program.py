"""A compiled program as checks look at it: who assigns what, who ends the run, what was written where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sievepy.compiler import Compilation
from sievepy.ir.script import Rule, is_deciding
from sievepy.plan import Action, Assign, AssignSame
from sievepy.rules_lang import ast
from sievepy.text import Span

_INLINE = ("ru",)  # the language of a phrase inside a test


def all_rules(compilation: Compilation) -> Iterator[Rule]:
    """Session rules, then the others, each in the order they are judged."""
    if compilation.script is not None:
        yield from compilation.script.session_rules
        yield from compilation.script.rules


def rules(compilation: Compilation) -> tuple[Rule, ...]:
    """The rules for accepted letters, in the order they are judged."""
    return () if compilation.script is None else compilation.script.rules


def acts(rule: Rule) -> bool:
    return not rule.observe


def assigns(rule: Rule, *, also: bool = True) -> bool:
    """Whether the rule may add a department; without `also`, whether `assigned` sees it."""
    return any(is_assignment(action, also=also) for action in rule.actions)


def is_assignment(action: Action, *, also: bool = True) -> bool:
    return isinstance(action, AssignSame) or (isinstance(action, Assign) and (also or not action.also))


def ends_the_run(rule: Rule) -> bool:
    """Whether no deciding rule below is judged once this one holds, today and on every day. `assign same` alone does
    not count: it decides nothing where the thread is unknown."""
    decides = any(is_deciding(action) and not isinstance(action, AssignSame) for action in rule.actions)
    return decides and not rule.carry_on and acts(rule) and rule.off_until is None


# ---------------------------------------------------------------- what was written


@dataclass(frozen=True, slots=True)
class Written:
    """A phrase as somebody wrote it: in a `phrases` list, or inside a test (then it is `ru`)."""

    text: str
    span: Span
    languages: tuple[str, ...]


def declarations(compilation: Compilation) -> Iterator[ast.Declaration]:
    for tree in compilation.trees:
        yield from tree.declarations


def conditions(compilation: Compilation) -> Iterator[ast.Condition]:
    """Every test and block of rules and named conditions, in the order written, outermost first."""
    for declaration in declarations(compilation):
        match declaration:
            case ast.ConditionDecl(test=test):
                yield from _parts((test,))
            case ast.RuleDecl(when=when, unless=unless):
                yield from _parts((when,) if unless is None else (when, unless))


def _parts(tests: Iterable[ast.Condition]) -> Iterator[ast.Condition]:
    for test in tests:
        yield test
        match test:
            case ast.NotTest(test=inner):
                yield from _parts((inner,))
            case ast.Block(tests=inside) | ast.AttachmentBlock(tests=inside):
                yield from _parts(inside)


def field_tests(compilation: Compilation) -> Iterator[ast.FieldTest]:
    """Every test on a field, in the order written."""
    return (test for test in conditions(compilation) if isinstance(test, ast.FieldTest))


def actions(compilation: Compilation) -> Iterator[ast.ActionStatement]:
    """Every action statement of rules and of `otherwise`."""
    for declaration in declarations(compilation):
        if isinstance(declaration, ast.RuleDecl | ast.OtherwiseDecl):
            yield from declaration.actions


def written_phrases(compilation: Compilation) -> Iterator[Written]:
    """Every phrase that `mentions` inflects, from lists and from tests (not those of `mentions exact`)."""
    for declaration in declarations(compilation):
        if isinstance(declaration, ast.PhrasesDecl):
            languages = tuple(name.text for name in declaration.languages) or _INLINE
            yield from (Written(string.value, string.span, languages) for string in declaration.phrases)
    for test in field_tests(compilation):
        if test.operator in ("mentions", "mentions all of"):
            yield from inline(test)


def inline(test: ast.FieldTest) -> Iterator[Written]:
    """The strings of a test on a field."""
    for operand in test.operands:
        if isinstance(operand, ast.String):
            yield Written(operand.value, operand.span, _INLINE)


def regexes(compilation: Compilation) -> Iterator[tuple[ast.FieldTest, ast.RegexLiteral]]:
    """Every regex of a condition and the test it stands in."""
    for test in field_tests(compilation):
        yield from ((test, operand) for operand in test.operands if isinstance(operand, ast.RegexLiteral))

"""Names: what each one is declared as, and what a use of it means.

There are three spaces of names, told apart by where a name stands: `@name` (lists, phrases, networks, hours), those a
letter can go to (departments and persons), and conditions. Within a space a name is declared once. Declarations that
could not be parsed count as declared, so that one mistake is not reported twice; where an included file could not be
read, no name is reported as unknown, since it may be declared there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sievepy.rules_lang import ast
from sievepy.rules_lang import codes_names as codes
from sievepy.rules_lang.report import Report, replace
from sievepy.rules_lang.symbols import SymbolKind
from sievepy.text import Fix, Label, Span
from sievepy.text.nearest import nearest, slip

Space = tuple[SymbolKind, ...]
AT_NAMES: Space = ("list", "phrases", "network", "hours")
RECIPIENTS: Space = ("department", "person")
CONDITIONS: Space = ("condition",)
_SPACES: tuple[Space, ...] = (AT_NAMES, RECIPIENTS, CONDITIONS)
_SPACE_OF: Mapping[str, Space] = {kind: space for space in _SPACES for kind in space}

Named = (
    ast.ListDecl
    | ast.PhrasesDecl
    | ast.NetworkDecl
    | ast.HoursDecl
    | ast.PersonDecl
    | ast.DepartmentDecl
    | ast.ConditionDecl
)
KINDS: Mapping[type, SymbolKind] = {
    ast.ListDecl: "list",
    ast.PhrasesDecl: "phrases",
    ast.NetworkDecl: "network",
    ast.HoursDecl: "hours",
    ast.PersonDecl: "person",
    ast.DepartmentDecl: "department",
    ast.ConditionDecl: "condition",
}
_PLURAL = ("phrases", "hours")
_MOST_SUGGESTIONS = 50  # distinct unknown names; comparing each with every known one costs too much beyond


@dataclass(frozen=True, slots=True)
class Declared:
    """A declared name. `node` is None for a declaration that could not be parsed."""

    kind: SymbolKind
    name: ast.Name
    node: Named | None


class Scope:
    """All declared names of a program, and the places where each was used."""

    def __init__(self, report: Report, *, incomplete: bool = False) -> None:
        """`incomplete`: some of the program's files could not be read."""
        self._report = report
        self._incomplete = incomplete
        self._names: dict[Space, dict[str, Declared]] = {space: {} for space in _SPACES}
        self._uses: dict[tuple[SymbolKind, str], list[Span]] = {}
        self._suggestions: dict[tuple[Space, str], str | None] = {}
        self.titles: dict[str, ast.String] = {}
        """Titles of all rules, those included that could not be parsed."""

    # ------------------------------------------------------------ declaring

    def declare(self, kind: SymbolKind, name: ast.Name, node: Named | None) -> None:
        """Declare a name, or report that it has been declared already."""
        space = self._names[_SPACE_OF[kind]]
        first = space.setdefault(name.key, Declared(kind, name, node))
        if first.name is name or node is None:
            return
        if first.node is None:
            space[name.key] = Declared(kind, name, node)
            return
        self._report.error(
            codes.DECLARED_TWICE,
            f"`{name.text}` is declared twice",
            name.span,
            labels=(Label(first.name.span, f"first declared here, as {_article(first.kind)}"),),
            help="give one of them another name",
        )

    def declare_title(self, title: ast.String, *, broken: bool = False) -> None:
        """Declare a rule's title, or report that another rule has it."""
        if title.value == "otherwise" and not broken:
            message, help_ = 'no rule is called "otherwise"', "plans use that title for `otherwise { … }`"
            self._report.error(codes.TITLE_TWICE, message, title.span, help=help_)
            return
        first = self.titles.setdefault(title.value, title)
        if first is title or broken:
            return
        self._report.error(
            codes.TITLE_TWICE,
            f'two rules are called "{title.value}"',
            title.span,
            labels=(Label(first.span, "the first one"),),
            help="titles name rules in plans, tests and journals, so each stands once",
        )

    # ------------------------------------------------------------ using

    def find(self, name: ast.Name, wanted: Space) -> Declared | None:
        """What a use of `name` means where one of the kinds `wanted` is expected. None after reporting that there is no
        such name or that it is of another kind, or where the declaration could not be parsed."""
        space = _SPACE_OF[wanted[0]]
        found = self._names[space].get(name.key)
        if found is None:
            self._unknown(name, wanted, space)
            return None
        self._uses.setdefault((found.kind, name.key), []).append(name.span)
        if found.kind not in wanted:
            self._wrong_kind(name, wanted, found)
            return None
        return found if found.node is not None else None

    def uses(self, kind: SymbolKind, key: str) -> tuple[Span, ...]:
        return tuple(self._uses.get((kind, key), ()))

    def declared(self, kind: SymbolKind) -> Iterable[Declared]:
        """The parsed declarations of one kind, in order; of names declared twice the first."""
        return (d for d in self._names[_SPACE_OF[kind]].values() if d.kind == kind and d.node is not None)

    def is_declared(self, name: str, wanted: Space) -> bool:
        """Whether there is such a name; says and records nothing."""
        found = self._names[_SPACE_OF[wanted[0]]].get(name)
        return found is not None and found.kind in wanted

    def _unknown(self, name: ast.Name, wanted: Space, space: Space) -> None:
        if self._incomplete:
            return
        what = " or ".join(wanted)
        meant = self._suggest(name.text, wanted, space)
        fix: Fix | None = (
            replace(name.span, meant, safe=self._is_slip(name.text, meant, wanted, space)) if meant else None
        )
        help_ = f"did you mean `{meant}`?" if meant else self._help(wanted)
        verb = "are" if wanted[0] in _PLURAL else "is"
        message = f"there {verb} no {what} `{name.text}`"
        self._report.error(codes.UNKNOWN_NAME, message, name.span, help=help_, fix=fix)

    def _suggest(self, text: str, wanted: Space, space: Space) -> str | None:
        key = (wanted, text)
        if key not in self._suggestions and len(self._suggestions) < _MOST_SUGGESTIONS:
            known = [d.name.text for d in self._names[space].values() if d.kind in wanted]
            self._suggestions[key] = nearest(text, known)
        return self._suggestions.get(key)

    def _is_slip(self, text: str, meant: str, wanted: Space, space: Space) -> bool:
        """Whether nothing else can be meant: the program has no meaning as it is, and one letter gives it one."""
        return slip(text, (d.name.text for d in self._names[space].values() if d.kind in wanted)) == meant

    def _help(self, wanted: Space) -> str:
        at = "@" if wanted[0] in AT_NAMES else ""
        known = [at + d.name.text for kind in wanted for d in self.declared(kind)]
        if not known:
            return f"declare it: `{wanted[0]} NAME …`; there is none yet"
        listed = ", ".join(known[:8]) + (" …" if len(known) > 8 else "")
        return f"declared are {listed}"

    def _wrong_kind(self, name: ast.Name, wanted: Space, found: Declared) -> None:
        what = " or ".join(_article(kind) for kind in wanted)
        self._report.error(
            codes.WRONG_KIND,
            f"`{name.text}` is {_article(found.kind)}; {what} is needed here",
            name.span,
            labels=(Label(found.name.span, "declared here"),),
        )


def _article(kind: SymbolKind) -> str:
    """The kind with its article, where it takes one."""
    return kind if kind in _PLURAL else f"a {kind}"


def bind(trees: Iterable[ast.Tree], report: Report, *, incomplete: bool = False) -> Scope:
    """The names that `trees` declare."""
    scope = Scope(report, incomplete=incomplete)
    for tree in trees:
        for declaration in tree.declarations:
            if isinstance(declaration, Named):
                scope.declare(KINDS[type(declaration)], declaration.name, declaration)
            elif isinstance(declaration, ast.RuleDecl):
                scope.declare_title(declaration.title)
        for broken in tree.broken:
            _declare_broken(scope, broken)
    return scope


def _declare_broken(scope: Scope, broken: ast.Broken) -> None:
    if isinstance(broken.name, ast.String):
        if broken.word.endswith("rule"):
            scope.declare_title(broken.name, broken=True)
    elif broken.name is not None and broken.word in _SPACE_OF:
        kind = next(kind for kind in KINDS.values() if kind == broken.word)
        scope.declare(kind, broken.name, None)

"""From the parser's tree to `ast`: one method a rule of the grammar.

The parser's nodes are seen through two protocols, so nothing here depends on who made them. Recursion follows the
nesting of conditions only, which the cutter bounds; lists are flat. What is wrong inside a word that parsed
(a bad escape, a name that cannot be one) is reported here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, cast

from sievepy.rules_lang import ast, word_errors
from sievepy.rules_lang.strings import dedent, unescape_regex, unquote
from sievepy.text import Diagnostic, SourceFile, Span


class Token(Protocol):
    """A token: its text is the `str` it is."""

    type: str
    start_pos: int | None
    end_pos: int | None


class Tree(Protocol):
    """A node: the name of its rule, and its children, None where an optional one is missing."""

    data: str
    children: list[Any]


_STATEMENTS = {"action", "bitrix"}
_MODIFIERS = {"observe", "off", "priority"}


class TreeBuilder:
    """Builds the declarations of one piece of `source`; the piece's tokens begin at `offset`."""

    def __init__(self, source: SourceFile, offset: int) -> None:
        self._source = source
        self._offset = offset
        self.diagnostics: list[Diagnostic] = []

    def declarations(self, start: Tree) -> Iterator[ast.Include | ast.Declaration]:
        """The declarations of a parsed piece, in order."""
        for child in start.children:
            if _is_tree(child):
                yield _DECLARATIONS[child.data](self, child)

    # ---------------------------------------------------------------- places and words

    def _span(self, node: Any) -> Span:
        first, last = node, node
        while _is_tree(first):
            first = next(child for child in first.children if child is not None)
        while _is_tree(last):
            last = next(child for child in reversed(last.children) if child is not None)
        return Span(self._source, first.start_pos + self._offset, last.end_pos + self._offset)

    def _name(self, token: Token) -> ast.Name:
        text = str(token)
        return ast.Name(text, self._span(token), text if text.isascii() else unicodedata.normalize("NFKC", text))

    def _declared(self, token: Token) -> ast.Name:
        """A name at the place where it comes into being, and so must be one."""
        name = self._name(token)
        self.diagnostics.extend(word_errors.check_name(name.text, name.span))
        return name

    def _string(self, token: Token) -> ast.String:
        text, span = str(token), self._span(token)
        if token.type == "VERBATIM":
            return ast.String(dedent(text), span, verbatim=True)
        value, bad = unquote(text)
        self.diagnostics.extend(word_errors.bad_escape(b, span) for b in bad)
        return ast.String(value, span)

    def _value(self, token: Token) -> ast.Value:
        return ast.Value(str(token), self._span(token))

    def _reference(self, token: Token) -> ast.Reference:
        span = self._span(token)
        text = str(token)[1:]
        name = ast.Name(text, Span(self._source, span.start + 1, span.end), unicodedata.normalize("NFKC", text))
        return ast.Reference(name, span)

    def _regex(self, token: Token) -> ast.RegexLiteral:
        pattern, flags = unescape_regex(str(token))
        return ast.RegexLiteral(pattern, flags, self._span(token))

    def _operand(self, token: Token) -> ast.Operand:
        """A string, regex, reference or value, whichever the token is."""
        return cast("ast.Operand", _OPERANDS[token.type](self, token))

    def _hours_name(self, token: Token) -> ast.Reference | ast.Name:
        return self._reference(token) if token.type == "REFERENCE" else self._name(token)

    # ---------------------------------------------------------------- declarations of values

    def _include(self, tree: Tree) -> ast.Include:
        return ast.Include(self._string(tree.children[1]), self._span(tree))

    def _list(self, tree: Tree) -> ast.ListDecl:
        name = self._declared(tree.children[1])
        last = tree.children[-1]
        if _is_tree(last):
            return ast.ListDecl(name, self._listed(last), self._span(tree))
        return ast.ListDecl(name, (), self._span(tree), from_file=self._string(last))

    def _network(self, tree: Tree) -> ast.NetworkDecl:
        return ast.NetworkDecl(self._declared(tree.children[1]), self._listed(tree.children[2]), self._span(tree))

    def _listed(self, block: Tree) -> tuple[ast.Value | ast.Reference, ...]:
        listed = (self._operand(token) for token in block.children[1:-1])
        return cast("tuple[ast.Value | ast.Reference, ...]", tuple(listed))

    def _phrases(self, tree: Tree) -> ast.PhrasesDecl:
        _, name, *languages, block = tree.children
        phrases = tuple(self._string(token) for token in block.children[1:-1])
        return ast.PhrasesDecl(
            self._declared(name), tuple(self._name(token) for token in languages), phrases, self._span(tree)
        )

    def _hours(self, tree: Tree) -> ast.HoursDecl:
        lines = tuple(self._hours_line(line) for line in tree.children if _is_tree(line))
        return ast.HoursDecl(self._declared(tree.children[1]), lines, self._span(tree))

    def _hours_line(self, line: Tree) -> ast.HoursLine:
        values = tuple(self._value(token) for token in line.children if token is not None and token.type == "WORD")
        match line.data:
            case "except":
                return ast.HoursLine("except", values[:1], self._span(line), values[1] if len(values) > 1 else None)
            case "also":
                return ast.HoursLine("also", values, self._span(line))
            case _:
                return ast.HoursLine("weekly", values, self._span(line))

    # ---------------------------------------------------------------- persons and departments

    def _person(self, tree: Tree) -> ast.PersonDecl:
        name, title, lines = self._head_and_lines(tree)
        return ast.PersonDecl(name, title, tuple(self._person_line(line) for line in lines), self._span(tree))

    def _head_and_lines(self, tree: Tree) -> tuple[ast.Name, ast.String | None, list[Tree]]:
        _, name, title, *rest = tree.children
        lines = [line for line in rest if _is_tree(line)]
        return self._declared(name), None if title is None else self._string(title), lines

    def _person_line(self, line: Tree) -> ast.PersonLine:
        words = [token for token in line.children if token.type == "WORD"]
        if line.data == "email":
            return ast.PersonLine("email", self._span(line), value=self._value(words[0]))
        first, last, substitute = words
        return ast.PersonLine(
            "away",
            self._span(line),
            first=self._value(first),
            last=self._value(last),
            substitute=self._name(substitute),
        )

    def _department(self, tree: Tree) -> ast.DepartmentDecl:
        name, title, lines = self._head_and_lines(tree)
        return ast.DepartmentDecl(name, title, tuple(self._department_line(line) for line in lines), self._span(tree))

    def _department_line(self, line: Tree) -> ast.DepartmentLine:
        match line.data:
            case "channel":
                return self._channel(line)
            case "department_sla":
                _, value, *hours = _present(line)
                named = self._hours_name(hours[-1]) if hours else None
                return ast.DepartmentLine("sla", self._span(line), operands=(self._value(value),), hours=named)
            case "department_notify":
                names = tuple(self._name(token) for token in line.children[1:])
                return ast.DepartmentLine("notify", self._span(line), operands=names)
            case _:
                return ast.DepartmentLine("restricted", self._span(line))

    def _channel(self, line: Tree) -> ast.DepartmentLine:
        role, word, *rest = line.children
        parts = _present_of(rest)
        return ast.DepartmentLine(
            "channel",
            self._span(line),
            role="primary" if role is None else cast("Any", str(role)),
            channel=self._name(word),
            operands=tuple(self._channel_operand(part) for part in parts if not _is_tree(part)),
            suffixes=self._suffixes(parts),
            block=self._field_block(parts),
        )

    def _channel_operand(self, token: Token) -> ast.Operand:
        """An address, a path; or the kind of a bitrix item, which is a word of the language."""
        return self._operand(token) if token.type in _OPERANDS else self._name(token)

    # ---------------------------------------------------------------- rules

    def _condition_declaration(self, tree: Tree) -> ast.ConditionDecl:
        _, name, _, test = tree.children
        return ast.ConditionDecl(self._declared(name), self._condition(test), self._span(tree))

    def _rule(self, tree: Tree) -> ast.RuleDecl:
        session, word, title, *body = tree.children
        trees = [part for part in body if _is_tree(part)]
        parts = {part.data: part for part in reversed(trees)}
        repeated = [part for part in trees if part.data in _MODIFIERS and parts[part.data] is not part]
        when = next(i for i, part in enumerate(body) if not _is_tree(part) and part is not None and part.type == "WHEN")
        unless = parts.get("unless")
        return ast.RuleDecl(
            self._string(title),
            self._condition(body[when + 1]),
            None if unless is None else self._condition(unless.children[-1]),
            self._actions(body),
            self._span(tree),
            self._span(word if session is None else session).to(self._span(title)),
            session=session is not None,
            observe=self._span(parts["observe"]) if "observe" in parts else None,
            off_until=self._last_value(parts.get("off")),
            priority=self._last_value(parts.get("priority")),
            repeated=tuple(map(self._span, repeated)),
        )

    def _last_value(self, tree: Tree | None) -> ast.Value | None:
        return None if tree is None else self._value(tree.children[-1])

    def _otherwise(self, tree: Tree) -> ast.OtherwiseDecl:
        return ast.OtherwiseDecl(self._actions(tree.children), self._span(tree), self._span(tree.children[0]))

    # ---------------------------------------------------------------- conditions

    def _condition(self, tree: Tree) -> ast.Condition:
        return cast("ast.Condition", _CONDITIONS[tree.data](self, tree))

    def _negated(self, tree: Tree) -> ast.NotTest:
        return ast.NotTest(self._condition(tree.children[1]), self._span(tree))

    def _block(self, tree: Tree) -> ast.Block:
        keyword, *rest = tree.children
        tests = tuple(self._condition(test) for test in rest if _is_tree(test))
        return ast.Block(cast("Any", str(keyword)), tests, self._span(tree), self._span(keyword))

    def _attachment_block(self, tree: Tree) -> ast.AttachmentBlock:
        keyword, *rest = tree.children
        tests = tuple(self._condition(test) for test in rest if _is_tree(test))
        return ast.AttachmentBlock(tests, self._span(tree), self._span(keyword))

    def _use(self, tree: Tree) -> ast.ConditionUse:
        return ast.ConditionUse(self._name(tree.children[1]), self._span(tree))

    def _fact(self, tree: Tree) -> ast.FactTest:
        return ast.FactTest(_words(tree.children), self._span(tree))

    def _fact_about(self, tree: Tree) -> ast.FactTest:
        word, name = tree.children
        return ast.FactTest(str(word), self._span(tree), self._name(name))

    def _field_test(self, tree: Tree) -> ast.FieldTest:
        *every, field, operation = tree.children
        words = [token for token in operation.children if token.type not in _OPERANDS]
        operands = tuple(self._operand(token) for token in operation.children if token.type in _OPERANDS)
        within = range_end = None
        match operation.data:
            case "near":
                # `mentions all of … within N`: `within` stands behind the phrases, its number last.
                words, operands, within = words[:3], operands[:-1], cast("ast.Value", operands[-1])
            case "range":
                operands, range_end = operands[:1], cast("ast.Value", operands[1])
        return ast.FieldTest(
            self._field(field),
            _words(words),
            operands,
            self._span(tree),
            self._span(words[0]).to(self._span(words[-1])),
            every=bool(_present_of(every)),
            range_end=range_end,
            within=within,
        )

    def _field(self, tree: Tree) -> ast.FieldRef:
        words = _present(tree)
        header = self._string(words.pop()) if words[-1].type == "STRING" else None
        return ast.FieldRef(_words(words), self._span(tree), header)

    # ---------------------------------------------------------------- actions

    def _actions(self, nodes: Sequence[Any]) -> tuple[ast.ActionStatement, ...]:
        return tuple(self._action(node) for node in nodes if _is_tree(node) and node.data in _STATEMENTS)

    def _action(self, tree: Tree) -> ast.ActionStatement:
        if tree.data == "bitrix":
            return self._bitrix(tree)
        parts = _present(tree)
        tokens = [part for part in parts if not _is_tree(part)]
        count = _word_count(tokens)
        word = _words(tokens[:count])
        trees = {part.data: part for part in parts if _is_tree(part)}
        return ast.ActionStatement(
            word,
            tuple(self._action_operand(word, token) for token in tokens[count:]),
            self._span(tree),
            self._span(tokens[0]).to(self._span(tokens[count - 1])),
            suffixes=self._suffixes(parts),
            digest=self._last_value(trees.get("digest")),
            hours=self._hours_name(trees["sla_hours"].children[-1]) if "sla_hours" in trees else None,
        )

    def _action_operand(self, word: str, token: Token) -> ast.Operand:
        if token.type != "WORD":
            return self._operand(token)
        if word == "tag":
            return self._declared(token)  # a tag is declared by setting it
        return self._value(token) if word in _TAKE_VALUES else self._name(token)

    def _bitrix(self, tree: Tree) -> ast.ActionStatement:
        word, kind, *rest = tree.children
        parts = _present_of(rest)
        return ast.ActionStatement(
            "bitrix",
            tuple(self._string(part) for part in parts if not _is_tree(part)),
            self._span(tree),
            self._span(word),
            suffixes=self._suffixes(parts),
            bitrix_kind=self._name(kind),
            block=self._field_block(parts),
        )

    def _suffixes(self, parts: Sequence[Any]) -> tuple[ast.Name, ...]:
        trees = (part for part in parts if _is_tree(part) and part.data in ("with_content", "with_subject"))
        return tuple(ast.Name(_words(tree.children), self._span(tree), _words(tree.children)) for tree in trees)

    def _field_block(self, parts: Sequence[Any]) -> tuple[tuple[ast.Name, ast.String], ...]:
        blocks = (part for part in parts if _is_tree(part) and part.data == "field_block")
        fields = (field for block in blocks for field in block.children if _is_tree(field))
        return tuple((self._name(field.children[0]), self._string(field.children[1])) for field in fields)

    # ---------------------------------------------------------------- tests beside rules

    def _test(self, tree: Tree) -> ast.TestDecl:
        word, title, *rest = tree.children
        lines = tuple(_TEST_LINES[line.data](self, line) for line in rest if _is_tree(line))
        return ast.TestDecl(self._string(title), lines, self._span(tree), self._span(word).to(self._span(title)))

    def _letter(self, line: Tree) -> ast.TestLine:
        word, *rest = _present(line)
        trees = {part.data: part for part in rest if _is_tree(part)}
        operands = [part for part in rest if not _is_tree(part) and part.type != "UNTRUSTED"]
        if "attachment_type" in trees:
            operands.append(trees["attachment_type"].children[-1])
        return ast.TestLine(
            str(word),
            tuple(self._letter_operand(word, token) for token in operands),
            self._span(line),
            suffixes=tuple(self._name(part) for part in rest if not _is_tree(part) and part.type == "UNTRUSTED"),
            text=self._string(trees["attachment_text"].children[-1]) if "attachment_text" in trees else None,
        )

    def _letter_operand(self, word: Token, token: Token) -> ast.Operand:
        if token.type == "NULL_PATH":
            return ast.String("", self._span(token))
        return self._name(token) if word.type == "KNOWN" else self._operand(token)

    def _expect(self, line: Tree) -> ast.TestLine:
        *words, action = _present(line)
        return ast.TestLine(_words(words), (), self._span(line), action=self._action(action))

    def _expect_rule(self, line: Tree) -> ast.TestLine:
        *words, _, title = _present(line)
        return ast.TestLine(_words(words), (self._string(title),), self._span(line))


def _is_tree(node: Any) -> bool:
    return hasattr(node, "children")


def _present(tree: Tree) -> list[Any]:
    return _present_of(tree.children)


def _present_of(nodes: Sequence[Any]) -> list[Any]:
    return [node for node in nodes if node is not None]


def _words(tokens: Sequence[Any]) -> str:
    return " ".join(str(token) for token in tokens if token is not None)


def _word_count(tokens: Sequence[Token]) -> int:
    """How many words an action's name has: `also assign`, `assign same` and `subject prefix` have two."""
    first_two = tuple(token.type for token in tokens[:2])
    return 2 if first_two in (("ALSO", "ASSIGN"), ("ASSIGN", "SAME"), ("SUBJECT", "PREFIX")) else 1


_TAKE_VALUES = ("forward", "copy", "sla")

_Make = Callable[[TreeBuilder, Any], Any]

_OPERANDS: dict[str, _Make] = {
    "STRING": TreeBuilder._string,
    "VERBATIM": TreeBuilder._string,
    "WORD": TreeBuilder._value,
    "REFERENCE": TreeBuilder._reference,
    "REGEX": TreeBuilder._regex,
}
_DECLARATIONS: dict[str, _Make] = {
    "include": TreeBuilder._include,
    "list": TreeBuilder._list,
    "network": TreeBuilder._network,
    "phrases": TreeBuilder._phrases,
    "hours": TreeBuilder._hours,
    "person": TreeBuilder._person,
    "department": TreeBuilder._department,
    "condition": TreeBuilder._condition_declaration,
    "rule": TreeBuilder._rule,
    "otherwise": TreeBuilder._otherwise,
    "test": TreeBuilder._test,
}
_CONDITIONS: dict[str, _Make] = {
    "negated": TreeBuilder._negated,
    "block": TreeBuilder._block,
    "attachment_block": TreeBuilder._attachment_block,
    "use": TreeBuilder._use,
    "fact": TreeBuilder._fact,
    "fact_about": TreeBuilder._fact_about,
    "field_test": TreeBuilder._field_test,
    "of_one": TreeBuilder._field_test,
}
_TEST_LINES: dict[str, _Make] = {
    "letter": TreeBuilder._letter,
    "expect": TreeBuilder._expect,
    "expect_rule": TreeBuilder._expect_rule,
}

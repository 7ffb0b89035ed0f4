"""From text to tree: every construct of the language, with its spans."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from sievepy.rules_lang import ast
from sievepy.rules_lang.parser import parse
from sievepy.text import SourceFile, Span

LANGUAGE = (Path(__file__).parents[2] / "corpus" / "language.rules").read_text(encoding="utf-8")


def tree_of(text: str) -> ast.Tree:
    tree, diagnostics = parse(SourceFile.of("a.rules", text))
    assert diagnostics == ()
    assert tree.broken == ()
    return tree


def only(text: str) -> Any:
    (declaration,) = tree_of(text).declarations
    return declaration


def test_of(condition: str) -> Any:
    return only(f"condition c when {condition}").test


test_of.__test__ = False  # type: ignore[attr-defined]


def action(statement: str) -> ast.ActionStatement:
    (found,) = only(f"otherwise {{ {statement} }}").actions
    assert isinstance(found, ast.ActionStatement)
    assert found.span.text == statement
    return found


def lines(body: str) -> tuple[ast.TestLine, ...]:
    found: tuple[ast.TestLine, ...] = only(f'test "T" {{ {body} }}').lines
    return found


def texts(nodes: Any) -> list[str]:
    """What each operand says, quotes and `@` included."""
    return [node.span.text for node in nodes]


# ---------------------------------------------------------------- the whole


def test_the_example_of_the_language_page_parses_clean() -> None:
    tree = tree_of(LANGUAGE)
    assert [type(d).__name__.removesuffix("Decl") for d in tree.declarations] == (
        ["Network", "Hours", "List", "Phrases", "Phrases", "Person", "Person"]
        + ["Department"] * 4
        + ["Rule"] * 7
        + ["Otherwise", "Test", "Test"]
    )
    assert [include.path.value for include in tree.includes] == ["lists/common.rules"]


def test_layout_does_not_change_the_tree() -> None:
    """Braces on the next line, `;` for line ends, comments, tabs, Windows line ends: all one tree."""
    spread = 'rule "A" # one\n{\n\n when any\n\t{ empty # two\n bounce;\n }\n # three\n unless verified\n tag x\n}\n'
    tight = 'rule "A" { when any { empty; bounce } unless verified; tag x }'
    assert plain(tree_of(spread)) == plain(tree_of(tight)) == plain(tree_of(spread.replace("\n", "\r\n")))
    assert plain(tree_of("\ufeff" + tight.replace(" ", "\u00a0"))) == plain(tree_of(tight))


def plain(node: Any) -> Any:
    """A tree without its spans."""
    if isinstance(node, Span | SourceFile):
        return None
    if isinstance(node, tuple):
        return tuple(map(plain, node))
    if dataclasses.is_dataclass(node):
        return type(node).__name__, *(plain(getattr(node, field.name)) for field in dataclasses.fields(node))
    return node


def spans(node: Any) -> list[Span]:
    if isinstance(node, Span):
        return [node]
    if isinstance(node, tuple):
        return [span for part in node for span in spans(part)]
    if dataclasses.is_dataclass(node) and not isinstance(node, SourceFile):
        return [span for field in dataclasses.fields(node) for span in spans(getattr(node, field.name))]
    return []


def test_spans_are_those_of_the_file() -> None:
    """Pieces are parsed alone; places are still counted from the start of the file."""
    tree = tree_of(LANGUAGE)
    for declaration in tree.declarations:
        inner = spans(declaration)
        assert all(declaration.span.start <= span.start < span.end <= declaration.span.end for span in inner)
        assert declaration.span.text.endswith(("}", '"'))
    rule = next(d for d in tree.declarations if isinstance(d, ast.RuleDecl) and d.title.value == "Акты и счета")
    assert rule.header.text == 'rule "Акты и счета"'
    assert rule.when.span.text.startswith("any {") and rule.when.span.text.endswith("}")
    assert [action.span.text for action in rule.actions] == ["assign buh", "continue", "tag money"]


@pytest.mark.parametrize("text", ["", "\n", "# only a comment", ";;\n;", "\ufeff", " \t\u00a0"])
def test_an_empty_file_is_an_empty_tree(text: str) -> None:
    assert tree_of(text).declarations == ()


# ---------------------------------------------------------------- declarations


def test_list() -> None:
    found = only("list staff { x-com.kz; *.x-com.kz, a@b.kz\n @other }")
    assert isinstance(found, ast.ListDecl) and found.name.text == "staff"
    assert texts(found.values) == ["x-com.kz", "*.x-com.kz", "a@b.kz", "@other"]
    assert isinstance(found.values[-1], ast.Reference) and found.values[-1].name.text == "other"


def test_list_from_a_file() -> None:
    found = only('list staff from "staff.txt"')
    assert found.values == () and found.from_file.value == "staff.txt"


def test_phrases() -> None:
    found = only('phrases act ru translit { "акт … сверки"; «счёт», "ЭСФ", }')
    assert [language.text for language in found.languages] == ["ru", "translit"]
    assert [phrase.value for phrase in found.phrases] == ["акт … сверки", "счёт", "ЭСФ"]
    assert only('phrases x { "a" }').languages == ()


@pytest.mark.parametrize("comment", ["# }", "# { ; }", "# a\n  # }"])
def test_a_brace_in_a_comment_behind_a_comma_is_no_brace(comment: str) -> None:
    rule = only(f'rule "a" {{ when bounce; assign a, {comment}\n b }}')
    assert [name.text for name in rule.actions[0].operands] == ["a", "b"]
    assert [value.text for value in only(f"list a {{ b.kz, {comment}\n c.kz }}").values] == ["b.kz", "c.kz"]


def test_network() -> None:
    assert texts(only("network ours { 91.235.177.0/24, 2001:db8::/32 }").values) == ["91.235.177.0/24", "2001:db8::/32"]


def test_hours() -> None:
    found = only(
        "hours o { mon-fri 09:00-18:00; except 2026-12-16 .. 2026-12-17; except 2026-01-07\n also 2026-12-19 9-18 }"
    )
    assert [(line.kind, texts(line.values), line.range_end and line.range_end.text) for line in found.lines] == [
        ("weekly", ["mon-fri", "09:00-18:00"], None),
        ("except", ["2026-12-16"], "2026-12-17"),
        ("except", ["2026-01-07"], None),
        ("also", ["2026-12-19", "9-18"], None),
    ]


def test_person() -> None:
    found = only('person d "Диспетчер" { email d@x-com.kz; away 2026-12-01 .. 2026-12-14 substitute deputy }')
    email, away = found.lines
    assert found.title.value == "Диспетчер"
    assert (email.kind, email.value.text) == ("email", "d@x-com.kz")
    assert (away.first.text, away.last.text, away.substitute.text) == ("2026-12-01", "2026-12-14", "deputy")


def test_department() -> None:
    found = only(
        'department buh "Бухгалтерия" { email buh@x-com.kz with content; also maildir /var/mail/buh\n'
        'fallback bitrix task "crm" with content { title "x"; stage "y" }; imap "INBOX/Buh"\n'
        "sla 1wd in office; sla 4h; notify a, b; restricted }"
    )
    channels = [line for line in found.lines if line.kind == "channel"]
    assert [(line.role, line.channel.text, texts(line.operands)) for line in channels] == [
        ("primary", "email", ["buh@x-com.kz"]),
        ("also", "maildir", ["/var/mail/buh"]),
        ("fallback", "bitrix", ["task", '"crm"']),
        ("primary", "imap", ['"INBOX/Buh"']),
    ]
    assert [[suffix.text for suffix in line.suffixes] for line in channels] == [
        ["with content"],
        [],
        ["with content"],
        [],
    ]
    assert [(name.text, value.value) for name, value in channels[2].block] == [("title", "x"), ("stage", "y")]
    sla, plain_sla, notify, restricted = found.lines[4:]
    assert (texts(sla.operands), sla.hours.text) == (["1wd"], "office")
    assert (texts(plain_sla.operands), plain_sla.hours) == (["4h"], None)
    assert (notify.kind, texts(notify.operands), restricted.kind) == ("notify", ["a", "b"], "restricted")


def test_names_may_be_keywords_where_no_keyword_can_stand() -> None:
    assert only("department ip { email a@b.kz }").name.text == "ip"
    assert action("assign ip, from, rule").operands[2].span.text == "rule"


@pytest.mark.parametrize("name", ["any", "all", "none", "not", "when", "unless", "same"])
def test_refused_names(name: str) -> None:
    diagnostics = parse(SourceFile.of("a.rules", f"department {name} {{ email a@b.kz }}"))[1]
    assert [d.code for d in diagnostics] == ["E015"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("buh", None), ("бух", None), ("act_kk", None), ("e-mail2", None), ("әлем", None), ("қызмет", None),
        ("and\u0301", None), ("ﬁle", None), ("24", "E016"), ("a.b", "E016"), ("a/b", "E016"), ("-", "E016"),
        ("buх", "E014"), ("акт_a", "E014"), ("αb", "E014"), ("əлем", "E014"),
    ],
)  # fmt: skip
def test_what_a_name_is(name: str, code: str | None) -> None:
    diagnostics = parse(SourceFile.of("a.rules", f"department {name} {{ email a@b.kz }}"))[1]
    assert [d.code for d in diagnostics] == ([code] if code else [])


def test_names_are_compared_by_their_compatible_form() -> None:
    assert only("list ﬁle { a.kz }").name.key == "file"
    assert only("list и\u0306 { a.kz }").name.key == "й"


def test_include_stands_at_the_top() -> None:
    tree, diagnostics = parse(SourceFile.of("a.rules", 'include "a"\nlist x { a.kz }\ninclude "b"'))
    assert [include.path.value for include in tree.includes] == ["a", "b"]
    assert [d.code for d in diagnostics] == ["E035"]


# ---------------------------------------------------------------- rules


def test_rule() -> None:
    found = only('rule "A" { observe; off until 2026-12-01; priority 200; when empty unless bounce; tag x; triage }')
    assert found.observe.text == "observe"
    assert (found.off_until.text, found.priority.text) == ("2026-12-01", "200")
    assert (found.when.words, found.unless.words) == ("empty", "bounce")
    assert [a.word for a in found.actions] == ["tag", "triage"]
    assert not found.session


def test_a_bare_rule() -> None:
    found = only('rule "A" { when empty; triage }')
    assert (found.observe, found.off_until, found.priority, found.unless) == (None, None, None, None)
    assert found.header.text == 'rule "A"'


def test_session_rule() -> None:
    found = only('session rule "S" { when helo is "x"; reject "no"; defer "later" }')
    assert found.session and found.header.text == 'session rule "S"'
    assert [(a.word, a.operands[0].value) for a in found.actions] == [("reject", "no"), ("defer", "later")]


def test_otherwise() -> None:
    found = only("otherwise { triage; tag unsorted }")
    assert [a.word for a in found.actions] == ["triage", "tag"] and found.header.text == "otherwise"


# ---------------------------------------------------------------- conditions


def test_blocks() -> None:
    found = test_of("any { empty; all { bounce; not none { verified } } }")
    assert (found.kind, found.keyword.text, len(found.tests)) == ("any", "any", 2)
    inner = found.tests[1]
    assert (inner.kind, type(inner.tests[1])) == ("all", ast.NotTest)
    assert inner.tests[1].test.kind == "none"


FACTS = ("mailing-list", "auto-reply", "auto-generated", "bounce", "empty", "verified", "truncated", "assigned")


@pytest.mark.parametrize("fact", [*FACTS, "mime ambiguous", "reply to known"])
def test_facts(fact: str) -> None:
    found = test_of(fact)
    assert isinstance(found, ast.FactTest)
    assert (found.words, found.argument, found.span.text) == (fact, None, fact)


def test_facts_about_a_name() -> None:
    assert (test_of("assigned buh").words, test_of("assigned buh").argument.text) == ("assigned", "buh")
    assert (test_of("tagged money").words, test_of("tagged money").argument.text) == ("tagged", "money")


def test_a_named_condition() -> None:
    assert test_of("condition quiet").name.text == "quiet"


FIELDS = """from to cc sender reply-to envelope-from envelope-to helo subject body text content full-text date size
    received language source folder spf dkim dmarc attachment"""
TWO_WORDS = ("from name", "cc name", "received day", "received time", "attachment kind", "client ip", "spam score")


@pytest.mark.parametrize("field", [*FIELDS.split(), *TWO_WORDS])
def test_fields(field: str) -> None:
    found = test_of(f"{field} exists")
    assert isinstance(found, ast.FieldTest)
    assert (found.field.words, found.field.span.text, found.operator) == (field, field, "exists")


def test_a_header_field_has_a_name() -> None:
    found = test_of('header "X-Spam" contains "YES"')
    assert (found.field.words, found.field.header.value, found.field.span.text) == (
        "header",
        "X-Spam",
        'header "X-Spam"',
    )


@pytest.mark.parametrize(
    ("written", "operator", "operands"),
    [
        ('subject mentions "a", @b', "mentions", ['"a"', "@b"]),
        ('subject mentions exact "НАС"', "mentions exact", ['"НАС"']),
        ('subject contains "a",\n "b"', "contains", ['"a"', '"b"']),
        ("from is x-com.kz, *.x.kz, @staff", "is", ["x-com.kz", "*.x.kz", "@staff"]),
        ('folder is "SPAM"', "is", ['"SPAM"']),
        ('subject starts "a"', "starts", ['"a"']),
        ('subject ends "a"', "ends", ['"a"']),
        ('attachment name like "*.pdf"', "like", ['"*.pdf"']),
        (r"subject matches /a\/b/i, /c/", "matches", [r"/a\/b/i", "/c/"]),
        ("content has ip in @ours, 10.0.0.0/8", "has ip in", ["@ours", "10.0.0.0/8"]),
        ("client ip in @ours", "in", ["@ours"]),
        ("received in @office", "in", ["@office"]),
        ("size > 25MB", ">", ["25MB"]),
        ("size <= 1KB", "<=", ["1KB"]),
        ("spf pass", "pass", []),
        ("cc absent", "absent", []),
        ("received day is sat, sun", "is", ["sat", "sun"]),
        ("received time is 18:00-09:00", "is", ["18:00-09:00"]),
    ],
)
def test_operators(written: str, operator: str, operands: list[str]) -> None:
    found = test_of(written)
    assert (found.operator, texts(found.operands), found.span.text) == (operator, operands, written)
    assert found.operator_span.text == operator
    assert not found.every and found.range_end is None and found.within is None


def test_a_range_of_days() -> None:
    found = test_of("date is 2026-12-01 .. 2027-01-10")
    assert (found.operator, texts(found.operands), found.range_end.text) == ("is", ["2026-12-01"], "2027-01-10")


def test_words_near_each_other() -> None:
    found = test_of('text mentions all of "счёт", @pay within 6')
    assert (found.operator, texts(found.operands), found.within.text) == ("mentions all of", ['"счёт"', "@pay"], "6")
    assert found.operator_span.text == "mentions all of"


def test_every_and_not() -> None:
    found = test_of("not every to is @staff")
    assert isinstance(found, ast.NotTest) and found.test.every
    assert found.test.span.text == "every to is @staff"


def test_attachment_block() -> None:
    found = test_of('attachment { name mentions @act; not any { kind is pdf; size > 5MB }; type is "text/csv" }')
    assert isinstance(found, ast.AttachmentBlock) and found.keyword.text == "attachment"
    name, negated, kind = found.tests
    assert (name.field.words, kind.field.words) == ("name", "type")
    assert [test.field.words for test in negated.test.tests] == ["kind", "size"]


def test_a_regex_keeps_everything_but_the_escaped_slash() -> None:
    (regex,) = test_of(r"subject matches /a\/\d+/i").operands
    assert (regex.pattern, regex.flags) == (r"a/\d+", "i")


# ---------------------------------------------------------------- actions


@pytest.mark.parametrize(
    ("written", "word", "kinds"),
    [
        ("assign a, b", "assign", [ast.Name, ast.Name]),
        ("assign same", "assign same", []),
        ("also assign a", "also assign", [ast.Name]),
        ('file "A/B"', "file", [ast.String]),
        ("forward a@b.kz", "forward", [ast.Value]),
        ("copy a@b.kz, c@d.kz", "copy", [ast.Value, ast.Value]),
        ('quarantine "why"', "quarantine", [ast.String]),
        ("quarantine", "quarantine", []),
        ("discard", "discard", []),
        ("triage", "triage", []),
        ("continue", "continue", []),
        ("propose buh", "propose", [ast.Name]),
        ("tag money, late", "tag", [ast.Name, ast.Name]),
        ("notify a, b", "notify", [ast.Name, ast.Name]),
        ('print "queue"', "print", [ast.String]),
        ('pipe "program"', "pipe", [ast.String]),
        ('reply "file"', "reply", [ast.String]),
        ('subject prefix "[x]"', "subject prefix", [ast.String]),
        ("sla 4h", "sla", [ast.Value]),
    ],
)
def test_actions(written: str, word: str, kinds: list[type]) -> None:
    found = action(written)
    assert (found.word, [type(operand) for operand in found.operands]) == (word, kinds)
    assert found.word_span.text == word
    assert (found.suffixes, found.digest, found.hours, found.bitrix_kind, found.block) == ((), None, None, None, ())


@pytest.mark.parametrize(
    "written", ["assign a", "also assign a", 'file "x"', "forward a@b.kz", "copy a@b.kz", "bitrix task"]
)
def test_with_content(written: str) -> None:
    assert [suffix.text for suffix in action(f"{written} with content").suffixes] == ["with content"]


def test_notify_with_everything() -> None:
    found = action("notify a, b with subject digest 10min")
    assert ([suffix.text for suffix in found.suffixes], found.digest and found.digest.text) == (
        ["with subject"],
        "10min",
    )


def test_sla_in_hours() -> None:
    named, referred = action("sla 1wd in office").hours, action("sla 1wd in @office").hours
    assert isinstance(named, ast.Name) and isinstance(referred, ast.Reference)
    assert named.text == referred.name.text == "office"


def test_bitrix() -> None:
    found = action('bitrix item "crm" with content { title "x"; source "y" }')
    assert (found.word, found.bitrix_kind and found.bitrix_kind.text, texts(found.operands)) == (
        "bitrix",
        "item",
        ['"crm"'],
    )
    assert [(name.text, value.value) for name, value in found.block] == [("title", "x"), ("source", "y")]
    assert action("bitrix lead").block == ()


# ---------------------------------------------------------------- tests beside rules


@pytest.mark.parametrize(
    ("written", "words", "operands"),
    [
        ("from a@b.kz", "from", ["a@b.kz"]),
        ('from "Имя <a@b.kz>"', "from", ['"Имя <a@b.kz>"']),
        ("to a@b.kz", "to", ["a@b.kz"]),
        ('subject "x"', "subject", ['"x"']),
        ('body "x"', "body", ['"x"']),
        ('message "a.eml"', "message", ['"a.eml"']),
        ("at 2026-11-21 23:30", "at", ["2026-11-21", "23:30"]),
        ("envelope-to a@b.kz, c@d.kz", "envelope-to", ["a@b.kz", "c@d.kz"]),
        ("client-ip 10.0.0.1", "client-ip", ["10.0.0.1"]),
        ("helo mail.x.kz", "helo", ["mail.x.kz"]),
        ("source imap", "source", ["imap"]),
        ('folder "SPAM"', "folder", ['"SPAM"']),
        ("known buh", "known", ["buh"]),
        ("verified", "verified", []),
        ('header "X" "v"', "header", ['"X"', '"v"']),
        ('attachment "a.pdf"', "attachment", ['"a.pdf"']),
        ('attachment "a" type "text/csv"', "attachment", ['"a"', '"text/csv"']),
    ],
)
def test_lines_of_a_letter(written: str, words: str, operands: list[str]) -> None:
    (line,) = lines(written)
    assert (line.words, texts(line.operands), line.span.text, line.action) == (words, operands, written, None)


def test_more_of_a_letter() -> None:
    sender, header, attachment, body = lines(
        'envelope-from <>; header "X" "v" untrusted; attachment "a" text "акт"\n body """\n   Акт\n     2\n   """'
    )
    assert isinstance(sender.operands[0], ast.String) and sender.operands[0].value == ""
    assert [suffix.text for suffix in header.suffixes] == ["untrusted"]
    assert attachment.text is not None and attachment.text.value == "акт" and len(attachment.operands) == 1
    assert body.operands[0] == dataclasses.replace(body.operands[0], value="Акт\n  2\n", verbatim=True)


@pytest.mark.parametrize(
    ("written", "words", "action_word"),
    [
        ("expect assign a, b", "expect", "assign"),
        ("expect not assign a", "expect not", "assign"),
        ("expect forward", "expect", "forward"),
        ("expect reject", "expect", "reject"),
        ("expect defer", "expect", "defer"),
        ("expect quarantine", "expect", "quarantine"),
        ("expect assign same", "expect", "assign same"),
        ("expect bitrix task", "expect", "bitrix"),
    ],
)
def test_expected_actions(written: str, words: str, action_word: str) -> None:
    (line,) = lines(written)
    assert line.words == words and line.action is not None and line.action.word == action_word


def test_expected_rules() -> None:
    (line,) = lines('expect not rule "A"')
    assert (line.words, texts(line.operands), line.action) == ("expect not", ['"A"'], None)


# ---------------------------------------------------------------- broken declarations


@pytest.mark.parametrize(
    ("text", "word", "name"),
    [
        ('rule "A" { wen empty }', "rule", "A"),
        ('rulle "A" { when empty; triage }', "rule", "A"),
        ('session rule "A" { }', "rule", "A"),
        ("department buh { emial a@b.kz }", "department", "buh"),
        ("list staff { a.kz", "list", "staff"),
        ("condition quiet when and", "condition", "quiet"),
        ('test "T" { triage }', "test", "T"),
        ("otherwise { }", "otherwise", None),
    ],
)
def test_what_is_broken_still_declares_its_name(text: str, word: str, name: str | None) -> None:
    tree, diagnostics = parse(SourceFile.of("a.rules", text))
    (broken,) = tree.broken
    assert len(diagnostics) == 1 and tree.declarations == ()
    found = broken.name.value if isinstance(broken.name, ast.String) else broken.name.text if broken.name else None
    assert (broken.word, found) == (word, name)


def test_repaired_declarations_are_not_broken() -> None:
    """What was plainly meant is read as meant, so that the rest of the declaration is checked too."""
    tree, diagnostics = parse(SourceFile.of("a.rules", "rule «A\" { when subject mentions 'x'; triage }"))
    assert [d.code for d in diagnostics] == ["E005", "E009"]
    assert len(tree.declarations) == 1 and not tree.broken

"""What may stand together: each mistake has its code, its tight place, its labels and, where possible, its fix."""

from __future__ import annotations

import pytest

from sievepy.rules_lang.language_tables import ACTIONS, FIELDS, SESSION_FACTS
from sievepy.rules_lang.settings import Settings
from sievepy.text import Diagnostic
from tests.unit.rules_lang.programs import ABON, OTHERWISE, compiled, errors, sound

FILES = {"rules/empty.txt": "\n \n", "rules/cp.txt": b"\xe0\xea\xf2"}


def finding(text: str, settings: Settings = Settings()) -> Diagnostic:  # noqa: B008  (frozen)
    whole = text if "otherwise {" in text else text + OTHERWISE
    (found,) = (d for d in compiled(whole, FILES, settings).diagnostics if d.severity == "error")
    return found


def fixed(text: str) -> str:
    """The text after the one fix of its one error."""
    for edit in sorted(finding(text).fixes[0].edits, key=lambda e: -e.span.start):
        text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    return text


def rule(condition: str, actions: str = "tag t") -> str:
    return f'rule "R" {{ when {condition}; {actions} }}'


# One line for each thing that language.md calls an error: the program, the code, the text under the caret.
MISTAKES: list[tuple[str, str, str]] = [
    (rule('size mentions "а"'), "E115", "mentions"),
    (rule("subject < 5MB"), "E115", "<"),
    (rule("date > 2026-12-31"), "E115", ">"),
    (rule('client ip is "10.0.0.1"'), "E115", "is"),
    (rule("from pass"), "E115", "pass"),
    (rule('attachment is "a.pdf"'), "E115", "is"),
    (rule('attachment { kind mentions "pdf" }'), "E115", "mentions"),
    (rule('header "Received" has ip in 10.0.0.0/8'), "E115", 'header "Received" has ip in 10.0.0.0/8'),
    (rule("subject is Акт"), "E116", "Акт"),
    (rule("size is 1MB .. 2MB"), "E116", "1MB .. 2MB"),
    (rule('date is "2026-12-31"'), "E116", '"2026-12-31"'),
    (rule("received in office"), "E116", "office"),
    (rule('text mentions all of "акт" within 5'), "E116", "mentions all of"),
    (rule('text mentions exact "акт*"'), "E116", '"акт*"'),
    ('phrases a { "акт … сверки" }\n' + rule("text contains @a"), "E116", "@a"),
    ('phrases a { "акт*" }\n' + rule("text mentions exact @a"), "E116", "@a"),
    ("list a { x-com.kz }\nlist b { @a }", "E116", "@a"),
    ("network a { 10.0.0.0/8 }\nnetwork b { @a }", "E116", "@a"),
    (rule("every size > 5MB"), "E117", "every"),
    (rule("every spf pass"), "E117", "every"),
    (rule('text mentions all of "а", "б" within 1'), "E058", "1"),
    (rule('text mentions "…"'), "E060", "…"),
    (rule('text mentions "акт. Сверка"'), "E060", ". "),
    (rule('subject contains "\\u{ad}"'), "E062", '"\\u{ad}"'),
    (rule('subject mentions exact "—"'), "E062", '"—"'),
    (rule('header "Тема" exists'), "E063", '"Тема"'),
    (rule("attachment kind is pdff"), "E061", "pdff"),
    (rule("empty", 'file "a/../b"'), "E062", '"a/../b"'),
    (rule("empty", 'subject prefix "a\\nBcc: b"'), "E062", '"a\\nBcc: b"'),
    (rule("empty", 'print ""'), "E062", '""'),
    (rule("empty", "notify abon digest 1wd") + "\n" + ABON, "E054", "1wd"),
    (rule("empty", "forward abon") + "\n" + ABON, "E123", "abon"),
    (rule("empty", "copy nobody"), "E050", "nobody"),
    (rule("empty", "tag t; continue"), "E120", "continue"),
    (rule("empty", "also assign abon; continue") + "\n" + ABON, "E120", "continue"),
    (rule("empty", "triage; triage"), "E121", "triage"),
    (rule("empty", 'subject prefix "a"; subject prefix "b"'), "E121", 'subject prefix "b"'),
    ('rule "R" { observe; off until 2026-12-31; when empty; tag t }', "E122", "observe"),
    ('rule "R" { priority 10; priority 20; when empty; tag t }', "E147", "priority 20"),
    ('rule "R" { observe; priority 10; observe; when empty; tag t }', "E147", "observe"),
    ('rule "R" { priority 1000000; when empty; tag t }', "E058", "1000000"),
    ('rule "R" { off until 31.12.2026; when empty; tag t }', "E057", "31.12.2026"),
    (rule("empty", 'reject "no"'), "E125", 'reject "no"'),
    ('session rule "S" { when helo is "x"; tag t }', "E125", "tag t"),
    ('session rule "S" { when helo is "x"; reject "no"; defer "later" }', "E121", 'defer "later"'),
    ('session rule "S" { when helo is "x"; reject "a\\nb" }', "E062", '"a\\nb"'),
    ("condition c when body exists\nsession rule \"S\" { when condition c; reject \"no\" }", "E124", "condition c"),
    (rule("empty", 'reply "gone.txt"'), "E110", '"gone.txt"'),
    (rule("empty", 'reply "empty.txt"'), "E114", '"empty.txt"'),
    (rule("empty", 'reply "cp.txt"'), "E113", '"cp.txt"'),
    (rule("empty", 'reply "/etc/passwd"'), "E112", '"/etc/passwd"'),
    (rule("empty", 'bitrix task { A "1"; A "2" }'), "E131", "A"),
    ('rule "otherwise" { when empty; triage }', "E104", '"otherwise"'),
    (rule("tagged money"), "E101", "money"),
    (rule("tagged money") + '\nrule "S" { when empty; tag money }', "E118", "tagged money"),
    (rule("tagged unsorted") + "\notherwise { triage; tag unsorted }", "E118", "tagged unsorted"),
    (rule("assigned abon") + '\nrule "S" { when empty; assign abon }\n' + ABON, "E118", "assigned abon"),
    ("condition c when tagged m\n" + rule("condition c") + '\nrule "S" { when empty; tag m }', "E118", "condition c"),
    ("otherwise { tag t }", "E127", "otherwise"),
    ("otherwise { discard }", "E127", "otherwise"),
    ("otherwise { triage; continue }", "E127", "continue"),
    ('otherwise { triage; reject "no" }', "E125", 'reject "no"'),
    ("otherwise { triage }\notherwise { triage }", "E126", "otherwise"),
    ("department d { restricted }", "E130", "d"),
    ("department d { also email a@b.kz }", "E130", "d"),
    ("department d { email a@b.kz; maildir d }", "E130", "maildir d"),
    ("department d { email a@b.kz; restricted; restricted }", "E131", "restricted"),
    ('department d { maildir "a/../b" }', "E062", '"a/../b"'),
    ("department d { email a@b.kz; sla 4h in office }", "E101", "office"),
    ("person p { away 2026-12-01 .. 2026-12-14 substitute p2 }\nperson p2 { email a@b.kz }", "E130", "p"),
    ("person p { email a@b.kz; email c@d.kz }", "E131", "email c@d.kz"),
    ("person p { email a@b.kz; away 2026-12-14 .. 2026-12-01 substitute q }\n" + ABON.replace("abon ", "q "), "E057",
     "2026-12-14 .. 2026-12-01"),
    ("hours h { mon-fri 09:00-18:00; except 2026-12-17 .. 2026-12-16 }", "E057", "2026-12-17 .. 2026-12-16"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "place"), MISTAKES)
def test_each_mistake_is_one_error_at_its_place(text: str, code: str, place: str) -> None:
    found = finding(text)
    assert (found.code, found.span.text if found.span is not None else None) == (code, place)


def test_a_person_may_not_stand_in_for_themselves() -> None:
    text = "person p { email a@b.kz; away 2026-12-01 .. 2026-12-14 substitute p }"
    assert finding(text).message == "on 2026-12-01 letters would go round: `p` -> `p`"


def test_a_person_has_one_substitute_a_day() -> None:
    absence = "away 2026-12-01 .. 2026-12-14 substitute q; away 2026-12-14 .. 2026-12-20 substitute r"
    others = "\nperson q { email q@b.kz }\nperson r { email r@b.kz }"
    assert finding(f"person p {{ email a@b.kz; {absence} }}{others}").message == "`p` has two substitutes on 2026-12-14"


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        (rule("every size > 5MB"), rule("size > 5MB")),
        (rule("subject is Акт"), rule('subject is "Акт"')),
        (rule("empty", 'reject "no"'), 'session rule "R" { when empty; reject "no" }'),
        ("hours h { mon 09:00-18:00; except 2026-12-17 .. 2026-12-16 }",
         "hours h { mon 09:00-18:00; except 2026-12-16 .. 2026-12-17 }"),
        (rule('header "X-A:" exists'), rule('header "X-A" exists')),
        ("network n { 10.0.0.1/8 }", "network n { 10.0.0.0/8 }"),
    ],
)  # fmt: skip
def test_a_fix_mends(text: str, mended: str) -> None:
    assert fixed(text) == mended


def test_a_missing_otherwise_is_added_at_the_end() -> None:
    (found,) = (d for d in compiled(rule("empty") + "\n# the end\n\n").diagnostics if d.severity == "error")
    assert found.code == "E126"
    (edit,) = found.fixes[0].edits
    assert edit.span.start == len(rule("empty") + "\n# the end")
    assert edit.replacement == "\n\notherwise { triage }"


def test_otherwise_stands_in_the_entry_file() -> None:
    files = {"rules/a.rules": "otherwise { triage }"}
    assert [d.code for d in compiled('include "a.rules"', files).diagnostics if d.severity == "error"] == ["E126"] * 2


def test_a_broken_otherwise_is_not_missing() -> None:
    codes = errors("otherwise { triaje }")
    assert len(codes) == 1
    assert codes[0].startswith("E0")


def test_a_rule_does_not_grow_without_bound_through_the_conditions_it_uses() -> None:
    declared = "condition c when any { " + "; ".join(f'subject contains "{i}"' for i in range(200)) + " }\n"
    uses = "; ".join(["condition c"] * 26)
    assert errors(declared + rule(f"any {{ {uses} }}")) == ["E106"]
    sound(declared + rule(f"any {{ {uses.replace('condition c; ', '', 2)} }}"))


# ---------------------------------------------------------------- session rules


@pytest.mark.parametrize("words", FIELDS)
def test_a_session_rule_asks_only_what_is_known_then(words: str) -> None:
    operators = FIELDS[words].operators
    behind = {
        "exists": "", "in": "10.0.0.0/8", "is": "mon", "<": "5MB", "pass": "",
    }  # fmt: skip
    operator = next(o for o in ("exists", "pass", "in", "<", "is") if o in operators)
    operand = {"received": "2026-12-31", "received time": "09:00-18:00", "source": "relay"}.get(words, behind[operator])
    operator = "is" if words == "received" else operator
    if words in ("attachment type", "attachment kind"):
        operator, operand = "is", "pdf"
    written = 'header "X"' if words == "header" else words
    codes = errors(f'session rule "S" {{ when {written} {operator} {operand}; reject "no" }}')
    assert codes == ([] if FIELDS[words].session else ["E124"])


def test_session_rules_ask_for_facts_of_headers_only() -> None:
    asked = {
        "mailing-list",
        "auto-reply",
        "auto-generated",
        "bounce",
        "empty",
        "reply to known",
        "verified",
        "truncated",
    }
    allowed = {f for f in asked if not errors(f'session rule "S" {{ when {f}; reject "no" }}')}
    assert allowed == SESSION_FACTS


# ---------------------------------------------------------------- what rules above have done


def test_reading_what_a_rule_above_did_is_right_in_every_way_of_doing_it() -> None:
    sound(rule("empty", "tag money").replace('"R"', '"S"') + "\n" + rule("tagged money"))
    sound('rule "S" { priority 1; when empty; tag money }\n' + rule("tagged money"))
    sound(ABON + 'rule "S" { when reply to known; assign same }\n' + rule("assigned abon"))
    sound(ABON + 'rule "S" { when empty; also assign abon }\n' + rule("assigned abon"))
    sound(rule("assigned"))


def test_a_priority_can_put_the_reader_above_the_writer() -> None:
    text = rule("empty", "tag money").replace('"R"', '"S"') + '\nrule "R" { priority 1; when tagged money; tag t }'
    assert errors(text) == ["E118"]


def test_a_misspelt_tag_comes_with_the_right_one() -> None:
    found = finding('rule "S" { when empty; tag money }\n' + rule("tagged mony"))
    assert (found.code, found.help) == ("E101", "did you mean `money`?")


# ---------------------------------------------------------------- sinks

FULL = Settings(
    configured=True,
    channels=frozenset({"email", "maildir", "imap", "bitrix"}),
    places=frozenset({"triage", "file", "quarantine", "discard"}),
    printers=frozenset({"front-desk"}),
    programs=frozenset({"archive"}),
    portals=frozenset({"main"}),
    notify=True,
    reply=True,
    edge=True,
)
USES = {
    "email": rule("empty", "forward a@b.kz"),
    "copy": rule("empty", "copy a@b.kz"),
    "file": rule("empty", 'file "A"'),
    "quarantine": rule("empty", "quarantine"),
    "discard": rule("empty", "discard"),
    "triage": rule("empty", "triage"),
    "propose": ABON + rule("empty", "propose abon"),
    "notify": ABON + rule("empty", "notify abon"),
    "print": rule("empty", 'print "front-desk"'),
    "pipe": rule("empty", 'pipe "archive"'),
    "bitrix": rule("empty", 'bitrix task "main"'),
    "any portal": rule("empty", "bitrix task"),
    "reply": rule("empty", 'reply "thanks.txt"'),
    "edge": 'session rule "S" { when helo is "x"; defer "later" }',
    "maildir channel": "department d { maildir d }",
    "imap channel": "department d { imap INBOX/d }",
    "bitrix channel": 'department d { bitrix item "main" }',
    "person": "person p { email a@b.kz }",
}


@pytest.mark.parametrize("use", USES)
def test_nothing_is_accepted_for_which_there_is_no_sink(use: str) -> None:
    files = {"rules/thanks.txt": "Спасибо."}
    text = USES[use] + "\notherwise { assign last }\ndepartment last { email last@x-com.kz }"
    sound(text, files, FULL)
    sound(text, files, Settings())
    assert set(errors(text, files, Settings(configured=True))) == {"E141", "E140"} if use == "edge" else {"E140"}


def test_a_named_sink_must_be_the_one_that_is_there() -> None:
    assert finding(rule("empty", 'print "front-desc"'), FULL).help == "did you mean `front-desk`?"
    two = Settings(**{**{f: getattr(FULL, f) for f in Settings.__slots__}, "portals": frozenset({"a", "b"})})
    assert finding(rule("empty", "bitrix task"), two).message == "which portal? there are several"


def test_tests_beside_rules_need_no_sinks() -> None:
    sound('rule "R" { when empty; triage }\ntest "T" { subject "a"; expect not print "x" }', settings=FULL)


def test_the_tables_name_every_action_once() -> None:
    assert {word for word, spec in ACTIONS.items() if spec.session} == {"reject", "defer"}
    assert all(spec.destination or not spec.session for spec in ACTIONS.values() if spec.place == "triage")

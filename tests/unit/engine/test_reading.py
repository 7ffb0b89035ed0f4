"""What is read of a letter: each field at most once, and only if some rule needs it."""

from __future__ import annotations

from itertools import pairwise

from sievepy.ir import conditions as ir
from sievepy.plan import Assign, FileInto, Tag
from tests.property.letters import StoredAttachment, Values
from tests.unit.engine.make import BODY, NOON, SUBJECT, TEXT, context, done, holding, letter, phrase, program, rule

BUH = Assign("buh")
HEADER = ir.Field("header", "X-Spam")
LETTER = {"subject": "акт сверки", "body": "тело", "text": "текст", "header X-Spam": "да"}


def test_header_rules_never_touch_the_body() -> None:
    rules = [
        rule("а", ir.AddressIs(ir.Field("from"), domains=frozenset({"x-com.kz"})), BUH),
        rule("б", holding(SUBJECT, "счет"), BUH),
        rule("в", ir.AllOf((holding(HEADER, "нет"), holding(BODY, "тело"))), BUH),
        rule("г", ir.Exists(HEADER), Tag("т")),
        rule("д", ir.ReceivedDay(frozenset({1})), BUH),
        rule("е", holding(SUBJECT, "акт"), BUH, unless=ir.AllOf((holding(HEADER, "нет"), holding(TEXT, "текст")))),
    ]
    read = letter(LETTER, received_at=NOON)
    assert done(program(*rules).judge(read, context())) == [BUH, Tag("т")]
    assert not {"body", "text", "content", "full-text", "attachments"} & read.reads.keys()


def test_each_field_is_read_once_for_any_number_of_rules() -> None:
    tests = [holding(BODY, f"слово{n}") for n in range(50)]
    phrases = [ir.Mentions(BODY, (phrase(f"слово{n}"),)) for n in range(50)]
    rules = [rule(f"{n}", ir.AnyOf(pair), Tag(f"т{n}")) for n, pair in enumerate(pairwise([*tests, *phrases]))]
    read = letter({"body": "ничего из этого"})
    program(*rules).judge(read, context())
    assert read.reads["body"] == 1


def test_the_body_stays_unread_once_a_header_has_decided_and_only_deciding_rules_wait_for_it() -> None:
    first = rule("автоответ", ir.Fact("auto-reply"), FileInto("Автоответы"))
    deciding = rule("тело", holding(BODY, "тело"), BUH)
    read = letter(LETTER, facts={"auto-reply": True})
    assert done(program(first, deciding).judge(read, context())) == [FileInto("Автоответы")]
    assert read.reads["body"] == 0
    adding = rule("метка", holding(BODY, "тело"), Tag("т"))
    assert done(program(first, deciding, adding).judge(read, context())) == [FileInto("Автоответы"), Tag("т")]


def test_a_test_inside_all_is_asked_only_when_the_cheaper_ones_hold() -> None:
    both = rule("а", ir.AllOf((holding(BODY, "тело"), holding(SUBJECT, "акт"))), BUH)
    read = letter({**LETTER, "subject": "другое"})
    program(both).judge(read, context())
    assert read.reads["body"] == 0


def test_headers_that_are_not_there_are_not_asked_for_one_by_one() -> None:
    rules = [rule(f"{n}", holding(ir.Field("header", f"X-{n}"), "да"), Tag(f"т{n}")) for n in range(300)]
    rules += [rule(f"есть {n}", ir.Exists(ir.Field("header", f"Y-{n}")), Tag(f"е{n}")) for n in range(300)]
    read = letter({"header X-7": "да", "header Y-5": "что-то"})
    plan = program(*rules).judge(read, context())
    assert plan.tags == ("т7", "е5", "unsorted")
    assert sum(read.reads.values()) < 10


def test_a_header_is_one_in_any_case_of_its_name() -> None:
    rules = [rule(name, holding(ir.Field("header", name), "да"), Tag(name)) for name in ("X-SPAM", "x-spam")]
    read = letter({"header X-Spam": "да"})
    assert program(*rules).judge(read, context()).tags == ("X-SPAM", "x-spam", "unsorted")


def test_a_cut_header_block_leaves_absent_headers_unknown() -> None:
    rules = [rule(f"{n}", ir.Exists(ir.Field("header", f"X-{n}")), Tag(f"т{n}")) for n in range(20)]
    rules += [rule(f"text {n}", holding(ir.Field("header", f"Z-{n}"), "да"), Tag(f"з{n}")) for n in range(20)]
    plan = program(*rules).judge(letter({}, headers_complete=False), context())
    assert {note.rule for note in plan.notes if note.rule} == {made.title for made in rules}


# ---------------------------------------------------------------- attachments, every


def attachment(name: str, size: int = 10, number: str = "2", complete: bool = True) -> StoredAttachment:
    return StoredAttachment(number, size, {"attachment-name": Values((name,), complete)})


NAME, SIZE = ir.Field("attachment-name"), ir.Field("attachment-size")
BLOCK = ir.Attachment(ir.AllOf((holding(NAME, "акт"), ir.Compare(SIZE, ">", 100))))


def test_all_lines_of_an_attachment_block_hold_for_one_attachment() -> None:
    made = program(rule("а", BLOCK, BUH))
    apart = letter({}, attachments=(attachment("акт", 10), attachment("фото", 500, "3")))
    together = letter({}, attachments=(attachment("фото", 10), attachment("акт", 500, "3")))
    assert made.judge(apart, context()).destination == "triage"
    plan = made.judge(together, context())
    assert done(plan) == [BUH]
    assert [(hit.field, hit.part, hit.start, hit.end) for hit in plan.fired[0].hits] == [
        ("attachment name", "3", 0, 3),
        ("attachment size", "", -1, -1),
    ]


def test_attachments_behind_a_limit_leave_the_block_unknown() -> None:
    made = program(rule("а", BLOCK, BUH), rule("б", ir.Not(ir.Attachment(holding(NAME, "акт"))), Tag("т")))
    plan = made.judge(letter({}, attachments_complete=False), context())
    assert {note.rule for note in plan.notes} == {"а", "б"}


def test_every_asks_all_values_and_that_there_is_one() -> None:
    made = program(rule("а", holding(SUBJECT, "а", every=True), BUH))

    def destination(values: Values) -> str:
        return made.judge(letter({"subject": values}), context()).destination

    assert destination(Values(("а", "ба"))) == "assign"
    assert destination(Values(("а", "б"))) == "triage"
    assert destination(Values(())) == "triage"


def test_every_over_a_cut_field_is_no_with_a_value_that_fails_and_else_unknown() -> None:
    made = program(rule("а", holding(SUBJECT, "а", every=True), Tag("т")))
    failing = made.judge(letter({"subject": Values(("а", "б"), complete=False)}), context())
    holding_so_far = made.judge(letter({"subject": Values(("а",), complete=False)}), context())
    assert [note.rule for note in failing.notes] == [None]
    assert [note.rule for note in holding_so_far.notes] == ["а", None]


def test_hits_point_into_clean_text_where_folding_changes_lengths() -> None:
    plan = program(rule("а", ir.Mentions(SUBJECT, (phrase("счет"),)), BUH)).judge(
        letter({"subject": "Straße: СЧЁТ"}), context()
    )
    [hit] = plan.fired[0].hits
    assert ("Straße: СЧЁТ"[hit.start : hit.end], hit.field, hit.part) == ("СЧЁТ", "subject", "subject")

"""Codes E101 to E149: names, files, sinks, and what may stand together.

Each page's first example is reported, its second is not. Examples name the files `lists/common.rules` (which
declares `list partners`), `circle.rules` (which includes whoever includes it), `cp1251.rules` (not UTF-8),
`answers/empty.txt` and `answers/thanks.txt`; those of sinks stand beside a configuration that has e-mail, triage,
filing, the printer `front-desk`, and is not at the edge.
"""

from __future__ import annotations

from sievepy.rules_lang.codes_text import page
from sievepy.text.codes import Code

_OTHERWISE = "\notherwise { triage }"
_ABON = "department abon { email abon@x-com.kz }\n"


def _code(number: int, name: str, what: str, why: str, example: str, instead: str) -> Code:
    return Code(f"E{number}", name, page(what, why, example + _OTHERWISE, instead + _OTHERWISE))


def _rule(condition: str, actions: str = "tag example") -> str:
    return f'rule "Пример" {{ when {condition}; {actions} }}'


# ---------------------------------------------------------------- names

UNKNOWN_NAME = _code(
    101,
    "unknown-name",
    "Finds a name that nothing declares: a department, a list, a condition, a tag that no rule sets, a rule that a "
    "test expects.",
    "The letter would go nowhere, or the test would never hold.",
    _ABON + _rule("empty", "assign abbon"),
    _ABON + _rule("empty", "assign abon"),
)
DECLARED_TWICE = _code(
    102,
    "declared-twice",
    "Finds a name that is declared twice. Lists, phrases, networks and hours share one space of names, as all are "
    "written `@name`; departments and persons share another; conditions have a third.",
    "Nobody can tell which one is meant.",
    "list ours { x-com.kz }\nnetwork ours { 91.235.177.0/24 }",
    "list ours { x-com.kz }\nnetwork our-net { 91.235.177.0/24 }",
)
WRONG_KIND = _code(
    103,
    "wrong-kind",
    "Finds a name that is declared as something that cannot stand there, such as a list where phrases are needed.",
    "`mentions` inflects words; a list holds addresses.",
    "list staff { x-com.kz }\n" + _rule("text mentions @staff"),
    "list staff { x-com.kz }\n" + _rule("from is @staff"),
)
TITLE_TWICE = _code(
    104,
    "title-twice",
    "Finds two rules with the same title, and one with the title `otherwise`, which plans use for the last resort.",
    "Plans, tests and the journal name rules by their titles.",
    'rule "Акты" { when empty; tag first }\nrule "Акты" { when bounce; tag second }',
    'rule "Пустые" { when empty; tag first }\nrule "Отбойники" { when bounce; tag second }',
)
CONDITION_CYCLE = _code(
    105,
    "condition-circle",
    "Finds conditions that use one another in a circle.",
    "Such a condition has no answer.",
    "condition first when condition second\ncondition second when condition first",
    "condition first when condition second\ncondition second when empty",
)
CONDITION_SIZE = _code(
    106,
    "condition-too-large",
    "Finds a condition or a rule that, with all conditions it uses written out, holds more than 5,000 tests or is "
    "nested more than 32 deep.",
    "It grows by doubling at each step, unseen in the text, and every letter would pay for it.",
    "condition c0 when any { empty; bounce }\n"
    + "".join(f"condition c{i} when any {{ condition c{i - 1}; condition c{i - 1} }}\n" for i in range(1, 14)),
    "condition c0 when any { empty; bounce }\ncondition c1 when any { condition c0; auto-reply }",
)

# ---------------------------------------------------------------- files

UNREADABLE_FILE = _code(
    110,
    "unreadable-file",
    "Finds a file named in rules that cannot be read, or that is larger than 32 MiB.",
    "What it holds is missing, so the program cannot be judged as a whole.",
    'include "lists/missing.rules"',
    'include "lists/common.rules"',
)
INCLUDE_CYCLE = _code(
    111,
    "include-circle",
    "Finds files that include one another in a circle, or more than 32 deep.",
    "An included file counts at its place, which in a circle is nowhere.",
    'include "circle.rules"',
    'include "lists/common.rules"',
)
OUTSIDE = _code(
    112,
    "outside-project",
    "Refuses an absolute path, or one that leads out of the project's folder.",
    "A project is reviewed and moved as one folder; what lies outside is somebody else's.",
    'include "../../etc/common.rules"',
    'include "lists/common.rules"',
)
NOT_UTF8 = _code(
    113,
    "not-utf8",
    "Finds a file that is not UTF-8.",
    "Read in a wrong encoding, its words would match nothing.",
    'include "cp1251.rules"',
    'include "lists/common.rules"',
)
REPLY_FILE = _code(
    114,
    "empty-reply",
    "Finds a `reply` whose file holds no text.",
    "The author would get an empty answer.",
    _rule("empty", 'reply "answers/empty.txt"'),
    _rule("empty", 'reply "answers/thanks.txt"'),
)

# ---------------------------------------------------------------- tests of letters

OPERATOR = _code(
    115,
    "operator-does-not-fit",
    "Finds an operator that its field does not take. `has ip` is never asked of a Received header, which the sender "
    "can write.",
    "The test has no meaning.",
    _rule('size mentions "акт"'),
    _rule("size > 25MB"),
)
OPERAND = _code(
    116,
    "operand-does-not-fit",
    "Finds something behind an operator, or in a block of values, that cannot stand there: a bare word for a text, a "
    "name inside a list, a phrase with `…` where it is taken as written.",
    "It would be compared in a way that was not meant.",
    _rule("subject is акт"),
    _rule('subject is "акт"'),
)
EVERY = _code(
    117,
    "idle-every",
    "Finds `every` before a field that has one value.",
    "It says nothing there, so something else was meant.",
    _rule("every size > 25MB"),
    _rule("every attachment size > 25MB"),
)
READ_BELOW = _code(
    118,
    "read-before-set",
    "Finds `tagged NAME` or `assigned DEPT` where only rules below do that. Rules are judged in the order of their "
    "priority, then of their place.",
    "The test never holds where it stands.",
    'rule "Читает" { when tagged money; triage }\nrule "Ставит" { when empty; tag money }',
    'rule "Ставит" { when empty; tag money }\nrule "Читает" { when tagged money; triage }',
)

# ---------------------------------------------------------------- rules

CONTINUE = _code(
    120,
    "continue-without-assign",
    "Finds `continue` in a rule that does not `assign`.",
    "`continue` lets later rules add their departments to those of this rule. Where a rule only adds, the judging goes "
    "on anyhow; where it files or discards, there is nothing to add to.",
    _rule("empty", 'file "Пустые"; continue'),
    _ABON + _rule("empty", "assign abon; continue"),
)
ACTION_TWICE = _code(
    121,
    "action-twice",
    "Finds a second action in one rule that repeats or contradicts the first.",
    "Only one of them could be done.",
    _rule("empty", "sla 4h; sla 8h"),
    _rule("empty", "sla 4h"),
)
OBSERVE_AND_OFF = _code(
    122,
    "observe-and-off",
    "Finds a rule that is both `observe` and `off until`.",
    "An observed rule is judged and does not act; one that is off is not judged.",
    'rule "Пример" { observe; off until 2026-12-31; when empty; tag example }',
    'rule "Пример" { observe; when empty; tag example }',
)
MODIFIER_TWICE = _code(
    147,
    "modifier-twice",
    "Finds a second `observe`, `off` or `priority` in one rule.",
    "Only one of them could count, and which one nobody should have to guess.",
    'rule "Пример" { priority 10; priority 20; when empty; tag example }',
    'rule "Пример" { priority 10; when empty; tag example }',
)
LITERAL_ADDRESS = _code(
    123,
    "name-for-address",
    "Finds the name of a department or person behind `forward` or `copy`.",
    "These take literal addresses, so that a reader sees where letters leave the house. Letters to names are assigned.",
    _ABON + _rule("empty", "forward abon"),
    _ABON + _rule("empty", "assign abon"),
)
SESSION_TEST = _code(
    124,
    "asked-too-early",
    "Finds a test in a `session rule` that needs more than the connection, HELO, the envelope, headers and the size.",
    "A session rule answers while the sender waits; the letter's text is not there to be judged.",
    'session rule "Пример" { when body mentions "казино"; reject "no" }',
    'session rule "Пример" { when helo ends ".invalid"; reject "no" }',
)
SESSION_ACTION = _code(
    125,
    "refused-too-late",
    "Finds `reject` or `defer` outside a session rule, and any other action in one.",
    "Once a letter is accepted, a refusal would be a bounce to a sender who is often forged.",
    _rule("empty", 'reject "no"'),
    _rule("empty", 'quarantine "пустое"'),
)
OTHERWISE = Code(
    "E126",
    "otherwise-once",
    page(
        "Finds a program without `otherwise`, with two of them, or with one in an included file.",
        "It says where a letter goes that no rule decides. Without it such letters would lie where nobody looks.",
        _rule("empty"),
        _rule("empty") + _OTHERWISE,
    ),
)
OTHERWISE_ACTIONS = Code(
    "E127",
    "otherwise-goes-nowhere",
    page(
        "Finds an `otherwise` without a destination other than `discard`, or with `continue`.",
        "A letter that no rule knows is one that somebody has to see.",
        "otherwise { tag unsorted }",
        "otherwise { triage; tag unsorted }",
    ),
)

# ---------------------------------------------------------------- departments and persons

CHANNELS = _code(
    130,
    "primary-channel",
    "Finds a department without a channel or with a second one, and a person without an address.",
    "A department has exactly one primary channel. Further ones are `also` (a copy always) or `fallback` (after the "
    "primary failed for good).",
    "department abon { email abon@x-com.kz; maildir /var/mail/abon }",
    "department abon { email abon@x-com.kz; also maildir /var/mail/abon }",
)
LINE_TWICE = _code(
    131,
    "line-twice",
    "Finds a line of a person or department, or a field of a Bitrix24 item, that stands twice.",
    "Only one of them could hold.",
    "department abon { email abon@x-com.kz; sla 4h; sla 8h }",
    "department abon { email abon@x-com.kz; sla 4h }",
)
SUBSTITUTE = _code(
    132,
    "substitute-circle",
    "Finds persons who stand in for one another on the same day, and a person with two substitutes on one day.",
    "A letter would go round for ever, or nobody could tell where it goes.",
    "person first  { email first@x-com.kz; away 2026-12-01 .. 2026-12-14 substitute second }\n"
    "person second { email second@x-com.kz; away 2026-12-10 .. 2026-12-20 substitute first }",
    "person first  { email first@x-com.kz; away 2026-12-01 .. 2026-12-09 substitute second }\n"
    "person second { email second@x-com.kz; away 2026-12-10 .. 2026-12-20 substitute first }",
)

# ---------------------------------------------------------------- sinks

SINK = _code(
    140,
    "missing-sink",
    "Finds an action or a channel for which `sievepy.toml` has no sink: a channel, a printer, a program, a portal, a "
    "place.",
    "Nothing is accepted by `check` and then not done.",
    _rule("empty", 'print "back-desk"'),
    _rule("empty", 'print "front-desk"'),
)
NOT_EDGE = _code(
    141,
    "refusal-behind-the-edge",
    "Finds a session rule where `sievepy.toml` does not say `edge = true`.",
    "Behind another server a refusal makes that server send a bounce to the sender, who is often forged.",
    'session rule "Пример" { when helo ends ".invalid"; reject "no" }',
    'rule "Пример" { when helo ends ".invalid"; file "Подозрительные" }',
)
SINKS_UNCHECKED = Code(
    "E142",
    "sinks-unchecked",
    """\
## What it does
Notes, once, that there is no `sievepy.toml`, so that it was not checked whether the site has what rules use: channels,
printers, programs, portals, places. It is a note and no error.

## Why it is bad
A rule may use a printer that does not exist, and nobody would know until a letter needs it.

## Use instead
Write a `sievepy.toml` beside the rules; `sievepy init` makes one.
""",
)

# ---------------------------------------------------------------- tests beside rules

TEST_LINE = _code(
    145,
    "test-line",
    "Finds a line of a test that stands twice, that says what the file of `message` says already, or that expects what "
    "no plan can show.",
    "One of the two would be ignored.",
    'test "Пример" { subject "Акт"; subject "Счёт"; expect triage }',
    'test "Пример" { subject "Акт"; expect triage }',
)
TEST_EXPECTS = _code(
    146,
    "test-without-expect",
    "Finds a test without an `expect` line.",
    "It can never fail.",
    'test "Пример" { subject "Акт" }',
    'test "Пример" { subject "Акт"; expect triage }',
)

CODES = (
    UNKNOWN_NAME, DECLARED_TWICE, WRONG_KIND, TITLE_TWICE, CONDITION_CYCLE, CONDITION_SIZE,
    UNREADABLE_FILE, INCLUDE_CYCLE, OUTSIDE, NOT_UTF8, REPLY_FILE,
    OPERATOR, OPERAND, EVERY, READ_BELOW,
    CONTINUE, ACTION_TWICE, OBSERVE_AND_OFF, MODIFIER_TWICE, LITERAL_ADDRESS, SESSION_TEST, SESSION_ACTION,
    OTHERWISE, OTHERWISE_ACTIONS,
    CHANNELS, LINE_TWICE, SUBSTITUTE,
    SINK, NOT_EDGE, SINKS_UNCHECKED,
    TEST_LINE, TEST_EXPECTS,
)  # fmt: skip

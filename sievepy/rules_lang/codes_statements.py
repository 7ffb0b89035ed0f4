"""Codes E017 to E049: statements, blocks and what stands in them."""

from __future__ import annotations

from sievepy.rules_lang.codes_text import page
from sievepy.text.codes import Code

_OTHERWISE = "\notherwise { triage }"
_RULE = 'rule "Акты" { when subject mentions "акт сверки"; triage }' + _OTHERWISE
_ANY = """\
rule "Акты" {
    when any {
        subject mentions "акт сверки"
        body mentions "акт сверки"
    }
    triage
}"""


def _code(number: int, name: str, what: str, why: str, example: str, instead: str) -> Code:
    return Code(f"E{number:03}", name, page(what, why, example, instead))


CODES = (
    _code(
        17,
        "misspelt-word",
        "Finds a word that is unknown where it stands and near to one that could stand there.",
        "It is a slip, and what was meant is nearly certain. Words of the language are written in small letters.",
        'rule "Акты" { when subject mention "акт сверки"; triage }',
        _RULE,
    ),
    _code(
        18,
        "unclosed-block",
        "Finds `{` that is never closed. A block also ends, unclosed, where the next declaration begins, or where a "
        "statement begins that cannot stand in it.",
        "What stands below would belong to the block.",
        _ANY.replace("    }\n", ""),
        _ANY + _OTHERWISE,
    ),
    _code(
        19,
        "stray-brace",
        "Finds `}` that closes nothing, or that closes a declaration before it is complete; and statements that stand "
        "outside every block because of it.",
        "Somewhere above, a block begins or ends elsewhere than it seems.",
        'rule "Акты" { when subject mentions "акт сверки"; triage }\n}',
        _RULE,
    ),
    _code(
        20,
        "unexpected",
        "Says that something cannot stand where it stands, and what could.",
        "The file cannot be read there. (Mistakes that are made often have codes of their own.)",
        'rule "Пустые" { when empty { triage } }',
        'rule "Пустые" { when empty; triage }' + _OTHERWISE,
    ),
    _code(
        21,
        "and-or",
        "Finds `and` and `or` between tests.",
        "What binds stronger, `and` or `or`, every reader remembers differently. `all { … }` and `any { … }` leave no "
        "doubt.",
        'rule "Акты" { when subject mentions "акт" and from is x-com.kz; triage }',
        'rule "Акты" { when all { subject mentions "акт"; from is x-com.kz }; triage }' + _OTHERWISE,
    ),
    _code(
        22,
        "several-fields",
        "Finds tests with more than one field.",
        "A comma in a test separates values, and means *any of* them. For fields it could mean any or each.",
        'rule "Акты" { when subject, body mentions "акт сверки"; triage }',
        _ANY + _OTHERWISE,
    ),
    _code(
        23,
        "foreign-operator",
        "Finds operators of other languages: `=`, `==`, `!=`, `=~`, and words that say what a comma says already "
        "(`contains any of`).",
        "Operators are words here: `is`, `contains`, `mentions`, `matches`. A comma between values means *any of*.",
        'rule "Акты" { when subject = "акт"; triage }',
        'rule "Акты" { when subject is "акт"; triage }' + _OTHERWISE,
    ),
    _code(
        24,
        "missing-quotes",
        "Finds words where a string has to stand.",
        "Without quotes a phrase cannot be told from the words of the language, nor its end be seen.",
        'rule "Акты" { when subject mentions акт сверки; triage }',
        _RULE,
    ),
    _code(
        25,
        "regex-elsewhere",
        "Finds a regex behind an operator other than `matches`, and `matches` with something else than a regex.",
        'A regex stands between slashes, behind `matches` only; `contains "/"` looks for a slash.',
        'rule "Заявка" { when subject contains /заявка \\d+/; triage }',
        'rule "Заявка" { when subject matches /заявка \\d+/; triage }' + _OTHERWISE,
    ),
    _code(
        26,
        "missing-when",
        "Finds rules without `when`.",
        "A rule acts on letters for which its condition holds. What happens to all letters that no rule decides is "
        "`otherwise { … }`.",
        'rule "Акты" { subject mentions "акт сверки"; triage }',
        _RULE,
    ),
    _code(
        27,
        "repeated-clause",
        "Finds a second `when` or `unless` in a rule.",
        "Whether both have to hold, or one is enough, is said by `all { … }` or `any { … }`.",
        'rule "Пустые" { when empty; unless bounce; unless auto-reply; triage }',
        'rule "Пустые" { when empty; unless any { bounce; auto-reply }; triage }' + _OTHERWISE,
    ),
    _code(
        28,
        "wrong-order",
        "Finds actions above `when`, and `unless`, `observe`, `off` or `priority` below what they have to stand above.",
        "A rule reads in the order in which it is judged: first on what, then unless what, then what is done.",
        'rule "Пустые" { when empty; triage; unless bounce }',
        'rule "Пустые" { when empty; unless bounce; triage }' + _OTHERWISE,
    ),
    _code(
        29,
        "statement-on-the-same-line",
        "Finds two statements on one line, or two declarations, without `;` between them.",
        "One statement a line is what a reviewer sees in a diff. Where a line is short, `;` separates.",
        'rule "Акты" { when subject mentions "акт сверки" triage }',
        _RULE,
    ),
    _code(
        30,
        "foreign-word",
        "Finds words of other rule languages: `if`, `then`, `else`, `fileinto`, `redirect` and others.",
        "The language has another word for it, or needs none. The help says which.",
        'rule "Пустые" { if empty; triage }',
        'rule "Пустые" { when empty; triage }' + _OTHERWISE,
    ),
    _code(
        31,
        "otherwise-with-condition",
        "Finds a condition in `otherwise`.",
        "`otherwise` runs for every letter that no rule has given a destination, or letters could be lost.",
        "otherwise { when empty; triage }",
        'rule "Пустые" { when empty; triage }' + _OTHERWISE,
    ),
    _code(
        32,
        "empty-block",
        "Finds `{ }` with nothing in it.",
        "Whether an empty `any` holds or not is a riddle; an empty list matches nothing.",
        'rule "Пустые" { when any { }; triage }',
        'rule "Пустые" { when any { empty; bounce }; triage }' + _OTHERWISE,
    ),
    _code(
        33,
        "missing-comma",
        "Finds two values side by side.",
        "Without a comma they could be meant as one.",
        'rule "Акты" { when subject mentions "акт сверки" "счёт-фактура"; triage }',
        'rule "Акты" { when subject mentions "акт сверки", "счёт-фактура"; triage }' + _OTHERWISE,
    ),
    _code(
        34,
        "misplaced-not",
        "Finds `not` anywhere but before a whole test: `subject not mentions`, `is not`, `not not`, `every not`, `!`.",
        "`not` turns the answer of the whole test, values and all. Behind the field it could be read otherwise.",
        'rule "Прочие" { when subject not mentions "акт сверки"; triage }',
        'rule "Прочие" { when not subject mentions "акт сверки"; triage }' + _OTHERWISE,
    ),
    _code(
        35,
        "late-include",
        "Finds `include` below a declaration.",
        "An included file stands in the place of its line. At the top, the order of rules is seen at a glance.",
        'list staff { x-com.kz }\ninclude "lists/common.rules"',
        'include "lists/common.rules"\nlist staff { x-com.kz }',
    ),
    _code(
        36,
        "comma-between-statements",
        "Finds a comma where a statement has to end.",
        "A comma separates values. Tests and actions are separated by a new line or `;`.",
        'rule "Пустые" { when any { empty, bounce }; triage }',
        'rule "Пустые" { when any { empty; bounce }; triage }' + _OTHERWISE,
    ),
    _code(
        37,
        "missing-operator",
        "Finds a field without an operator behind it.",
        "Whether the text shall mention, contain or be the value makes all the difference.",
        'rule "Акты" { when subject "акт сверки"; triage }',
        _RULE,
    ),
    _code(
        38,
        "missing-expect",
        "Finds an outcome in a test without `expect` before it.",
        "The lines of a test describe a letter; only `expect` says what shall become of it.",
        'test "Пустое" { subject "x"; triage }',
        'test "Пустое" { subject "x"; expect triage }' + _OTHERWISE,
    ),
    _code(
        39,
        "missing-brace",
        "Finds a header without `{` behind it.",
        "What belongs to the declaration cannot be told from what does not.",
        'rule "Пустые"\n    when empty\n    triage\n}',
        'rule "Пустые" {\n    when empty\n    triage\n}' + _OTHERWISE,
    ),
    _code(
        40,
        "incomplete",
        "Finds statements that end before they say what they have to.",
        "A line end ends a statement; only a comma at the end of a line continues it.",
        'rule "Акты" { when subject mentions; triage }',
        _RULE,
    ),
    _code(
        41,
        "missing-within",
        "Finds `mentions all of` without `within`.",
        "Two words somewhere in a long letter mean little. How far apart they may be is said in words between them.",
        'rule "Счета" { when body mentions all of "счёт", "оплата"; triage }',
        'rule "Счета" { when body mentions all of "счёт", "оплата" within 6; triage }' + _OTHERWISE,
    ),
    _code(
        42,
        "implied-and",
        "Finds a second test under `when` or `unless`.",
        "Whether both have to hold, or one is enough, is never implied: `all { … }` or `any { … }` says it.",
        'rule "Акты" {\n    when subject mentions "акт сверки"\n    body mentions "акт сверки"\n    triage\n}',
        _ANY + _OTHERWISE,
    ),
    _code(
        43,
        "rule-without-action",
        "Finds rules that end behind their condition.",
        "Such a rule does nothing. To try a rule out without its acting write `observe`.",
        'rule "Пустые" { when empty }',
        'rule "Пустые" { observe; when empty; triage }' + _OTHERWISE,
    ),
    _code(
        44,
        "title-not-a-string",
        "Finds rules and tests whose title is missing or stands without quotes.",
        "Reports, plans and other rules' diagnostics name rules by their titles.",
        "rule Акты { when empty; triage }",
        'rule "Акты" { when empty; triage }' + _OTHERWISE,
    ),
    _code(
        45,
        "malformed-value",
        "Finds values that cannot be: a number apart from its unit, a dot at the end, two dots in a row.",
        "A value is one word: `25MB`, `4h`, `x-com.kz`.",
        'rule "Большие" { when size > 25 MB; triage }',
        'rule "Большие" { when size > 25MB; triage }' + _OTHERWISE,
    ),
    _code(
        46,
        "bare-block",
        "Finds a block of tests without `any`, `all` or `none` before it.",
        "Whether all tests have to hold, or one is enough, is never implied.",
        'rule "Пустые" { when { empty; bounce }; triage }',
        'rule "Пустые" { when all { empty; bounce }; triage }' + _OTHERWISE,
    ),
    _code(
        47,
        "unwanted-quotes",
        "Finds a string where a name or a value has to stand.",
        "Names of departments, addresses and sizes are written without quotes; quotes mean text that is compared.",
        'department buh { email buh@x-com.kz }\nrule "Пустые" { when empty; assign "buh" }',
        'department buh { email buh@x-com.kz }\nrule "Пустые" { when empty; assign buh }' + _OTHERWISE,
    ),
    _code(
        48,
        "unwanted-at-sign",
        "Finds `@` before a name where none belongs.",
        "`@` stands for the values of a list, of phrases, a network or hours. Departments are plain names.",
        'department buh { email buh@x-com.kz }\nrule "Пустые" { when empty; assign @buh }',
        'department buh { email buh@x-com.kz }\nrule "Пустые" { when empty; assign buh }' + _OTHERWISE,
    ),
    _code(
        49,
        "not-in-this-block",
        "Finds actions among tests, and fields of the letter inside `attachment { }`.",
        "All lines of `attachment { }` hold for one attachment, and only `name type kind size text` are its own.",
        'rule "Сканы" { when attachment { kind is pdf; subject mentions "скан" }; triage }',
        'rule "Сканы" { when all { attachment { kind is pdf }; subject mentions "скан" }; triage }' + _OTHERWISE,
    ),
)

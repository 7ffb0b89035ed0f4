"""Codes E001 to E016: the text of a file below its statements. What is too much, strings, letters, names."""

from __future__ import annotations

from sievepy.text.codes import Code


def page(what: str, why: str, example: str, instead: str) -> str:
    """The page of a code: two paragraphs and two examples, of which the first is reported and the second is not."""
    return (
        f"## What it does\n{what}\n\n## Why it is bad\n{why}\n\n"
        f"## Example\n```rules\n{example}\n```\n\n## Use instead\n```rules\n{instead}\n```\n"
    )


_OTHERWISE = "\notherwise { triage }"
_RULE = 'rule "Акты" { when subject mentions "акт сверки"; triage }' + _OTHERWISE
_DEEP = 'rule "Глубоко" { when ' + "any { " * 33 + "empty" + " }" * 33 + "; triage }"

CODES = (
    Code(
        "E001",
        "file-too-long",
        """\
## What it does
Refuses files longer than 32 MiB.

## Why it is bad
Nobody wrote such a file by hand, and nobody can review it; most likely a path leads to something that is no rules file.
Long lists of addresses belong into a file of their own, which a rules file names with `list NAME from "file.txt"`.

## Use instead
```rules
list blocked from "blocked.txt"
```
""",
    ),
    Code(
        "E002",
        "nested-too-deep",
        page(
            "Refuses conditions that are nested more than 32 deep.",
            "A reader has lost count long before that. Give an inner part a name: `condition NAME when …`.",
            _DEEP,
            'condition inner when any { empty; bounce }\nrule "Плоско" { when condition inner; triage }' + _OTHERWISE,
        ),
    ),
    Code(
        "E003",
        "word-too-long",
        """\
## What it does
Refuses words, strings and regexes longer than 65,536 characters, and texts in `\"\"\"` longer than 1,048,576.

## Why it is bad
A quote was never closed, or a list was written as one string. Lists belong into `phrases` or `list`, one a line.

## Use instead
```rules
phrases act { "акт сверки"; "счёт-фактура" }
```
""",
    ),
    Code(
        "E004",
        "unclosed-string",
        page(
            "Finds strings that are not closed on the line on which they begin.",
            "What follows would silently become part of the string, braces and rules included.",
            'rule "Акты" { when subject mentions "акт сверки; triage }',
            _RULE,
        ),
    ),
    Code(
        "E005",
        "mixed-quotes",
        page(
            'Finds strings whose closing quote does not belong to the opening one. The pairs are `"…"`, `«…»`, `“…”` '
            "and `„…“`.",
            "Word processors and chats replace quotes one by one. Where the string ends would be a guess.",
            'rule "Акты" { when subject mentions «акт сверки"; triage }',
            'rule "Акты" { when subject mentions «акт сверки»; triage }' + _OTHERWISE,
        ),
    ),
    Code(
        "E006",
        "nested-quotes",
        page(
            "Finds quotes inside quotes of the same kind.",
            "The first closing quote ends the string, and the rest of the line would mean something else.",
            'rule "Заказчик" { when subject mentions «ООО «Ромашка»»; triage }',
            'rule "Заказчик" { when subject mentions "ООО «Ромашка»"; triage }' + _OTHERWISE,
        ),
    ),
    Code(
        "E007",
        "unknown-escape",
        page(
            'Finds a backslash in a string that is not followed by a known escape: `\\"`, `\\\\`, `\\n`, `\\t`, '
            "`\\u{41F}`, or the string's own closing quote.",
            "Other languages know other escapes; the string would hold a backslash that nobody sees in the letter.",
            'rule "Путь" { when subject contains "C:\\Users"; triage }',
            'rule "Путь" { when subject contains "C:\\\\Users"; triage }' + _OTHERWISE,
        ),
    ),
    Code(
        "E008",
        "misplaced-triple-quotes",
        page(
            'Finds `"""` anywhere but behind `body` in a test, without a line end behind it, or never closed.',
            "Long texts are letters, and letters stand in tests. Everywhere else a string is one line.",
            'rule "Акты" { when subject mentions """акт сверки"""; triage }',
            'test "Акт" {\n    body """\n    Пришлите акт сверки.\n    """\n    expect triage\n}' + _OTHERWISE,
        ),
    ),
    Code(
        "E009",
        "not-a-quote",
        page(
            "Finds marks that look like quotes and begin no string: `'…'`, backticks, `‘…’`, and closing quotes.",
            "The apostrophe is a letter of names (`o'neil@x.kz`), so it cannot begin a string.",
            "rule \"Акты\" { when subject mentions 'акт сверки'; triage }",
            _RULE,
        ),
    ),
    Code(
        "E010",
        "look-alike-letters",
        page(
            "Finds words of the language that hold letters of another alphabet, such as a Cyrillic `с` in `subject`.",
            "The word looks right and is another one. It happens when the keyboard is switched inside a word.",
            'rule "Акты" { when subjeсt mentions "акт сверки"; triage }',
            _RULE,
        ),
    ),
    Code(
        "E011",
        "invisible-character",
        page(
            "Finds zero-width and control characters outside strings, and in comments those that reorder the text.",
            "They come along when text is copied from chats and web pages; the word they are in is not the word it "
            "looks like. (No-break spaces and tabs are spaces, and fine.)",
            'rule "Акты" { when \u200bsubject mentions "акт сверки"; triage }',
            _RULE,
        ),
    ),
    Code(
        "E012",
        "unclosed-regex",
        page(
            "Finds regexes that are not closed with `/` on their line. A slash inside a regex is written `\\/`.",
            "What follows would become part of the regex.",
            'rule "Заявка" { when subject matches /заявка \\d+; triage }',
            'rule "Заявка" { when subject matches /заявка \\d+/; triage }' + _OTHERWISE,
        ),
    ),
    Code(
        "E013",
        "comma-continues-line",
        page(
            "Finds a comma at the end of a line where the next line begins with an action, a fact or a word such as "
            "`unless`.",
            "A comma at the end of a line joins the next one to the list, and the statement there would become a value "
            "of it. The mistake is nearly always the comma.",
            'rule "Свои" {\n    when from is x-com.kz, x-com.com,\n    triage\n}',
            'rule "Свои" {\n    when from is x-com.kz, x-com.com\n    triage\n}' + _OTHERWISE,
        ),
    ),
    Code(
        "E014",
        "mixed-scripts",
        page(
            "Finds names that mix alphabets.",
            "Two names that look the same would be two names, and nobody could see which is meant.",
            "department buх { email buh@x-com.kz }",
            "department buh { email buh@x-com.kz }\notherwise { assign buh }",
        ),
    ),
    Code(
        "E015",
        "reserved-name",
        page(
            "Refuses `any all none not when unless same` as names. All other words of the language may be names.",
            "A rule that uses the name would read as something else: `assign same` has a meaning of its own.",
            "department same { email same@x-com.kz }",
            "department second { email same@x-com.kz }\notherwise { assign second }",
        ),
    ),
    Code(
        "E016",
        "not-a-name",
        page(
            "Finds names that are none: a name is letters, digits, `_` and `-`, with at least one letter.",
            "Values such as `x-com.kz` or `24h` are written like names, and would be taken for them.",
            "department buh.2 { email buh@x-com.kz }",
            "department buh-2 { email buh@x-com.kz }\notherwise { assign buh-2 }",
        ),
    ),
)

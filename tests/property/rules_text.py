"""Rules files as people write them: any statements, with line ends, blanks and comments wherever the grammar lets them.

A file is drawn as a row of pieces: words, and gaps of a kind. `render` writes it down; how wide the blanks are is its
argument, so that one file can be written in two ways that differ in nothing but blanks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[object]], object]


@dataclass(frozen=True)
class Gap:
    """`parts` are ` ` (blanks), `\\n`, `;`, `,` and comments, in order."""

    parts: tuple[str, ...]


Piece = str | Gap
SPACE = Gap((" ",))
NAMES = ("buh", "abon", "rule", "test", "text", "ip", "список", "x-1", "ru", "office")
STRINGS = (
    '"акт сверки"',
    '"a # b"',
    '"{ ; }"',
    "«счёт»",
    "„со скобкой }“",
    "“x”",
    r'"\"\\"',
    '"' + "длинно " * 9 + '"',
)
VALUES = ("x-com.kz", "91.235.177.0/24", "a@b.kz", "*.kz", "/a", "/b", "4h", "25MB", "list", "otherwise")
REGEXES = ("/a b/i", r"/x;{1,2}#\//", "/, y/")
COMMENTS = (
    "#",
    "# a sentence",
    "#tight",
    '# "open',
    "# { ; }",
    "# sievepy: ignore W301 meant",
    "# " + "long " * 30,
    "#  \t",
)
one = st.sampled_from


def _comment(draw: Draw) -> tuple[str, ...]:
    return (" ", str(draw(one(COMMENTS))), "\n")


def _lines(draw: Draw, most: int = 3) -> tuple[str, ...]:
    """Line ends, blank lines, comments."""
    parts: tuple[str, ...] = ()
    for kind in draw(st.lists(one(("line", "line", "comment")), max_size=most)):  # type: ignore[attr-defined]
        parts += (" ", "\n") if kind == "line" else _comment(draw)
    return parts


class Author:
    """Writes one file; `calm`: no comments, and a line end only where there must be one."""

    def __init__(self, draw: Draw, calm: bool) -> None:
        self.draw = draw
        self.calm = calm

    def pick(self, among: tuple[str, ...]) -> str:
        return str(self.draw(one(among)))

    def often(self) -> bool:
        return bool(self.draw(one((True, True, False))))

    def lines(self, most: int = 3) -> tuple[str, ...]:
        return () if self.calm else _lines(self.draw, most)

    # ---------------------------------------------------------------- gaps

    def separator(self) -> Gap:
        return Gap((" ", *self.draw(one(((";",), ("\n",), (";", "\n")))), *self.lines(), " "))  # type: ignore[misc]

    def optional(self) -> Gap:
        """Behind `{` and before `}`."""
        return Gap((" ", *self.lines(), " "))

    def before_close(self) -> Gap:
        return Gap((" ", *self.draw(one(((), (";",), (",",)))), *self.lines(), " "))  # type: ignore[misc]

    def before_open(self) -> Gap:
        return Gap((" ", *self.lines(2), " "))

    def comma(self) -> Gap:
        return Gap((",", *self.lines(2), " "))

    def between(self) -> Gap:
        """Between declarations."""
        return Gap((" ", "\n", *self.lines(), ""))

    # ---------------------------------------------------------------- statements

    def listed(self, values: tuple[str, ...], most: int = 4) -> list[Piece]:
        count = int(self.draw(st.integers(1, most)))  # type: ignore[call-overload]
        found: list[Piece] = [self.pick(values)]
        for _ in range(count - 1):
            found += [self.comma(), self.pick(values)]
        return found

    def block(self, statements: list[list[Piece]]) -> list[Piece]:
        pieces: list[Piece] = [self.before_open(), "{", self.optional()]
        for number, statement in enumerate(statements):
            pieces += [*([self.separator()] if number else []), *statement]
        return [*pieces, self.before_close(), "}"]

    def values(self, values: tuple[str, ...]) -> list[Piece]:
        count = int(self.draw(st.integers(1, 12)))  # type: ignore[call-overload]
        pieces: list[Piece] = [self.before_open(), "{", self.optional(), self.pick(values)]
        for _ in range(count - 1):
            pieces += [self.separator() if self.often() else self.comma(), self.pick(values)]
        return [*pieces, self.before_close(), "}"]

    def several(self, make: Callable[[], list[Piece]], most: int = 3) -> list[list[Piece]]:
        return [make() for _ in range(int(self.draw(st.integers(1, most))))]  # type: ignore[call-overload]

    def words(self, text: str) -> list[Piece]:
        """Words with blanks between them; `$` is a string, `@` a reference, `=` a value, `%` a name."""
        pieces: list[Piece] = []
        kinds = {"$": STRINGS, "=": VALUES, "%": NAMES}
        for word in text.split():
            drawn = "@" + self.pick(NAMES) if word == "@" else self.pick(kinds[word]) if word in kinds else word
            pieces += [SPACE, drawn] if pieces else [drawn]
        return pieces

    def condition(self, depth: int) -> list[Piece]:
        if depth and self.often():
            head = self.words(self.pick(("any", "all", "none", "not any")))
            return [*head, *self.block(self.several(lambda: self.condition(depth - 1)))]
        match self.pick(("plain", "phrases", "values", "regex", "attachment")):
            case "phrases":
                head = self.words(self.pick(("subject mentions", "every body contains", "attachment name like")))
                return [*head, SPACE, *self.listed((*STRINGS, "@act"), 8)]
            case "values":
                return [*self.words("from is"), SPACE, *self.listed(("a.kz", "a@b.kz", "@staff"))]
            case "regex":
                return [*self.words("text matches"), SPACE, *self.listed(REGEXES)]
            case "attachment":
                inner = ("name mentions $", "kind is pdf", "size > 25MB")
                return ["attachment", *self.block(self.several(lambda: self.words(self.pick(inner))))]
        plain = (
            "bounce",
            "reply to known",
            "assigned %",
            "size > 25MB",
            "date is 2026-01-01 .. 2026-01-09",
            "not empty",
        )
        return self.words(self.pick(plain))

    def action(self) -> list[Piece]:
        match self.pick(("plain", "departments", "bitrix")):
            case "departments":
                return [*self.words("assign"), SPACE, *self.listed(("buh", "abon", "текст"))]
            case "bitrix":
                fields = self.block(self.several(lambda: self.words(self.pick(("UF_SUM $", "title $")))))
                return [*self.words("bitrix item $ with content"), *fields]
        plain = ("triage", "file $", "quarantine", "forward a@b.kz with content", "notify x digest 10min", "continue")
        return self.words(self.pick(plain))

    # ---------------------------------------------------------------- declarations

    def rule(self) -> list[Piece]:
        statements = [self.words(self.pick(("observe", "priority 7")))] if self.often() else []
        when: list[Piece] = [*self.words("when"), SPACE, *self.condition(2)]
        if self.often():
            gap = self.separator() if self.often() else SPACE
            when += [gap, *self.words("unless"), SPACE, *self.condition(1)]
        body = [*statements, when, *self.several(self.action)]
        return [*self.words(self.pick(("rule $", "session rule $"))), *self.block(body)]

    def test(self) -> list[Piece]:
        lines = ("subject $", "from =", "expect not triage", "expect assign buh, abon", "header $ $ untrusted")
        body = self.several(lambda: self.words(self.pick(lines)), 4)
        if self.often():
            verbatim = self.pick(('"""\n  one\n\n    two # ;\n  """', '"""  \n\tx"""', '"""\n   \n"""'))
            body.insert(0, ["body", SPACE, verbatim])
        return [*self.words("test $"), *self.block(body)]

    def declaration(self) -> list[Piece]:
        match self.pick(("rule", "rule", "test", "phrases", "list", "department", "person", "hours", "condition")):
            case "rule":
                return self.rule()
            case "test":
                return self.test()
            case "phrases":
                return [*self.words(self.pick(("phrases % ru translit", "phrases %"))), *self.values(STRINGS)]
            case "list":
                return [*self.words(self.pick(("list %", "network %"))), *self.values((*VALUES, "@staff"))]
            case "department":
                lines = ("email a@b.kz", "sla 4h in office", "restricted", "also maildir $")
                body = self.several(lambda: self.words(self.pick(lines)))
                return [*self.words(self.pick(("department % $", "department %"))), *self.block(body)]
            case "person":
                lines = ("email a@b.kz", "away 2026-01-01 .. 2026-01-09 substitute %")
                return [*self.words("person % $"), *self.block(self.several(lambda: self.words(self.pick(lines))))]
            case "hours":
                lines = ("mon-fri 09:00-18:00", "except 2026-01-01 .. 2026-01-09", "also 2026-01-17 09:00-12:00")
                return [*self.words("hours %"), *self.block(self.several(lambda: self.words(self.pick(lines))))]
        return [*self.words("condition % when"), SPACE, *self.condition(2)]

    def file(self) -> list[Piece]:
        pieces: list[Piece] = [Gap(self.lines())]
        for number in range(int(self.draw(st.integers(1, 5)))):  # type: ignore[call-overload]
            pieces += [*([self.between()] if number else []), *self.declaration()]
        end = self.draw(one((("",), ("\n",), (" ", "# at the end")))) if not self.calm else ("\n",)
        return [*pieces, Gap((*self.lines(), *end))]  # type: ignore[misc]


@st.composite
def files(draw: st.DrawFn, calm: bool = False) -> list[Piece]:
    return Author(draw, calm).file()  # type: ignore[arg-type]


def render(pieces: list[Piece], blank: str = " ") -> str:
    """The text of a file, with this for every blank."""
    return "".join(p if isinstance(p, str) else "".join(blank if q == " " else q for q in p.parts) for p in pieces)


def comments(pieces: list[Piece]) -> list[str]:
    """The comments of a file in order, without blanks at their ends."""
    gaps = (p for p in pieces if isinstance(p, Gap))
    return [part.rstrip() for gap in gaps for part in gap.parts if part.startswith("#")]

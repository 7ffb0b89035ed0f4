"""All the rules there are to colour, and the parser's word on what each of their characters is."""

from __future__ import annotations

import re
from pathlib import Path

from sievepy.cli.catalogue import ALL
from sievepy.rules_lang.parser import parse, tokens
from sievepy.text import SourceFile

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^[ \t]*```rules\b[^\n]*\n(.*?)^[ \t]*```$", re.M | re.S)
_COMMENT = re.compile(r"#[^\n]*")

CLASSES = {"k": "keyword", "w": "name or value", "s": "string", "r": "regex", "@": "reference", "#": "comment"}
"""What a character can be a part of; anything else is `.`."""


def documented() -> dict[str, str]:
    """The ```` ```rules ```` examples by document and number, those in the pages of diagnostic codes included."""
    pages = {code.id: code.page for code in ALL}
    files = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    texts = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in files} | pages
    return {f"{name}#{i}": text for name, whole in texts.items() for i, text in enumerate(_FENCE.findall(whole), 1)}


def stored() -> dict[str, str]:
    """The rules files of the project and of its tests, by path."""
    found = sorted((*(ROOT / "rules").rglob("*.rules"), *(ROOT / "tests").rglob("*.rules")))
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in found}


def parses(text: str) -> bool:
    return not parse(SourceFile.of("a.rules", text))[1]


def painted(text: str) -> str:
    """For each character of a text that parses, the class of what it is a part of; blanks stay blank."""
    paint = ["."] * len(text)
    behind = 0
    for token in tokens(SourceFile("a.rules", text)):
        _comments(text, behind, token.start, paint)
        behind = token.end
        if token.kind in ("_SEP", "_COMMA"):
            _comments(text, token.start, token.end, paint)
        else:
            paint[token.start : token.end] = _class(token.kind) * (token.end - token.start)
    _comments(text, behind, len(text), paint)
    return blanked(text, paint)


def blanked(text: str, paint: list[str]) -> str:
    return "".join(char if char.isspace() else colour for char, colour in zip(text, paint, strict=True))


def _comments(text: str, start: int, end: int, paint: list[str]) -> None:
    for match in _COMMENT.finditer(text, start, end):
        paint[match.start() : match.end()] = "#" * len(match[0])


def _class(terminal: str) -> str:
    match terminal:
        case "STRING" | "VERBATIM" | "NULL_PATH":
            return "s"
        case "WORD":
            return "w"
        case "REGEX":
            return "r"
        case "REFERENCE":
            return "@"
        case "LBRACE" | "RBRACE" | "LT" | "LE" | "GT" | "GE" | "_RANGE":
            return "."
    return "k"

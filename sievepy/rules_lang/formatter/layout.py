"""From statements and comments to the canonical text.

The rules of the layout, which docs/checking.md states for those who write rules:

* four spaces a level, one space between words, one statement a line, lines of at most 120 columns where words allow it;
* braces that were opened onto lines of their own stay open; others stand on one line while they fit and hold no
  comment;
* values in open braces are one column where each stood on a line of its own, else lines filled one after the other,
  up to a blank line or a comment;
* a list that is too long goes on four spaces deeper behind a comma;
* the names, titles and braces of departments and persons that follow one another, each on one line, form columns;
* blank lines stay, one at a time; a comment keeps its text, and two spaces stand before it where it is not alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from sievepy.rules_lang.formatter.concrete import Block, Comment, File, Statement, Word
from sievepy.rules_lang.keywords import KEYWORDS
from sievepy.rules_lang.strings import reindent
from sievepy.text.width import width

WIDTH = 120
_STEP = "    "
_TABLES = ("DEPARTMENT", "PERSON")
_DIRECTIVE = re.compile(r"#\s*sievepy:")


def lay_out(file: File) -> str:
    """The text of a file: "" of an empty one, else with a line end behind its last line."""
    lines = [*_rows(file.statements, ""), *_comments(file.below, "")]
    while lines and not lines[0]:
        del lines[0]
    return "".join(line + "\n" for line in lines)


def _rows(statements: Sequence[Statement], indent: str) -> Iterator[str]:
    """The lines of statements, one below the other."""
    for table in _tables(statements):
        rows = _columns(table) or [_statement(statement, indent) for statement in table]
        for statement, row in zip(table, rows, strict=True):
            yield from _above(statement, indent)
            yield from row


def _above(statement: Statement, indent: str) -> Iterator[str]:
    yield from _comments(statement.above, indent)
    if statement.spaced:
        yield ""


def _comments(comments: Sequence[Comment], indent: str) -> Iterator[str]:
    for comment in comments:
        if comment.spaced:
            yield ""
        yield indent + comment.text


# ---------------------------------------------------------------- one statement


def _statement(statement: Statement, indent: str) -> Iterator[str]:
    line = _one_line(statement)
    if line is not None and (width(indent + line) <= WIDTH or _spoken_of(statement)):
        yield indent + line + _beside(statement.beside)
        return
    if statement.block is None:
        *lines, last = _wrapped(statement.words, indent)
        yield from lines
        yield last + _beside(statement.beside)
    else:
        yield from _opened(statement, statement.block, indent)


def _spoken_of(statement: Statement) -> bool:
    """Whether a comment behind it speaks of its line, so that the line stays whole however long it is."""
    return statement.block is None and statement.beside is not None


def _one_line(statement: Statement) -> str | None:
    """The statement on one line, without the comment behind it; None where it cannot be: something in it stands open,
    or a comment ends a line."""
    words = _joined(statement.words)
    if words is None or statement.block is None:
        return words
    block = statement.block
    if block.opened or block.beside is not None or block.below:
        return None
    parts = []
    for inner in block.statements:
        part = _one_line(inner)
        if part is None or inner.above or inner.beside is not None:
            return None
        parts.append(part)
    return f"{words} {{ {'; '.join(parts)} }}"


def _joined(words: Sequence[Word]) -> str | None:
    if any(word.beside is not None or word.above or "\n" in word.text for word in words):
        return None
    return " ".join(_spelt(word) for word in words)


def _spelt(word: Word) -> str:
    return word.text + "," if word.comma else word.text


def _beside(comment: str | None) -> str:
    return f"  {comment}" if comment is not None else ""


def _opened(statement: Statement, block: Block, indent: str) -> Iterator[str]:
    """The statement with its braces on lines of their own. A comment behind what was one line stays on its first."""
    beside, behind = block.beside, statement.beside
    if statement.one_line and beside is None:
        beside, behind = behind, None
    *lines, last = _wrapped(statement.words, indent)
    yield from lines
    yield f"{last} {{" + _beside(beside)
    inner = indent + _STEP
    rows = _values(block.statements, inner) if block.values else _rows(block.statements, inner)
    yield from _without_first_blank([*rows, *_comments(block.below, inner)])
    yield indent + "}" + _beside(behind)


def _without_first_blank(lines: list[str]) -> list[str]:
    return lines[1:] if lines and not lines[0] else lines


def _wrapped(words: Sequence[Word], indent: str) -> list[str]:
    """The words on as few lines as they need, broken behind commas: where the line is full, and behind a comment."""
    deeper = indent + _STEP
    lines: list[str] = []
    line = indent
    for chunk in _chunks(words):
        text = " ".join(_text(word, indent) for word in chunk)
        first = chunk[0]
        broken = first.beside is not None or bool(first.above)
        if broken or (line.strip() and width(f"{line} {text}") > WIDTH and _may_begin_line(first)):
            lines += [line + _beside(first.beside), *_comments(first.above, deeper)]
            line = deeper
        line += text if not line.strip() else f" {text}"
    return [*lines, line]


def _chunks(words: Sequence[Word]) -> Iterator[list[Word]]:
    """The words in groups that end behind a comma."""
    chunk: list[Word] = []
    for word in words:
        chunk.append(word)
        if word.comma:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _text(word: Word, indent: str) -> str:
    return reindent(word.text, indent) if word.kind == "VERBATIM" else _spelt(word)


def _may_begin_line(word: Word) -> bool:
    """Whether no reader, nor the cutter, takes the word for the beginning of another statement."""
    return word.text not in KEYWORDS


# ---------------------------------------------------------------- values


def _values(values: Sequence[Statement], indent: str) -> Iterator[str]:
    """The values of an open block: paragraph by paragraph."""
    for paragraph in _paragraphs(_written_lines(values)):
        yield from _above(paragraph[0][0], indent)
        yield from _paragraph(paragraph, indent)


def _written_lines(values: Sequence[Statement]) -> Iterator[list[Statement]]:
    """The values line by line, as the author set them."""
    line: list[Statement] = []
    for value in values:
        if line and (value.new_line or value.above):
            yield line
            line = []
        line.append(value)
    if line:
        yield line


def _paragraphs(lines: Iterator[list[Statement]]) -> Iterator[list[list[Statement]]]:
    """Lines that are laid out together. One that a comment speaks of stands alone."""
    paragraph: list[list[Statement]] = []
    for line in lines:
        if paragraph and (_annotated(line) or _annotated(paragraph[-1]) or line[0].spaced or line[0].above):
            yield paragraph
            paragraph = []
        paragraph.append(line)
    if paragraph:
        yield paragraph


def _annotated(line: Sequence[Statement]) -> bool:
    above = line[0].above
    return line[-1].beside is not None or bool(above and _DIRECTIVE.match(above[-1].text))


def _paragraph(lines: Sequence[Sequence[Statement]], indent: str) -> Iterator[str]:
    if _annotated(lines[0]):
        yield indent + "; ".join(value.words[0].text for value in lines[0]) + _beside(lines[0][-1].beside)
    elif len(lines) > 1 and all(len(line) == 1 for line in lines):
        yield from (indent + line[0].words[0].text for line in lines)
    else:
        yield from _filled([value.words[0].text for line in lines for value in line], indent)


def _filled(values: Sequence[str], indent: str) -> Iterator[str]:
    line = indent + values[0]
    for value in values[1:]:
        if width(f"{line}; {value}") > WIDTH:
            yield line
            line = indent + value
        else:
            line += f"; {value}"
    yield line


# ---------------------------------------------------------------- tables


def _tables(statements: Sequence[Statement]) -> Iterator[list[Statement]]:
    """The statements in groups; those of one kind of table that follow one another are one group."""
    number = 0
    keys: list[tuple[str, int]] = []
    for i, statement in enumerate(statements):
        kind = statement.words[0].kind
        before = statements[i - 1].words[0].kind if i else ""
        if kind not in _TABLES or kind != before or statement.spaced or statement.above:
            number += 1
        keys.append((kind, number))
    pairs = zip(keys, statements, strict=True)
    return ([statement for _, statement in group] for _, group in groupby(pairs, key=lambda pair: pair[0]))


def _columns(table: Sequence[Statement]) -> Sequence[Iterable[str]]:
    """The one line of each declaration of a table; none at all where one of them needs more lines."""
    rows = [_cells(statement) for statement in table] if len(table) > 1 else []
    cells = [row for row in rows if row is not None]
    if len(cells) < len(table):
        return ()
    names = max(width(name) for name, _, _ in cells)
    titles = max(width(title) for _, title, _ in cells)
    lines = []
    for name, title, block in cells:
        head = _padded(name, names) + (f" {_padded(title, titles)}" if titles else "")
        lines.append(f"{head} {block}")
    if max(map(width, lines)) > WIDTH:
        return ()
    return [[line + _beside(statement.beside)] for statement, line in zip(table, lines, strict=True)]


def _cells(statement: Statement) -> tuple[str, str, str] | None:
    """Word and name, title, braces; None where the declaration does not fit on one line."""
    line = _one_line(statement)
    if line is None or width(line) > WIDTH:
        return None
    word, name, *title = (w.text for w in statement.words)
    head = " ".join((word, name, *title))
    return f"{word} {name}", title[0] if title else "", line[len(head) + 1 :]


def _padded(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))

"""What an editor shows of the word under the pointer, in Markdown: a phrase's forms, where a department's letters go,
what a name holds, what can stand behind a field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sievepy.lsp.names import Name, nodes
from sievepy.lsp.navigation import name_at, span_at
from sievepy.lsp.projects import Analysis, State
from sievepy.rules_lang import ast
from sievepy.rules_lang.language_tables import FIELDS
from sievepy.rules_lang.symbols import WrittenPhrase
from sievepy.text import Span
from sievepy.words import Expander
from sievepy.words.breakdown import WordForms, breakdown

_FORMS = 40  # of one word; more fill the screen
_LINES = 12  # of a declaration


@dataclass(frozen=True, slots=True)
class Hover:
    """`span`: what it is about."""

    markdown: str
    span: Span


def hover(state: State, path: str, offset: int) -> Hover | None:
    name = name_at(state, path, offset)
    for analysis in state.holding(path):
        if name is not None:
            return Hover(_name(analysis, name), span_at(name, path, offset))
        phrase = _phrase_at(analysis, path, offset)
        if phrase is not None:
            return Hover(_phrase(phrase, analysis.expander), phrase.span)
        field = _field_at(analysis, path, offset)
        if field is not None:
            return Hover(_field(field), field.span)
    return None


# ---------------------------------------------------------------- phrases


def _phrase_at(analysis: Analysis, path: str, offset: int) -> WrittenPhrase | None:
    symbols = analysis.compilation.symbols
    named = (phrase for symbol in symbols.phrases.values() for phrase in symbol.value)
    return next((p for p in (*named, *symbols.inline) if _is_at(p.span, path, offset)), None)


def _phrase(written: WrittenPhrase, expander: Expander) -> str:
    lines = [f"**{_text(written.text)}** · {', '.join(written.languages)}", ""]
    for phrase in written.phrases:
        words = breakdown(expander, phrase, frozenset(written.surprising))
        for word, gap in zip(words, (*phrase.gaps, 0), strict=True):
            lines += _word(word)
            lines += [f"- … at most {gap} words"] if gap else []
    return "\n".join(lines)


def _word(word: WordForms) -> Iterator[str]:
    for lemma in word.lemmas:
        mark = "⚠ " if lemma.surprising else ""
        yield f"- {mark}*{lemma.lemma}* ({lemma.kind}): {_some(lemma.forms)}"
    for title, forms in (
        ("this spelling only", word.spellings),
        ("every word in", [f"{prefix}…" for prefix in word.prefixes]),
        ("Kazakh, typed without its letters", word.kazakh),
        ("in Latin letters", [*word.latin, *(f"{prefix}…" for prefix in word.latin_prefixes)]),
    ):
        if forms:
            yield f"- *{_text(word.word)}*, {title}: {_some(forms)}"


def _some(forms: Iterable[str]) -> str:
    listed = list(forms)
    more = f" … {len(listed) - _FORMS} more" if len(listed) > _FORMS else ""
    return ", ".join(map(_text, listed[:_FORMS])) + more


# ---------------------------------------------------------------- names


def _name(analysis: Analysis, name: Name) -> str:
    if name.kind == "tag":
        return f"tag `{name.text}`, in {_places(1 + len(name.uses))}"
    used = f"used in {_places(len(name.uses))}" if name.uses else "not used"
    head = f'rule "{_text(name.text)}"' if name.kind == "rule" else f"{name.kind} `{name.text}`"
    parts = [f"**{head}**{_title(analysis, name)} · {used}", *_channels(analysis, name)]
    declaration = _declaration(analysis, name)
    return "\n\n".join([*parts, f"```rules\n{_short(declaration)}\n```"] if declaration is not None else parts)


def _title(analysis: Analysis, name: Name) -> str:
    """What people call a department or a person."""
    symbols = analysis.compilation.symbols
    symbol: Any = symbols.departments.get(name.key) or symbols.persons.get(name.key)
    titled = name.kind in ("department", "person") and symbol is not None and symbol.value.title
    return f" {_text(symbol.value.title)}" if titled else ""


def _channels(analysis: Analysis, name: Name) -> Iterator[str]:
    """Where the letters of a department or a person go."""
    symbols = analysis.compilation.symbols
    if name.kind == "department" and name.key in symbols.departments:
        department = symbols.departments[name.key].value
        for channel in department.channels:
            role = "" if channel.role == "primary" else f"{channel.role} "
            yield f"→ {role}{channel.kind} `{channel.target}`"
        if department.restricted:
            yield "restricted: who else gets a letter of it gets a reference"
    elif name.kind == "person" and name.key in symbols.persons:
        yield f"→ email `{symbols.persons[name.key].value.email}`"


def _declaration(analysis: Analysis, name: Name) -> Span | None:
    """The declaration whose name, or title, this is."""
    tree = analysis.tree(name.declared.source.name)
    declared = name.declared
    for declaration in tree.declarations if tree is not None else ():
        if declaration.span.start <= declared.start and declared.end <= declaration.span.end:
            return declaration.span
    return None


def _short(span: Span) -> str:
    lines = span.text.split("\n")
    return "\n".join(lines if len(lines) <= _LINES else [*lines[:_LINES], "…"])


def _places(count: int) -> str:
    return f"{count} place{'' if count == 1 else 's'}"


# ---------------------------------------------------------------- fields


def _field_at(analysis: Analysis, path: str, offset: int) -> ast.FieldRef | None:
    tree = analysis.tree(path)
    for declaration in tree.declarations if tree is not None else ():
        if _is_at(declaration.span, path, offset):
            for node in nodes(declaration):
                if isinstance(node, ast.FieldRef) and _is_at(node.span, path, offset):
                    return node
    return None


def _field(field: ast.FieldRef) -> str:
    spec = FIELDS.get(field.words) or FIELDS[f"attachment {field.words}"]
    operators = ", ".join(f"`{operator}`" for operator in spec.operators)
    several = "; it can have several values, so `every` may stand before it" if spec.several else ""
    return f"field `{field.words}`: {operators}{several}"


def _is_at(span: Span, path: str, offset: int) -> bool:
    return span.start <= offset <= span.end and span.source.name == path


def _text(text: str) -> str:
    """Plain text in Markdown."""
    return "".join(f"\\{char}" if char in r"\`*_{}[]<>()#+!|~&" else char for char in text)

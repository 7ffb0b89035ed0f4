"""Hooks of mkdocs: the pages of the site that do not lie in `docs/`, and what the site needs of those that do.

The site's own are the README in both languages, the changelog and how to change sievepy, all of which lie where a
reader of the repository looks first, and a page for each diagnostic code, made of the text that `sievepy rule CODE`
prints. Links are rewritten to where their targets are on the site; what is not on it becomes plain text.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from pygments.lexers import LEXERS, get_lexer_by_name
from pygments.util import ClassNotFound

from sievepy.cli.catalogue import ALL
from sievepy.rules_lang.pygments_lexer import RulesLexer
from sievepy.text.codes import Code

ROOT = Path(__file__).parents[1]
BROUGHT = {
    "README.md": "index.md",
    "README.ru.md": "ru/index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
"""Documents at the top of the checkout, and their pages."""
OPEN_SECTIONS = {"Tools": "*.md", "Operations": "operations/*.md"}
"""Sections of the navigation that take in every page of a folder that is named nowhere."""
GROUPS = {
    "E0": ("Syntax and values", "What cannot be read."),
    "E10": ("Names and meaning", "What can be read, and means nothing."),
    "E14": ("Sinks and tests", "What nobody here could carry out, and tests that cannot be run."),
    "E15": ("Configuration and commands", "`sievepy.toml`, `check --tests` and `fmt`."),
    "W2": ("Logic", "Rules that do less, or more, than they seem to."),
    "W3": ("Words", "Words that match too much, or nothing."),
    "W4": ("Regexes", "Regexes that are slow, or no regexes."),
    "W5": ("Safety of mail", "Rules by which letters could be lost, leak, or go round."),
}
"""Codes from here on, by the beginning of the first one."""

# ```rules NAME: a file; `NAME!` may hold errors. mkdocs has the name as the block's title.
_NAMED_FENCE = re.compile(r"^```(\S+) ([^\s=!{]+)!?$", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[((?:[^\]`]|`[^`]*`)+)\]\(([^)#:\s]*)(#[^)\s]*)?\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    for section in config.nav or []:
        for title, pattern in OPEN_SECTIONS.items():
            if title in section:
                named = set(_pages(config.nav))
                found = (path.relative_to(config.docs_dir) for path in Path(config.docs_dir).glob(pattern))
                section[title] += sorted({path.as_posix() for path in found} - named)
    _colour_rules()
    return config


def _pages(nav: Any) -> Iterator[str]:
    """The pages that a navigation names."""
    match nav:
        case str():
            yield nav
        case list():
            for item in nav:
                yield from _pages(item)
        case dict():
            for item in nav.values():
                yield from _pages(item)


def _colour_rules() -> None:
    """Let Pygments find the lexer, though sievepy is not installed here."""
    try:
        get_lexer_by_name("rules")
    except ClassNotFound:
        names = (RulesLexer.name, tuple(RulesLexer.aliases), tuple(RulesLexer.filenames), tuple(RulesLexer.mimetypes))
        LEXERS[RulesLexer.__name__] = (RulesLexer.__module__, *names)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for document, page in BROUGHT.items():
        text = (ROOT / document).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=text))
    for code in ALL:
        files.append(File.generated(config, f"codes/{code.id}.md", content=code_page(code)))
    files.append(File.generated(config, "codes/index.md", content=codes_index(ALL)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    there = {file.src_uri for file in files}
    source = _source_of(page.file.src_uri)
    parts = re.split(f"({_FENCE.pattern})", markdown, flags=_FENCE.flags)
    parts[::2] = [_LINK.sub(lambda m: _link(m, source, page.file.src_uri, there), part) for part in parts[::2]]
    return _NAMED_FENCE.sub(r'```\1 title="\2"', "".join(parts))


# ---------------------------------------------------------------- links


def _source_of(page: str) -> PurePosixPath:
    """Where a page's text lies in the checkout."""
    brought = {target: document for document, target in BROUGHT.items()}
    return PurePosixPath(brought.get(page, f"docs/{page}"))


def _link(match: re.Match[str], source: PurePosixPath, page: str, there: set[str]) -> str:
    """A link as the site needs it: from page to page, or nothing but its text where the site has no such page."""
    text, target, anchor = match[1], match[2], match[3] or ""
    if not target:
        return match[0]
    found = os.path.normpath(source.parent / target)
    wanted = BROUGHT.get(found, found.removeprefix("docs/"))
    if wanted in there:
        return f"[{text}]({os.path.relpath(wanted, PurePosixPath(page).parent)}{anchor})"
    if not (ROOT / found).exists():
        logging.getLogger("mkdocs").warning("%s links to %s, which does not exist", source, target)
    return text


# ---------------------------------------------------------------- diagnostic codes


def code_page(code: Code) -> str:
    return f"# {code.id} {code.name}\n\n[All messages](index.md)\n\n{code.page.strip()}\n"


def codes_index(codes: Iterable[Code]) -> str:
    head = (
        "# Messages by code\n\nEach message of `check`, `fmt` and the language server has a code in brackets: "
        "`error[E010]`, `warning[W201]`. Its page says what it does, why that is bad, and what to write instead. "
        "`sievepy rule CODE` prints the same page. A code never changes its meaning.\n"
    )
    return head + "".join(_group(first, list(members)) for first, members in _grouped(codes))


def _grouped(codes: Iterable[Code]) -> Iterator[tuple[str, list[Code]]]:
    found: dict[str, list[Code]] = {}
    for code in codes:
        found.setdefault(max(first for first in GROUPS if first[0] == code.id[0] and first <= code.id), []).append(code)
    yield from found.items()


def _group(first: str, codes: list[Code]) -> str:
    title, about = GROUPS[first]
    rows = "".join(f"| [{code.id}]({code.id}.md) | {code.name} | {_first_sentence(code)} |\n" for code in codes)
    return f"\n## {title}\n\n{about}\n\n| code | name | |\n|---|---|---|\n{rows}"


def _first_sentence(code: Code) -> str:
    text: Any = re.sub(r"^## .*$", "", code.page, flags=re.MULTILINE).strip()
    text = " ".join(text.partition("\n\n")[0].split())
    return (
        (re.match(r".*?[.:](?= |$)(?![^`]*`(?:[^`]*`[^`]*`)*[^`]*$)", text) or [text])[0]
        .rstrip(":")
        .replace("|", "\\|")
    )

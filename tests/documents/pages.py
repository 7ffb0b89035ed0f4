"""The pages of the documents, cut into headings, fenced blocks and tables, and the programs that their blocks make.

A block ```` ```rules ```` without a name is a program, or as much of one as the page wants to show: with `common.rules`
of the same page included, where there is one, and `otherwise { triage }` behind it where it has none. Blocks of any
kind with a name are files of the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sievepy.compiler import Compilation, build_program, compile_file
from sievepy.mail.trust import Trust
from sievepy.rules_lang.settings import Settings
from sievepy.ruletest.run import CaseResult, Conditions, run_cases

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
ENTRY = "main.rules"
COMMON = "common.rules"
SITE = Settings(trusted_hops=1, authserv_id="mx.x-com.kz")
"""What the examples assume of a site: letters come through one server of ours, and its checks are believed."""

_FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_OTHERWISE = re.compile(r"^otherwise\b", re.MULTILINE)
_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Block:
    kind: str
    name: str | None
    text: str
    line: int

    @property
    def id(self) -> str:
        return f"line {self.line}"


@dataclass(frozen=True)
class Page:
    name: str
    text: str

    @classmethod
    def of(cls, path: Path) -> Page:
        return cls(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(self._blocks())

    def _blocks(self) -> Iterator[Block]:
        for match in _FENCE.finditer(self.text):
            kind, _, name = match[1].strip().partition(" ")
            yield Block(kind, name.rstrip("!") or None, match[2], self.text.count("\n", 0, match.start()) + 1)

    @property
    def programs(self) -> list[Block]:
        return [block for block in self.blocks if block.kind == "rules" and block.name is None]

    @cached_property
    def files(self) -> Mapping[str, str]:
        return {block.name: block.text for block in self.blocks if block.name is not None}

    @cached_property
    def prose(self) -> str:
        """The text without its fenced blocks."""
        return _FENCE.sub("", self.text)

    @property
    def headings(self) -> list[tuple[int, str]]:
        found = re.findall(r"^(#+) (.*)$", self.prose, re.MULTILINE)
        return [(len(marks), title) for marks, title in found]

    def tables(self) -> Iterator[tuple[list[str], list[list[str]]]]:
        """The head and the rows of each table."""
        for match in re.finditer(r"(?:^\|.*\|$\n?)+", self.prose, re.MULTILINE):
            head, _, *rows = (_cells(line) for line in match[0].splitlines())
            yield head, rows

    def rows(self, head: str) -> list[list[str]]:
        """The rows of the tables whose first column is called so."""
        return [row for names, rows in self.tables() if names[0] == head for row in rows]

    def compile(self, text: str, settings: Settings = SITE) -> Compilation:
        """What the text of a block means on this page."""
        return compile_file(ENTRY, self.reader(text), settings)

    def reader(self, text: str) -> Reader:
        return Reader({**self.files, ENTRY: self._whole(text)})

    def _whole(self, text: str) -> str:
        before = f'include "{COMMON}"\n' if COMMON in self.files else ""
        behind = "" if _OTHERWISE.search(text) else "\notherwise { triage }\n"
        return before + text + behind


@dataclass(frozen=True, slots=True)
class Reader:
    files: Mapping[str, str]

    def __call__(self, path: str) -> bytes:
        if path not in self.files:
            raise FileNotFoundError(2, "the page shows no such file", path)
        return self.files[path].encode()


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip()[1:-1])]


def code_spans(text: str) -> list[str]:
    return _CODE.findall(text)


def run_tests(page: Page, text: str, compilation: Compilation) -> list[CaseResult]:
    """The tests beside the rules of a block, run."""
    settings = compilation.settings
    conditions = Conditions(settings.zone, Trust(settings.trusted_hops, settings.authserv_id))
    return list(run_cases(build_program(compilation), compilation.cases, conditions, page.reader(text)))


def failures(results: Sequence[CaseResult]) -> list[str]:
    return [
        f'test "{r.case.title}": want {", ".join(r.want) or "-"}; got {", ".join(r.got) or "-"} {r.problem or ""}'
        for r in results
        if not r.passed
    ]

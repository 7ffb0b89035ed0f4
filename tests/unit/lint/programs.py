"""Rules as text, compiled and linted: what the tests of checks stand on."""

from __future__ import annotations

from sievepy import lint
from sievepy.compiler import Compilation, compile_file
from sievepy.rules_lang.settings import Settings
from sievepy.text import Diagnostic, Severity

BARE = Settings()
TRUSTING = Settings(trusted_hops=1, authserv_id="mx.x-com.kz")

DEPARTMENTS = """
department buh { email buh@x-com.kz }
department abon { email abon@x-com.kz }
department activ { email activ@x-com.kz; restricted }
"""
REST = "\notherwise { triage }\n"


def compiled(text: str, settings: Settings = BARE, **files: str) -> Compilation:
    """Compile a program; `files` are what it may include, by name without `.rules`. It must be free of errors. Every
    text file there may be is there: the text of a reply."""
    sources = {"main.rules": text, **{f"{name}.rules": more for name, more in files.items()}}

    def read(path: str) -> bytes:
        return b"Thank you." if path.endswith(".txt") else sources[path].encode()

    compilation = compile_file("main.rules", read, settings)
    assert compilation.ok, compilation.diagnostics
    return compilation


def linted(text: str, settings: Settings = BARE, **files: str) -> tuple[Diagnostic, ...]:
    return lint.run(compiled(text, settings, **files))


def codes(text: str, settings: Settings = BARE, **files: str) -> list[str]:
    """The codes found, sorted by place, notes left out."""
    return [d.code for d in linted(text, settings, **files) if d.severity is not Severity.NOTE]


def codes_of_rules(rules: str, settings: Settings = BARE) -> list[str]:
    """The codes found in some rules that use the departments above. Unused ones are not counted."""
    return [code for code in codes(DEPARTMENTS + rules + REST, settings) if code != "W209"]

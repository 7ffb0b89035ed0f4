"""Programs for tests: files in a dictionary, compiled as if they lay on a disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sievepy.compiler import Compilation, compile_file
from sievepy.ir.conditions import Test
from sievepy.ir.script import Rule
from sievepy.plan import Action
from sievepy.rules_lang.settings import Settings

_SETTINGS = Settings()
ENTRY = "rules/main.rules"
OTHERWISE = "\notherwise { triage }\n"
ABON = "department abon { email abon@x-com.kz }\n"


def reader(files: Mapping[str, str | bytes]) -> Callable[[str], bytes]:
    def read(path: str) -> bytes:
        if path not in files:
            raise FileNotFoundError(2, "No such file or directory")
        data = files[path]
        return data if isinstance(data, bytes) else data.encode()

    return read


def compiled(text: str, files: Mapping[str, str | bytes] | None = None, settings: Settings = _SETTINGS) -> Compilation:
    """The compilation of `text` as it stands; paths of `files` are relative to the working directory."""
    return compile_file(ENTRY, reader({ENTRY: text, **(files or {})}), settings)


def findings(compilation: Compilation) -> list[str]:
    """The codes of all errors, in order."""
    return [d.code for d in compilation.diagnostics if d.severity == "error"]


def errors(text: str, files: Mapping[str, str | bytes] | None = None, settings: Settings = _SETTINGS) -> list[str]:
    """The codes of a text's errors; `otherwise` is added where it has none."""
    return findings(compiled(_whole(text), files, settings))


def _whole(text: str) -> str:
    return text if "otherwise {" in text else text + OTHERWISE


def sound(text: str, files: Mapping[str, str | bytes] | None = None, settings: Settings = _SETTINGS) -> Compilation:
    """The compilation of a text that must have no errors."""
    compilation = compiled(_whole(text), files, settings)
    assert findings(compilation) == [], [str(d.message) for d in compilation.diagnostics]
    return compilation


def rules(text: str, settings: Settings = _SETTINGS) -> tuple[Rule, ...]:
    script = sound(text, settings=settings).script
    assert script is not None
    return script.rules


def test_of(condition: str, declarations: str = "") -> Test:
    """The test that a condition is lowered to."""
    return rules(f'{declarations}\nrule "R" {{ when {condition}; tag t }}')[-1].test


def actions_of(actions: str, declarations: str = "") -> tuple[Action, ...]:
    return rules(f'{declarations}\nrule "R" {{ when empty; {actions} }}')[-1].actions


test_of.__test__ = False  # type: ignore[attr-defined]

"""Everything there is to say about the programs that `sievepy check` was given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sievepy.cli.rules_files import STDIN, rules_files
from sievepy.cli.wiring import compile_rules, find_config, read_file
from sievepy.text import Diagnostic
from sievepy.text.codes import Code

if TYPE_CHECKING:
    from sievepy.compiler import Compilation
    from sievepy.config import Config
    from sievepy.ruletest.run import CaseResult

Read = Callable[[str], bytes]

FAILING_TEST = Code(
    "E161",
    "failing-test",
    """\
## What it does
Reports a test beside the rules that does not come to what it expects (`sievepy check --tests`). `want` is what the test
expects and the plan does not hold, `got` what stands there instead.

## Why it is bad
Either the rules do something else than their writer thought, or the test says what is not true any more. The relay does
not take rules whose tests fail.

## Example
```rules
department buh { email buh@x-com.kz }
rule "Акты" { when subject mentions "акт сверки"; assign buh }
otherwise { triage }
test "Слова между" { subject "Акты взаимных сверок"; expect assign buh }
```

## Use instead
`sievepy explain` on a letter like it says which rule answered what. Mend the rule, or the test.
```rules
department buh { email buh@x-com.kz }
rule "Акты" { when subject mentions "акт … сверки"; assign buh }
otherwise { triage }
test "Слова между" { subject "Акты взаимных сверок"; expect assign buh }
```
""",
)


@dataclass(frozen=True, slots=True)
class Checked:
    """One program with everything there is to say about it."""

    compilation: Compilation
    findings: tuple[Diagnostic, ...]

    @property
    def files(self) -> list[str]:
        """The names of its files, the entry file first."""
        return [tree.source.name for tree in reversed(self.compilation.trees)]


def check_programs(paths: Sequence[Path], read: Read, *, tests: bool) -> list[Checked]:
    """The programs that the paths name, all checked. `read` fetches a file; `tests`: run the tests beside the rules,
    too. Raises Unusable where the paths name none."""
    return [_checked(compilation, config, tests) for compilation, config in _compile(paths, read)]


def all_findings(programs: Iterable[Checked]) -> list[Diagnostic]:
    """Each finding once, by place: programs may share an included file."""
    seen = {(d.sort_key, d.message): d for program in programs for d in program.findings}
    return [seen[key] for key in sorted(seen)]


def _compile(paths: Sequence[Path], read: Read) -> list[tuple[Compilation, Config]]:
    """The programs that the paths name: each file but those that another one of them includes."""
    files = rules_files(paths) or (None,)
    compiled = [_compile_stdin(read) if file == Path("-") else compile_rules(file, read) for file in files]
    entries = [compilation.trees[-1].source.name if compilation.trees else None for compilation, _ in compiled]
    included = {
        tree.source.name
        for (compilation, _), entry in zip(compiled, entries, strict=True)
        for tree in compilation.trees
        if tree.source.name != entry
    }
    return [program for program, entry in zip(compiled, entries, strict=True) if entry not in included]


def _compile_stdin(read: Read) -> tuple[Compilation, Config]:
    """Rules from standard input; what they include lies relative to the working directory."""
    from sievepy.compiler import compile_file

    config = find_config()
    return compile_file(STDIN, read, config.settings), config


def _checked(compilation: Compilation, config: Config, tests: bool) -> Checked:
    from sievepy import lint

    if not tests or not compilation.ok:
        return Checked(compilation, (*compilation.diagnostics, *lint.run(compilation)))
    results = _run_tests(compilation, config)
    failing = tuple(_as_finding(result) for result in results if not result.passed)
    fired = frozenset(title for result in results if result.plan is not None for title in result.plan.rules)
    return Checked(compilation, (*compilation.diagnostics, *failing, *lint.run(compilation, fired)))


def _run_tests(compilation: Compilation, config: Config) -> list[CaseResult]:
    from sievepy.compiler import build_program
    from sievepy.ruletest.run import Conditions, run_cases

    conditions = Conditions(config.settings.zone, config.trust, config.recipient)
    return list(run_cases(build_program(compilation), compilation.cases, conditions, read_file))


def _as_finding(result: CaseResult) -> Diagnostic:
    from sievepy.text.diagnostic import error

    want = ", ".join(result.want)
    got = ", ".join(result.got) or "nothing of the kind"
    why = result.problem or (f"want {want}; got {got}" if want else f"got {got}, which it does not expect")
    fired = ", ".join(f'"{title}"' for title in result.plan.rules) if result.plan is not None else ""
    advice = f"rules that fired: {fired}" if fired else "no rule fired"
    return error(FAILING_TEST.id, f'test "{result.case.title}" fails: {why}', result.case.origin, help=advice)

"""Compile the rules and run the tests beside them in a process of their own, so that letters do not wait for it."""

from __future__ import annotations

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sievepy.compiler import Compilation, build_program, compile_file
from sievepy.ir.script import Script
from sievepy.relay.pool import obey_parent
from sievepy.rules_lang.settings import Settings
from sievepy.ruletest.run import Conditions, run_cases
from sievepy.text.render import concise


@dataclass(frozen=True, slots=True)
class Compiled:
    """`script` is None where `problems`, a line each, stand in the way; `tests`: how many were run."""

    script: Script | None
    program: str
    problems: tuple[str, ...]
    tests: int = 0


@dataclass(frozen=True, slots=True)
class Rules:
    """What is compiled, and under which conditions its tests are run."""

    path: str
    settings: Settings
    conditions: Conditions


def compile_rules(rules: Rules) -> Compiled:
    """Never raises for what stands in the rules."""
    compilation = compile_file(rules.path, _read, rules.settings)
    if compilation.script is None:
        errors = (d for d in compilation.diagnostics if d.severity == "error")
        return Compiled(None, "", tuple(concise(d) for d in errors))
    return _tested(compilation, rules)


def _tested(compilation: Compilation, rules: Rules) -> Compiled:
    program = build_program(compilation)
    failed = []
    for result in run_cases(program, compilation.cases, rules.conditions, _read):
        if not result.passed:
            why = result.problem or f"want {', '.join(result.want) or '-'}; got {', '.join(result.got) or '-'}"
            failed.append(f'test "{result.case.title}" fails: {why}')
    script = None if failed else compilation.script
    return Compiled(script, program.hash, tuple(failed), len(compilation.cases))


async def compile_aside(rules: Rules) -> Compiled:
    """`compile_rules` in another process. Raises what that process raises, BrokenProcessPool if it dies."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, initializer=obey_parent) as executor:
        return await asyncio.get_running_loop().run_in_executor(executor, compile_rules, rules)


def _read(path: str) -> bytes:
    return Path(path).read_bytes()

"""Where the time of a letter goes, by stage, so that a regression names its stage.

    python -m bench.stages [--rules 1000] [--seconds 5] [--quick] [--write]

The letters of the sieve bench are judged in this process. Every half millisecond the interpreter looks where it is: the
module of sievepy's that is at work, and by it the stage. Shares of samples are laid on the processor time.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import get_args

from bench import results
from bench.maildirs import LETTERS, Letters
from bench.rule_sets import Kind, as_rules, rule_set
from sievepy.compiler import build_program, compile_file
from sievepy.engine import EvalContext, Program
from sievepy.mail.message import Message
from sievepy.sources.maildir import MaildirSource

STAGES: Mapping[str, Sequence[str]] = {
    "read": ("sources", "disk"),  # the file, and what it says of its envelope
    "scan": ("mail",),  # header fields and the MIME tree
    "decode": tuple(f"mail.{name}" for name in ("encoded", "transfer", "charset", "frequency", "html", "html_marks")),
    "normalise": tuple(
        f"mail.{name}"  # one form of each text; the sender's own words told from quotes
        for name in ("normal", "view", "body", "quote", "quote_lines", "quote_marks", "signature", "tokens", "skeleton")
    ),
    "match": ("engine.matchers", "engine.regex", "engine.scan", "engine.scanners"),
    "judge": ("engine", "plan"),  # waking, conditions, settling, reasons
}
"""The packages and modules of a stage. The longest name that fits decides; what fits none is `other`."""

_EVERY = 0.0005  # seconds
_PACKAGE = "sievepy."


class Sampler:
    """Counts which of sievepy's modules is at work, while it is entered. Its timer is the process's real-time one: it
    is finer than that of processor time, and where a waiting process waits does not depend on the stage."""

    def __init__(self) -> None:
        self.modules: Counter[str] = Counter()

    def __enter__(self) -> Sampler:
        self._before = signal.signal(signal.SIGALRM, self._look)
        signal.setitimer(signal.ITIMER_REAL, _EVERY, _EVERY)
        return self

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._before)

    def _look(self, _: int, frame: FrameType | None) -> None:
        while frame is not None and not (name := str(frame.f_globals.get("__name__"))).startswith(_PACKAGE):
            frame = frame.f_back
        self.modules[name.removeprefix(_PACKAGE) if frame is not None else "outside"] += 1


def stage_of(module: str) -> str:
    """`mail.html` is `decode`."""
    fitting = [
        (len(prefix), stage)
        for stage, prefixes in STAGES.items()
        for prefix in prefixes
        if module == prefix or module.startswith(f"{prefix}.")
    ]
    return max(fitting)[1] if fitting else "other"


@dataclass(frozen=True, slots=True)
class Profile:
    """Microseconds a letter, by module."""

    kind: Kind
    rules: int
    modules: Mapping[str, float]

    @property
    def total(self) -> float:
        return sum(self.modules.values())

    def stages(self) -> dict[str, float]:
        found = dict.fromkeys((*STAGES, "other"), 0.0)
        for module, cost in self.modules.items():
            found[stage_of(module)] += cost
        return found

    def dearest(self, count: int) -> str:
        """The modules that cost most."""
        ordered = sorted(self.modules.items(), key=lambda pair: -pair[1])[:count]
        return ", ".join(f"{module} {cost:.0f}" for module, cost in ordered)


def profile(kind: Kind, count: int, seconds: float) -> Profile:
    rules = rule_set(kind, count)
    with tempfile.TemporaryDirectory(prefix="bench-stages-") as name:
        folder = Path(name)
        path = folder / "main.rules"
        path.write_text(as_rules(rules), encoding="utf-8")
        program = build_program(compile_file(str(path), lambda path: Path(path).read_bytes()))
        source = MaildirSource(Letters.make(rules, folder / "letters").folder / "all")
        gc.collect()
        gc.freeze()
        _judge_all(source, program)  # what is made once is made, and files are in memory
        sampler, passes = Sampler(), 0
        with sampler:
            started = time.process_time()
            while time.process_time() - started < seconds:
                _judge_all(source, program)
                passes += 1
            used = time.process_time() - started
    each = used / (passes * LETTERS) * 1e6 / sampler.modules.total()
    return Profile(kind, count, {module: samples * each for module, samples in sampler.modules.items()})


def _judge_all(source: MaildirSource, program: Program) -> None:
    now = dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)
    for letter in source.letters():
        message = Message(source.read(letter))
        program.evaluate(message, EvalContext(now, dt.UTC, lambda message=message: source.envelope(message)))


def table(profiles: Sequence[Profile]) -> Iterator[str]:
    names = [*STAGES, "other"]
    yield f"| us a letter | {' | '.join(names)} | all | dearest modules |"
    yield "|---" * (len(names) + 3) + "|"
    for one in profiles:
        cells = [f"{cost:.0f}" for cost in one.stages().values()]
        yield f"| {one.rules:,} {one.kind} rules | {' | '.join(cells)} | {one.total:.0f} | {one.dearest(6)} |"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rules", type=int, default=1_000, help="(default: 1000)")
    parser.add_argument("--seconds", type=float, help="of judging (default: 5)")
    parser.add_argument("--quick", action="store_true", help="2 seconds")
    parser.add_argument("--write", action="store_true", help="write the table into bench/RESULTS.md")
    options = parser.parse_args(arguments)
    seconds = options.seconds or (2.0 if options.quick else 5.0)
    text = "\n".join(table([profile(kind, options.rules, seconds) for kind in get_args(Kind)]))
    print(text)
    if options.write:
        results.write("stages", text)


if __name__ == "__main__":
    main()

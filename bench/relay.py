"""The relay beside Postfix: letters a second, processor time a letter, and how long a client waits for its 250.

    python -m bench.relay [--letters 3000] [--rounds 5] [--quick] [--only sievepy] [--syslog] [--write]

Both take 4 KB letters in 20 sessions, make each durable before they acknowledge it, and send it on to the same
`smtp-sink`; sievepy judges it by the shipped rules in between. They take turns, and who begins changes with each round.
Whoever does not have its turn is idle. `--write` puts the tables into bench/RESULTS.md.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Protocol

from bench import latency, load, postfix, relay_server, results
from bench.debian import Missing
from bench.ports import free_port

MODES = (("a connection a letter", False), ("persistent", True))
BAR_RATE, BAR_CPU = 2.0, 0.4
WARM_UP = 200  # letters before the first round: daemons are started, statements prepared


class Server(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def port(self) -> int: ...
    def cpu(self) -> float: ...


@dataclass(slots=True)
class Series:
    """What one server did in one mode, an entry a round."""

    accepted: list[float] = field(default_factory=list)  # letters a second
    delivered: list[float] = field(default_factory=list)  # letters a second, until the sink has the last
    cpu: list[float] = field(default_factory=list)  # microseconds a letter


@dataclass(slots=True)
class Count:
    sent: int = 0
    arrived: int = 0


class Bench:
    """One run. Loads the servers through one sink, which must be idle before and is idle after every step."""

    def __init__(self, servers: Sequence[Server], sink: load.Sink, letters: int) -> None:
        self._servers, self._sink, self._letters = servers, sink, letters
        self.series = {(server.name, mode): Series() for server in servers for mode, _ in MODES}
        self.counts = {server.name: Count() for server in servers}
        self.waits: dict[str, latency.Waits] = {}

    def warm_up(self) -> None:
        for server in self._servers:
            for _, persistent in MODES:
                self._send(server, WARM_UP, persistent)

    def round(self, number: int) -> None:
        order = self._servers if number % 2 == 0 else tuple(reversed(self._servers))
        for mode, persistent in MODES:
            for server in order:
                began = server.cpu()
                accepted, delivered = self._send(server, self._letters, persistent)
                used = server.cpu() - began
                series = self.series[server.name, mode]
                series.accepted.append(self._letters / accepted)
                series.delivered.append(self._letters / delivered)
                series.cpu.append(used / self._letters * 1e6)
                print(
                    f"{number + 1}  {mode:22} {server.name:8} accepted {series.accepted[-1]:6.0f}/s   "
                    f"end-to-end {series.delivered[-1]:6.0f}/s   CPU {series.cpu[-1]:6.0f} us a letter",
                    flush=True,
                )

    def half_load(self) -> None:
        for server in self._servers:
            rate = statistics.median(self.series[server.name, MODES[1][0]].accepted) / 2
            before = self._sink.arrived
            self.waits[server.name] = latency.measure(server.port, relay_server.RECIPIENT, self._letters, rate)
            self._arrive(server, before, self._letters)

    def _send(self, server: Server, letters: int, persistent: bool) -> tuple[float, float]:
        """Seconds until the last was acknowledged, and until the sink had it."""
        before, started = self._sink.arrived, perf_counter()
        accepted = load.send(server.port, relay_server.RECIPIENT, letters, persistent=persistent)
        return accepted, max(accepted, self._arrive(server, before, letters) - started)

    def _arrive(self, server: Server, before: int, letters: int) -> float:
        """The moment at which all were there. What comes beyond them is counted too."""
        count = self.counts[server.name]
        count.sent += letters
        try:
            moment = self._sink.wait_for(before + letters)
        except TimeoutError:
            moment = perf_counter()
        self._sink.quiet(0.3)
        count.arrived += self._sink.arrived - before
        return moment


# ---------------------------------------------------------------- tables


def tables(bench: Bench, rounds: int, letters: int) -> str:
    lines = [
        f"{load.SESSIONS} sessions, {load.LETTER // 1024} KB letters, {letters:,} a round, {rounds} rounds, taking "
        "turns. Median (lowest-highest).",
        "",
        "| | accepted/s | end-to-end/s | server CPU, us a letter |",
        "|---|---|---|---|",
    ]
    for mode, _ in MODES:
        for name in bench.counts:
            one = bench.series[name, mode]
            cells = (results.spread(one.accepted), results.spread(one.delivered), results.spread(one.cpu))
            lines.append(f"| {name}, {mode} | {' | '.join(cells)} |")
        if len(bench.counts) == 2:
            lines.append(f"| **sievepy : Postfix**, {mode} | {' | '.join(_ratios(bench, mode))} |")
    lines.append(f"| bar | at least {BAR_RATE} x | at least {BAR_RATE} x | at most {BAR_CPU} x |")
    lines += ["", "| at half load | letters/s | DATA's end to 250: p50, ms | p99, ms |", "|---|---|---|---|"]
    lines += [f"| {name} | {w.rate:.0f} | {w.p50:.1f} | {w.p99:.1f} |" for name, w in bench.waits.items()]
    lines += ["", "| whole run | sent | arrived | lost | doubled |", "|---|---|---|---|---|"]
    for name, count in bench.counts.items():
        more = count.arrived - count.sent
        lines.append(f"| {name} | {count.sent:,} | {count.arrived:,} | {max(0, -more)} | {max(0, more)} |")
    return "\n".join(lines)


def _ratios(bench: Bench, mode: str) -> Iterator[str]:
    ours, theirs = bench.series["sievepy", mode], bench.series["Postfix", mode]
    for mine, other, least in (
        (ours.accepted, theirs.accepted, True),
        (ours.delivered, theirs.delivered, True),
        (ours.cpu, theirs.cpu, False),
    ):
        ratio = statistics.median(mine) / statistics.median(other)
        met = ratio >= BAR_RATE if least else ratio <= BAR_CPU
        yield f"**{ratio:.2f} x** {results.verdict(met)}"


# ---------------------------------------------------------------- the run


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--letters", type=int, help="a round (default: 3000)")
    parser.add_argument("--rounds", type=int, help="(default: 5)")
    parser.add_argument("--quick", action="store_true", help="two rounds of 500 letters")
    parser.add_argument("--only", choices=("sievepy", "Postfix"), help="one of the two, to tune it")
    parser.add_argument(
        "--syslog",
        action="store_true",
        help="Postfix logs to syslog only, as shipped; default: to a file, as sievepy does",
    )
    parser.add_argument(
        "--folder", type=Path, help="on the disk to be measured; default: the system's temporary folder"
    )
    parser.add_argument("--write", action="store_true", help="write the tables into bench/RESULTS.md")
    options = parser.parse_args(arguments)
    letters = options.letters or (500 if options.quick else 3_000)
    rounds = options.rounds or (2 if options.quick else 5)
    try:
        text = _run(options, letters, rounds)
    except (Missing, load.Failed, RuntimeError) as problem:
        sys.exit(f"the relay bench cannot run: {problem}")
    print(f"\n{text}")
    if options.write:
        disk = results.filesystem(options.folder or Path(tempfile.gettempdir()))
        log = "syslog" if options.syslog else "a file"
        results.write("relay", f"{results.machine('postfix')} Disk: {disk}. Postfix logs to {log}.\n\n{text}")


def _run(options: argparse.Namespace, letters: int, rounds: int) -> str:
    """The tables."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-relay-", dir=options.folder)))
        folder.chmod(0o755)  # Postfix's daemons are another user
        sink = stack.enter_context(load.sink(free_port()))
        bench = Bench(_start(stack, folder, sink.port, options), sink, letters)
        bench.warm_up()
        for number in range(rounds):
            bench.round(number)
        bench.half_load()
    return tables(bench, rounds, letters)


def _start(stack: contextlib.ExitStack, folder: Path, sink: int, options: argparse.Namespace) -> list[Server]:
    servers: list[Server] = []
    for name in ("sievepy", "Postfix"):
        if options.only not in (None, name):
            continue
        home = folder / name
        home.mkdir()
        if name == "sievepy":
            servers.append(stack.enter_context(relay_server.running(home, free_port(), free_port(), sink)))
        elif os.geteuid() != 0:
            print("Postfix can be started by root only: left out")
        else:
            servers.append(stack.enter_context(postfix.running(home, free_port(), sink, log=not options.syslog)))
    return servers


if __name__ == "__main__":
    main()

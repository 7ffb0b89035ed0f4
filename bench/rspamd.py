"""rspamd's multimap on the same rules and letters: an index of all words, as we have, behind HTTP.

    python -m bench.rspamd [--rounds 3] [--rules 10000] [--quick] [--write]

One process of rspamd, with no module but multimap, gets the letters one after the other. What it takes with no rules
is shown too: it takes each letter apart whole, whatever the rules ask for.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from bench import results
from bench.commands import Failed
from bench.debian import Missing, program
from bench.maildirs import Letters, Runs
from bench.ports import free_port, is_listening
from bench.process_command import Process
from bench.processes import tree_cpu
from bench.rule_sets import Kind, Rule, rule_set

_CONFIG = """
lua = "{folder}/globals.lua";
modules {{ path = "/usr/share/rspamd/plugins/multimap.lua"; }}
options {{
  filters = "";
  check_all_filters = true;
  pidfile = "{folder}/pid";
  cache_file = "{folder}/cache";
  hs_cache_dir = "{folder}";
  control_socket = "{folder}/control mode=0600";
  url_tld = "/usr/share/rspamd/effective_tld_names.dat";
  tempdir = "{folder}";
  task_timeout = 60s;
  dns {{ nameserver = ["127.0.0.1:{unused}"]; }}
}}
logging {{ type = "file"; filename = "{folder}/log"; level = "error"; }}
worker "normal" {{ bind_socket = "127.0.0.1:{port}"; count = 1; timeout = 60s; }}
actions {{ reject = 15000; }}
multimap {{
{maps}}}
"""
_MAPS = {
    "subject": 'type = "header"; header = "Subject"; regexp = true;',
    "from": 'type = "header"; header = "From"; filter = "email:domain";',
    "list-id": 'type = "header"; header = "List-Id"; regexp = true;',
    "body": 'type = "content"; filter = "text"; regexp = true;',
}
_USER = "_rspamd"
_PATIENCE = 600.0  # seconds for compiling all expressions
_CALM = 0.2  # seconds of processor time a second that a server uses which has nothing to do


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    process: int

    def ask(self, data: bytes) -> tuple[str, ...]:
        """The rules that a letter matched."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
        with contextlib.closing(connection):
            connection.request("POST", "/checkv2", body=data)
            answer = json.loads(connection.getresponse().read())
        return tuple(name for name in answer["symbols"] if name.startswith("R"))

    def cpu(self) -> float:
        return tree_cpu(self.process)

    def until_calm(self) -> None:
        """Until it has compiled what it compiles in the background."""
        before = self.cpu()
        while True:
            time.sleep(1)
            now = self.cpu()
            if now - before < _CALM:
                return
            before = now


@contextlib.contextmanager
def running(folder: Path, rules: Sequence[Rule]) -> Iterator[Server]:
    """Raises Missing, Failed."""
    folder.mkdir()
    port, unused = free_port(), free_port()
    maps = "".join(_write_map(folder, name, rules) for name in _MAPS)
    (folder / "globals.lua").write_text('require "global_functions" ()\n', encoding="utf-8")
    text = _CONFIG.format(folder=folder, port=port, unused=unused, maps=maps)
    (folder / "rspamd.conf").write_text(text, encoding="utf-8")
    command = [program("rspamd", "rspamd"), "-f", "-c", str(folder / "rspamd.conf")]
    if os.geteuid() == 0:
        shutil.chown(folder, _USER)
        command += ["-u", _USER, "-g", _USER]
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        _wait_for(port, process, folder)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait()


def _write_map(folder: Path, name: str, rules: Sequence[Rule]) -> str:
    """The configuration of the map of one field; nothing if no rule looks at it."""
    lines = [_line(rule) for rule in rules if rule.field == name]
    if not lines:
        return ""
    path = folder / f"{name}.map"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    symbol = f"MAP_{name.replace('-', '_').upper()}"
    return f'  {symbol} {{ {_MAPS[name]} map = "file://{path}"; score = 1.0; }}\n'


def _line(rule: Rule) -> str:
    match rule.field:
        case "from":
            return f"{rule.words[0]} {rule.title}:1"
        case "list-id":
            pattern = f"<(news|digest)-[0-9]+\\.{rule.words[0]}>".replace(".example", "\\.example")
            return f"/{pattern}/ {rule.title}:1"
    return f"/{'|'.join(rule.words)}/u {rule.title}:1"


def _wait_for(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while not is_listening(port):
        if process.poll() is not None or time.monotonic() > end:
            said = (folder / "out").read_text(encoding="utf-8")
            raise Failed(f"rspamd does not start: {said[-1000:]}")
        time.sleep(0.2)


# ---------------------------------------------------------------- the run


@dataclass(slots=True)
class Found:
    """Microseconds a letter, a round."""

    ready: float  # seconds from the start to the first right answer
    wrong: int
    each: list[float] = field(default_factory=list)


class Posted:
    """One server and the letters it is asked for."""

    def __init__(self, server: Server, letters: Letters, started: float) -> None:
        self._server = server
        paths = sorted((letters.folder / "all/cur").iterdir())
        self._data = {int(path.name.partition(".")[0]): path.read_bytes() for path in paths}
        first = next((number for number, titles in letters.truth.items() if titles), None)
        while first is not None and server.ask(self._data[first]) != letters.truth[first]:
            if time.perf_counter() - started > _PATIENCE:
                raise Failed("rspamd does not find what it should")
            time.sleep(0.5)
        self.found = Found(time.perf_counter() - started, 0)
        server.until_calm()
        self.found.wrong = sum(server.ask(data) != letters.truth[number] for number, data in self._data.items())

    def round(self) -> None:
        before = self._server.cpu()
        for data in self._data.values():
            self._server.ask(data)
        self.found.each.append((self._server.cpu() - before) / len(self._data) * 1e6)


def run(count: int, rounds: int, seconds: float) -> Iterator[str]:
    yield "| | us a letter | start, s | wrong answers |\n|---|---|---|---|"
    for kind in get_args(Kind):
        rules = rule_set(kind, count)
        with tempfile.TemporaryDirectory(prefix="bench-rspamd-") as name:
            folder = Path(name)
            folder.chmod(0o755)
            letters = Letters.make(rules, folder / "letters")
            none: Mapping[int, tuple[str, ...]] = dict.fromkeys(letters.truth, ())
            if kind == "header":
                yield _row(
                    "rspamd, no rules", _measure(folder / "none", (), Letters(letters.folder, dict(none)), rounds)
                )
            ours = Runs(Process(folder / "sievepy"), letters, rules, seconds)
            yield _row(f"rspamd, {count:,} {kind} rules", _measure(folder / "rspamd", rules, letters, rounds))
            for _ in range(rounds):
                ours.round()
            one = ours.series
            yield _cells(f"sievepy, {count:,} {kind} rules", one.each, one.start, one.wrong, one.checked)


def _measure(folder: Path, rules: Sequence[Rule], letters: Letters, rounds: int) -> tuple[Found, int]:
    started = time.perf_counter()
    with running(folder, rules) as server:
        posted = Posted(server, letters, started)
        for _ in range(rounds):
            posted.round()
    return posted.found, len(letters.truth)


def _row(name: str, measured: tuple[Found, int]) -> str:
    found, checked = measured
    return _cells(name, found.each, found.ready, found.wrong, checked)


def _cells(name: str, each: Sequence[float], start: float, wrong: int, checked: int) -> str:
    return f"| {name} | {results.spread(each)} | {start:.1f} | {wrong} of {checked:,} |"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, help="(default: 3)")
    parser.add_argument("--rules", type=int, help="(default: 10000)")
    parser.add_argument("--quick", action="store_true", help="one round, 1,000 rules")
    parser.add_argument("--write", action="store_true", help="write the table into bench/RESULTS.md")
    options = parser.parse_args(arguments)
    lines = []
    try:
        for line in run(
            options.rules or (1_000 if options.quick else 10_000),
            options.rounds or (1 if options.quick else 3),
            1.0 if options.quick else 4.0,
        ):
            lines.append(line)
            print(line, flush=True)
    except (Missing, Failed) as problem:
        print(f"left out: {problem}", file=sys.stderr)
        return
    if options.write:
        results.write("rspamd", f"{results.machine('rspamd')}\n\n" + "\n".join(lines))


if __name__ == "__main__":
    main()

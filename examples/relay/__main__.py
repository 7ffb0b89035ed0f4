"""The relay at work, on loopback: `make run`, or `python -m examples.relay`.

A folder of its own gets a configuration of a few lines; all else is the relay's defaults (a queue and maildirs beside
it, the shipped rules). Then, as mail servers and operators do it:

    start   `sievepy relay`; wait until /readyz says that letters are taken
    send    the letters of a maildir by SMTP, each with the envelope that the mailbox wrote down
    wait    until /metrics shows nothing that is still on its way
    look    `sievepy queue show --words`: where each letter went, and which of its words decided; and into the maildirs
    stop    SIGTERM, which lets the relay finish what it began

The folder stays, so that one can look around in it; the next run begins with an empty one. Exit status: 0; 1 if a
letter was refused, lost, doubled or is still on its way, or the relay did not end well; 2 if it cannot be shown; 130
after Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from examples.relay.outcome import Outcome, line_of, summary
from examples.relay.sending import send_all
from examples.relay.server import Failed, Relay, emptied

ROOT = Path(__file__).parents[2]


def main() -> int:
    options = _options()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _as_ctrl_c)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace", line_buffering=True)
    try:
        with emptied(options.folder):
            return _demonstrate(Relay(options.folder), options.letters)
    except Failed as problem:
        print(f"Error: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstopped; the relay is stopped, too", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `make run | head`: nobody listens any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _demonstrate(relay: Relay, letters: Path) -> int:
    start = time.monotonic()
    print(f"$ {_shell(relay.command('relay'))}")
    with relay.running():
        print(f"takes letters at 127.0.0.1:{relay.smtp} after {time.monotonic() - start:.1f} s\n")
        start = time.monotonic()
        sent = send_all(letters, relay.smtp)
        relay.wait_until_settled()
        seconds = time.monotonic() - start
        stories = relay.stories([one.id for one in sent if one.id is not None])
        outcome = Outcome.of(sent, stories, relay.arrived())
        columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        for one in sent:
            print(line_of(one, stories.get(one.id or ""), columns))
        print("\n".join(["", *summary(outcome, relay.mail), "", f"sent, judged and delivered in {seconds:.1f} s"]))
        start = time.monotonic()
        status = relay.end()
    print(
        f"SIGTERM: the relay ended with status {status} after {time.monotonic() - start:.1f} s; its log: {relay.log}\n"
    )
    _invite(relay, outcome)
    return 0 if outcome.good and status == 0 else 1


def _invite(relay: Relay, outcome: Outcome) -> None:
    """What to look at now: nothing runs any more, the queue and the maildirs are there."""
    if outcome.example is not None:
        print("What it remembers of a letter, and what is held:")
        print(f"$ {_shell(relay.command('trace', outcome.example))}")
        print(f"$ {_shell(relay.command('queue', 'list'))}")


def _shell(command: list[str]) -> str:
    """As a person would type it here."""
    here = f"{Path.cwd()}/"
    return shlex.join(word.removeprefix(here) for word in command)


def _as_ctrl_c(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="examples.relay", description="Show the relay at work on example letters.")
    parser.add_argument("letters", type=Path, nargs="?", default=ROOT / "examples/inbox", help="a maildir")
    parser.add_argument("--folder", type=Path, default=ROOT / "var/demo", help="where it works; default: var/demo")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

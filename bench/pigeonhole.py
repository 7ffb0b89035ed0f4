"""Pigeonhole's `sieve-filter` over a maildir: a dry run, without any configuration of the machine's."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.commands import Command, Measured
from bench.debian import program
from bench.rule_sets import Rule, as_sieve

_CONFIG = """
mail_location = maildir:{maildir}:INDEX=MEMORY:CONTROL={home}/{maildir_name}
ssl = no
protocols =
log_path = /dev/stderr
base_dir = {home}
plugin {{
  sieve_max_script_size = 0
  sieve_max_actions = 0
  sieve_max_cpu_time = 0
}}
"""
_ORDINARY = "nobody"
_MESSAGE = ">> Filtering message:"
_NAME = re.compile(r"^  ID: +<(\d+)\.", re.MULTILINE)
_STORED = re.compile(r"^ \* store message in folder: (R\d+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SieveFilter:
    """A compiled script in a folder of its own. `name` is for tables."""

    home: Path
    name: str = "sieve-filter"

    def prepare(self, rules: Sequence[Rule]) -> None:
        """Raises Missing."""
        self.home.mkdir()
        (self.home / "rules.sieve").write_text(as_sieve(rules), encoding="utf-8")
        if os.geteuid() == 0:  # Dovecot does not like root
            shutil.chown(self.home, _ORDINARY)

    def visit(self, maildir: Path) -> None:
        """Before the first run: at its first visit Dovecot numbers a maildir's letters, and filters none. The maildirs
        have different names. The first visit of all keeps the compiled script, too."""
        if not (self.home / maildir.name).exists():
            self.run(maildir)

    def run(self, maildir: Path, *, tell: bool = False) -> Measured:
        """Every letter, by every rule; `tell`: write down what each rule did. Raises Failed."""
        configuration = self.home / "dovecot.conf"
        text = _CONFIG.format(maildir=maildir, maildir_name=maildir.name, home=self.home)
        configuration.write_text(text, encoding="utf-8")
        options = ("-v",) if tell else ()
        return Command(
            (program("sieve-filter", "dovecot-sieve"), *options, "-c", str(configuration), "rules.sieve", "INBOX"),
            {"HOME": str(self.home), "PATH": os.defpath},
            self.home,
            _ORDINARY if os.geteuid() == 0 else None,
        ).run()

    @staticmethod
    def answers(output: str) -> dict[int, tuple[str, ...]]:
        """The rules that each letter matched, by its number."""
        found = {}
        for part in output.split(_MESSAGE)[1:]:
            name = _NAME.search(part)
            assert name is not None, part
            found[int(name[1])] = tuple(_STORED.findall(part))
        return found

"""Microseconds a letter for 10, 100, 1,000 and 10,000 rules: about flat, or the engine's design has been broken.

    python bench/engine_scaling.py [LETTERS]

Header rules look at senders, subjects and headers; body rules at words, phrases, substrings, regexes and IP
addresses. Letters are made of the same vocabulary, common words often and rare ones seldom. Nothing is read from
disk; the figures are processor time, the best of three passes over the letters. `fired` is how many rules all letters
together fired: each one that fires pays for its hits.
"""

from __future__ import annotations

import datetime as dt
import gc
import ipaddress
import random
import sys
import time
from collections.abc import Callable, Sequence
from itertools import product

from sievepy.engine import EvalContext, Program, build
from sievepy.ir import conditions as ir
from sievepy.ir.script import Rule, Script
from sievepy.mail.message import Message
from sievepy.plan import Assign, Triage

COUNTS = (10, 100, 1_000, 10_000)
PASSES = 3
SYLLABLES = tuple(map("".join, product("бвгжзклмнпрст", "аеиоу")))
ENDINGS = ("", "а", "у", "ом", "е", "ы", "ов", "ам", "ами", "ах")


def vocabulary(size: int) -> list[str]:
    """Stems of three or four syllables, the first ones the commonest."""
    source = random.Random(1)
    words: dict[str, None] = {}
    while len(words) < size:
        words["".join(source.choices(SYLLABLES, k=source.choice((3, 4)))) + "н"] = None
    return list(words)


WORDS = vocabulary(6_000)
COMMON = [1 / (rank + 5) for rank in range(len(WORDS))]


def slot(stem: str) -> ir.Slot:
    return ir.Slot(words=frozenset(stem + ending for ending in ENDINGS))


def header_test(number: int, source: random.Random) -> ir.Test:
    subject = ir.Field("subject")
    match number % 5:
        case 0:
            domain = f"client{number}.example"
            return ir.AddressIs(ir.Field("from"), domains=frozenset({domain}))
        case 1:
            return ir.Match(subject, "contains", (f"заявка {number}",))
        case 2:
            return ir.Matches(subject, (ir.Regex(rf"(?:счёт|акт) ?№ ?{number}[^0-9].*от"),))
        case 3:
            return ir.Match(ir.Field("header", f"X-System-{number}"), "is", ("да",))
    phrase = ir.Phrase(tuple(slot(stem) for stem in (source.choice(WORDS), *source.choices(WORDS, COMMON))), (0,))
    return ir.AllOf((ir.Mentions(subject, (phrase,)), ir.Not(ir.Fact("mailing-list"))))


def body_test(number: int, source: random.Random) -> ir.Test:
    text = ir.Field("text")
    stems = [source.choice(WORDS), *source.choices(WORDS, COMMON, k=2)]  # a topic's own word, and common ones
    match number % 6:
        case 0:
            return ir.Mentions(text, (ir.Phrase(tuple(map(slot, stems)), (0, 4)),))
        case 1:
            return ir.Mentions(text, (ir.Phrase(tuple(map(slot, stems[:2])), (4,)),))
        case 2:
            return ir.Match(text, "contains", (f"договор {number}",))
        case 3:
            return ir.Matches(text, (ir.Regex(rf"(?i)договор(?:а|у)? №? ?[A-Z]{{2}}-{number}"),))
        case 4:
            phrases = tuple(ir.Phrase((slot(stem),), ()) for stem in stems[:2])
            return ir.MentionsNear(text, phrases, 3)
    return ir.HasIp(text, (ipaddress.ip_network(f"10.{number // 256 % 256}.{number % 256}.0/24"),))


def script(count: int, make: Callable[[int, random.Random], ir.Test]) -> Script:
    source = random.Random(2)
    rules = (Rule(f"rule {n}", make(n, source), (Assign(f"department{n % 7}"),), carry_on=True) for n in range(count))
    return Script(tuple(rules), (Triage(),))


def letter(number: int) -> bytes:
    """Some 2 KB: a person's headers, 150 words, now and then a thing that a rule looks for."""
    source = random.Random(number)
    stems = source.choices(WORDS, COMMON, k=150)
    words = [stem + source.choice(ENDINGS) for stem in stems]
    body = "".join(word + source.choice((" ", " ", " ", " ", ", ", ". ")) for word in words)
    subject = source.choice((f"заявка {number * 7}", f"Счёт № {number * 5 + 2} от", " ".join(words[:4])))
    extra = source.choice((f"договор {number * 6 + 2}", f"адрес 10.0.{number % 256}.7", f"Договора № KZ-{number}", ""))
    lines = [
        "Received: from mx.example (mx.example [192.0.2.7]) by mail.example; Thu, 15 Jan 2026 12:00:00 +0500",
        f"From: Иван Иванов <ivan@client{number * 5}.example>",
        "To: info@mail.example",
        f"Subject: {subject}",
        "Date: Thu, 15 Jan 2026 12:00:00 +0500",
        f"Message-ID: <{number}@client.example>",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        body,
        extra,
    ]
    return "\r\n".join(lines).encode()


def measure(program: Program, letters: Sequence[bytes], context: EvalContext) -> float:
    """Microseconds a letter."""
    best = float("inf")
    for _ in range(PASSES):
        started = time.process_time()
        for data in letters:
            program.evaluate(Message(data), context)
        best = min(best, time.process_time() - started)
    return best / len(letters) * 1e6


def reading_alone(letters: Sequence[bytes], context: EvalContext) -> float:
    """Microseconds a letter that body rules pay before any matching: finding, decoding and dividing the text."""
    one_key = ir.Match(ir.Field("text"), "contains", ("\uffff",))
    return measure(build(Script((Rule("", one_key, (Assign("a"),)),), (Triage(),))), letters, context)


def main() -> None:
    letters = [letter(number) for number in range(int(sys.argv[1]) if len(sys.argv) > 1 else 200)]
    context = EvalContext(now=dt.datetime(2026, 1, 15, tzinfo=dt.UTC), zone=dt.UTC)
    print(f"{'':8}{'rules':>8}{'build s':>10}{'us a letter':>13}{'fired':>8}")
    print(f"{'reading':8}{'1':>8}{'':10}{reading_alone(letters, context):13.0f}{'0':>8}")
    for name, make in (("header", header_test), ("body", body_test)):
        for count in COUNTS:
            made = script(count, make)
            started = time.process_time()
            program = build(made)
            built = time.process_time() - started
            fired = sum(len(program.evaluate(Message(data), context).fired) for data in letters)
            gc.collect()
            gc.freeze()
            print(f"{name:8}{count:8,}{built:10.2f}{measure(program, letters, context):13.0f}{fired:8}", flush=True)


if __name__ == "__main__":
    main()

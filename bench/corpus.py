"""Letters for a maildir, and which rule each must match.

Of ten letters seven are short plain text (1-4 KB), two are multipart/alternative with HTML (10-40 KB), one has an
attachment of 100-300 KB. Russian and English; UTF-8 in base64 or quoted-printable, koi8-r, windows-1251. 60 % match one
rule, uniformly over the list. Sizes are spread evenly, so that the first letters are a fair sample of all.
"""

from __future__ import annotations

import base64
import quopri
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.header import Header
from pathlib import Path

from bench.rule_sets import Rule
from bench.vocabulary import Language, Prose

_SEED = 7
_MATCHING = 0.6
_GOLDEN = 0.6180339887498949  # multiples of it, modulo 1, fill an interval evenly from the start
_KINDS = ("short", "short", "html", "short", "short", "attachment", "short", "html", "short", "short")
_SIZES = {"short": (1_000, 4_000), "html": (10_000, 40_000), "attachment": (100_000, 300_000)}
_ENCODINGS = (("utf-8", "base64"), ("koi8-r", "8bit"), ("utf-8", "quoted-printable"), ("windows-1251", "8bit"))
_HEADERS = 600  # bytes, about
_STUB = {"ru": "Ваша программа не показывает HTML.", "en": "Your program does not show HTML."}
_IN_ROW = 12  # words
_SAMPLE = 10  # rows that tell how long a letter's rows are
_ROW = (
    '<tr><td style="padding:0 12px 8px 0;font-family:Arial,sans-serif;font-size:14px;line-height:20px;color:#333333" '
    'valign="top">{}</td></tr>\n'
)
_PAGE = '<html><head><style>td {{ border: 0 }} p {{ margin: 0 }}</style></head><body><table width="600">\n{}</table>\n'


@dataclass(frozen=True, slots=True)
class Letter:
    """`title`: of the one rule that matches it."""

    name: str
    data: bytes
    title: str | None


def letters(rules: Sequence[Rule], count: int) -> Iterator[Letter]:
    """The same letters for the same rules. Line ends are LF, as in a maildir."""
    maker = _Maker(random.Random(_SEED))
    for number in range(count):
        yield maker.letter(number, rules)


def write(letters: Iterator[Letter], folder: Path) -> dict[str, str | None]:
    """Make a maildir of them, all seen; the truth by name."""
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True)
    truth = {}
    for letter in letters:
        (folder / "cur" / f"{letter.name}:2,S").write_bytes(letter.data)
        truth[letter.name] = letter.title
    return truth


class _Maker:
    def __init__(self, source: random.Random) -> None:
        self._source = source
        self._prose: dict[Language, Prose] = {language: Prose(language, source) for language in ("ru", "en")}
        self._made = dict.fromkeys(_SIZES, 0)

    def letter(self, number: int, rules: Sequence[Rule]) -> Letter:
        source, kind = self._source, _KINDS[number % len(_KINDS)]
        rule = source.choice(rules) if source.random() < _MATCHING else None
        if rule is not None and rule.field in ("subject", "body"):
            language = rule.language
        else:
            language = "en" if source.random() < 0.25 else "ru"
        low, high = _SIZES[kind]
        self._made[kind] += 1
        size = round(low + (high - low) * (self._made[kind] * _GOLDEN % 1))
        charset, encoding = _ENCODINGS[(number // 2) % len(_ENCODINGS)]
        hit = source.choice(rule.words) if rule is not None else None
        lines = self._headers(number, language, charset, rule, hit)
        planted = hit if rule is not None and rule.field == "body" else None
        match kind:
            case "short":
                text = self._text(size - _HEADERS, language, charset, encoding, planted)
                lines += _part(text, charset, encoding)
            case "html":
                lines += self._alternative(size, language, charset, encoding, planted)
            case _:
                lines += self._with_attachment(size, language, charset, encoding, planted)
        return Letter(f"{number:06}.bench", b"\n".join(lines) + b"\n", rule.title if rule is not None else None)

    # ------------------------------------------------------------ headers

    def _headers(
        self, number: int, language: Language, charset: str, rule: Rule | None, hit: str | None
    ) -> list[bytes]:
        source, field = self._source, rule.field if rule is not None else None
        domain = hit if field == "from" else f"sender{source.randrange(10**6)}.example"
        words = self._prose[language].words(source.randint(3, 6))
        if field == "subject" and hit is not None:
            words.insert(source.randint(0, len(words)), hit)
        name = Header(" ".join(self._prose[language].words(2)).title(), charset).encode(linesep="\n")
        lines = [
            f"Return-Path: <office@{domain}>",
            f"Received: from mx.{domain} (mx.{domain} [192.0.2.{number % 250}])",
            f"\tby mail.bench.example with ESMTPS id {number:x}; Thu, 15 Jan 2026 12:00:00 +0500",
            f"From: {name} <office@{domain}>",
            "To: info@bench.example",
            f"Subject: {Header(' '.join(words), charset, header_name='Subject').encode(linesep=chr(10))}",
            "Date: Thu, 15 Jan 2026 12:00:00 +0500",
            f"Message-ID: <{number}.{source.randrange(10**9)}@{domain}>",
            "MIME-Version: 1.0",
        ]
        if field == "list-id":
            lines.append(f"List-Id: <{source.choice(('news', 'digest'))}-{source.randrange(1000)}.{hit}>")
        elif source.random() < 0.2:
            lines.append(f"List-Id: <news-{source.randrange(1000)}.sender{source.randrange(10**6)}.example>")
        return [line.encode("ascii") for line in lines]

    # ------------------------------------------------------------ text

    def _text(self, size: int, language: Language, charset: str, encoding: str, planted: str | None) -> str:
        """Prose that takes about `size` bytes where it stands in the letter, with a word planted in it."""
        sample = " ".join(self._prose[language].words(50))
        count = max(5, round(50 * size / len(_part(sample, charset, encoding)[1])))
        words = self._prose[language].words(count)
        if planted is not None:
            words.insert(self._source.randint(0, count), planted)
        return "\n".join(self._lines(words))

    def _lines(self, words: Sequence[str]) -> Iterator[str]:
        """Sentences, wrapped between words."""
        line = ""
        for place, word in enumerate(words):
            end = "." if place % 9 == 8 else "," if place % 5 == 4 else ""
            if len(line) + len(word) > 72:
                yield line
                line = ""
            line += f" {word}{end}" if line else f"{word}{end}"
        yield line

    # ------------------------------------------------------------ several parts

    def _alternative(
        self, size: int, language: Language, charset: str, encoding: str, planted: str | None
    ) -> list[bytes]:
        """The HTML has the text in the rows of a table; in every other letter the plain part is a stub."""
        sample = self._prose[language].words(_SAMPLE * _IN_ROW)
        whole = self._made["html"] % 2 == 1
        made = sum(len(b"\n".join(part)) for part in self._versions(sample, language, charset, encoding, whole))
        rows = max(1, round(_SAMPLE * size / made))
        words = self._prose[language].words(rows * _IN_ROW)
        if planted is not None:
            words.insert(self._source.randint(0, len(words)), planted)
        return _multipart("alternative", self._versions(words, language, charset, encoding, whole))

    def _versions(
        self, words: Sequence[str], language: Language, charset: str, encoding: str, whole: bool
    ) -> tuple[list[bytes], list[bytes]]:
        rows = (_ROW.format(" ".join(words[n : n + _IN_ROW])) for n in range(0, len(words), _IN_ROW))
        plain = "\n".join(self._lines(words)) if whole else _STUB[language]
        return _part(plain, charset, encoding), _part(_PAGE.format("".join(rows)), charset, encoding, "html")

    def _with_attachment(
        self, size: int, language: Language, charset: str, encoding: str, planted: str | None
    ) -> list[bytes]:
        text = self._text(self._source.randint(500, 2_000), language, charset, encoding, planted)
        attached = [
            b'Content-Type: application/pdf; name="document.pdf"',
            b'Content-Disposition: attachment; filename="document.pdf"',
            b"Content-Transfer-Encoding: base64",
            b"",
            base64.encodebytes(b"%PDF-1.7\n" + self._source.randbytes(round(size * 0.74))).rstrip(),
        ]
        return _multipart("mixed", (_part(text, charset, encoding), attached))


def _part(text: str, charset: str, encoding: str, subtype: str = "plain") -> list[bytes]:
    data = text.encode(charset)
    if encoding == "base64":
        data = base64.encodebytes(data).rstrip()
    elif encoding == "quoted-printable":
        data = quopri.encodestring(data)
    head = f"Content-Type: text/{subtype}; charset={charset}\nContent-Transfer-Encoding: {encoding}\n"
    return [head.encode("ascii"), data]


def _multipart(subtype: str, parts: Sequence[Sequence[bytes]]) -> list[bytes]:
    lines = [f'Content-Type: multipart/{subtype}; boundary="=-bench-{subtype}"'.encode(), b""]
    for part in parts:
        lines += [f"--=-bench-{subtype}".encode(), *part]
    return [*lines, f"--=-bench-{subtype}--".encode()]

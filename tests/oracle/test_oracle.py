"""Our reader against the standard library's on some two thousand letters, most of them damaged.

Run with `-s` to see the counts by class.
"""

from __future__ import annotations

from collections import Counter

import pytest

from sievepy.mail.message import Message
from tests.oracle.classes import CLASSES, classify
from tests.oracle.letters import MUTATIONS, mutations, originals
from tests.oracle.reading import Difference, differences, ours, theirs

FEWEST_LETTERS = 2_000
MOST_CLASSES = 30
DAMAGED_FORMS = 20  # of each letter


def test_we_agree_with_the_standard_library_or_differ_in_a_known_way(capsys: pytest.CaptureFixture[str]) -> None:
    letters = agreeing = 0
    counts: Counter[str] = Counter()
    unknown: list[Difference] = []
    for seed, original in enumerate(originals()):
        for letter in (original, *mutations(original, seed, DAMAGED_FORMS)):
            found = differences(letter)
            letters += 1
            agreeing += not found
            classes = [(classify(difference), difference) for difference in found]
            counts.update(known.name for known, _ in classes if known is not None)
            unknown.extend(difference for known, difference in classes if known is None)
    with capsys.disabled():
        print(f"\noracle: {letters} letters, {agreeing} read alike, differences by class: {dict(counts.most_common())}")
    assert letters >= FEWEST_LETTERS
    assert agreeing > letters // 2, "most letters are read alike, whatever was done to them"
    assert not unknown, "\n".join(map(described, unknown[:10]))


def described(difference: Difference) -> str:
    return (
        f"{difference.what}: ours {difference.ours!r:.200}, theirs {difference.theirs!r:.200}\n"
        f"  flags {difference.flags}, defects {sorted(difference.defects)}, raw {difference.raw[:200]!r}"
    )


def test_classes_are_few_named_once_and_explained() -> None:
    assert len(CLASSES) <= MOST_CLASSES
    assert len({known.name for known in CLASSES}) == len(CLASSES)
    assert all(len(known.reason.split()) > 5 for known in CLASSES)


LETTER = (
    b"From: =?utf-8?B?0JDQudC90YPRgA==?= <a@b.example>\r\nSubject: hello\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n"
    b'Content-Type: image/png; name="a.png"\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0=\r\n--b--\r\n'
)


def test_both_readers_see_a_plain_letter_whole() -> None:
    """The comparison compares something: both sides hold the header, the types, the name and the bytes."""
    for reading in (ours(Message(LETTER)), theirs(LETTER)):
        assert reading.headers["From"] == "Айнур <a@b.example>"
        assert [(leaf.type, leaf.filename, leaf.payload) for leaf in reading.leaves] == [
            ("text/plain", None, b"text"),
            ("image/png", "a.png", b"\x89PNG\r"),
        ]
    assert differences(LETTER) == []


@pytest.mark.parametrize(
    "change",
    [("what", "Subject"), ("what", "structure"), ("what", "filename"), ("what", "payload")],
    ids=lambda change: change[1],
)
def test_a_difference_without_a_reason_is_in_no_class(change: tuple[str, str]) -> None:
    """A reader that loses a header, a part, a name or a byte of an undamaged letter is caught."""
    values: dict[str, tuple[object, object]] = {
        "Subject": ("hello", "hallo"),
        "structure": (["text/plain"], ["text/plain", "image/png"]),
        "filename": (None, "a.png"),
        "payload": (b"tex", b"text"),
    }
    mine, other = values[change[1]]
    lost = Difference(change[1], mine, other, LETTER, (), frozenset(), b"hello", "7bit", "text/plain")
    assert classify(lost) is None


def test_every_mutation_changes_some_letter() -> None:
    letters = originals()
    import random

    for mutation in MUTATIONS:
        assert any(mutation(letter, random.Random(7)) != letter for letter in letters), mutation.__name__

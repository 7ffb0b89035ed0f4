"""Unified diffs: as `patch` takes them, and coloured for a terminal."""

from __future__ import annotations

import re

from sievepy.text.diff import unified

BEFORE = "a\nb\nc\n"
AFTER = "a\nB\nc"


def test_a_diff() -> None:
    assert unified("x.rules", BEFORE, AFTER) == (
        "--- a/x.rules\n+++ b/x.rules\n@@ -1,3 +1,3 @@\n a\n-b\n-c\n+B\n+c\n\\ No newline at end of file\n"
    )
    assert unified("x.rules", BEFORE, BEFORE) == ""


def test_colour_is_all_that_a_terminal_adds() -> None:
    coloured = unified("x.rules", BEFORE, AFTER, colour=True)
    assert "\x1b[31m-b\x1b[0m\n" in coloured and "\x1b[32m+B\x1b[0m\n" in coloured
    assert "\x1b[1m--- a/x.rules\x1b[0m\n" in coloured
    assert re.sub(r"\x1b\[\d*m", "", coloured) == unified("x.rules", BEFORE, AFTER)


def test_a_removed_line_that_looks_like_a_head_is_a_removed_line() -> None:
    assert "\x1b[31m--- a\x1b[0m\n" in unified("x.rules", "-- a\n", "b\n", colour=True)

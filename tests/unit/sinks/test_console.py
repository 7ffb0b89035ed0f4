"""What the person at the terminal sees: columns that line up in any alphabet, and nothing that steers the terminal."""

from __future__ import annotations

import io

from sievepy.sinks.console import Screen, row, table


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_columns_line_up_and_numbers_stand_right() -> None:
    assert table([("to", "letters", "title"), ("бух", 7, "Бухгалтерия"), ("ip", 120, "")]) == [
        "to   letters  title",
        "бух        7  Бухгалтерия",
        "ip       120",
    ]


def test_a_row_is_cut_with_a_sign() -> None:
    assert row(("очень длинное имя", "buh", "причина"), (8, 5)) == "очень д…  buh    причина"
    assert row(("a", "buh", "причина"), (3, 5), 14) == "a    buh    п…"


def test_what_letters_hold_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in row(("a\x1b[2J", "b", "c\r\n\x07"), (10, 3))
    assert "\n" not in row(("a", "b\nc", "d\ne"), (10, 3))
    assert "\u202e" not in "".join(table([("\u202eevil",)]))


def test_no_bar_where_there_is_no_terminal() -> None:
    out, err = io.StringIO(), io.StringIO()
    with Screen(out, err, 3) as screen:
        screen.line("one")
        screen.advance()
    assert (out.getvalue(), err.getvalue()) == ("one\n", "")


def test_a_bar_on_a_terminal_and_lines_beside_it() -> None:
    out, err = io.StringIO(), Terminal()
    with Screen(out, err, 3) as screen:
        for _ in range(3):
            screen.line("[bold]one[/bold]")
            screen.advance()
    assert out.getvalue() == "[bold]one[/bold]\n" * 3
    assert "3/3" in err.getvalue()


def test_lines_go_above_the_bar_when_both_are_one_terminal() -> None:
    out, err = Terminal(), Terminal()
    with Screen(out, err, 2) as screen:
        screen.line("[x] one")
    assert "[x] one" in err.getvalue()

"""HTML as its reader sees it, with the marks of mail programs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from sievepy.mail.html import most_words, to_page, unescape
from sievepy.mail.html_marks import Mark
from sievepy.mail.tokens import words


def text(source: str) -> str:
    return to_page(source).text


def marked(source: str) -> list[tuple[Mark, str]]:
    page = to_page(source)
    return [(region.mark, page.text[region.start : region.end].strip()) for region in page.regions]


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("при<b>в</b>ет", "привет"),
        ("до<span style='color:red'>гово</span>р", "договор"),
        ("раз<br>два<br/>три</br>четыре", "раз\nдва\nтри\nчетыре"),
        ("<p>раз<p>два", "раз\nдва"),
        ("<div>раз</div><div><br></div><div>два</div>", "раз\n\nдва\n"),
        ("<div><div><div>раз</div></div></div>два", "раз\nдва"),
        ("<table><tr><td>цена</td><td>5000</td></tr><tr><th>итого</th></tr></table>", "цена\t5000\t\nитого\t\n"),
        ("<ul><li>раз<li>два</ul>", "раз\nдва\n"),
        ("раз\n   два\t три", "раз два три"),
        ("<pre>раз\n  два</pre>", "раз\n  два\n"),
        ("<div style='white-space: pre-wrap'>раз\nдва</div>", "раз\nдва\n"),
        ("a&nbsp;b &amp; c&lt;d&#1078;&#x436;&copy", "a\u00a0b & c<dжж©"),
        ("5 < 6 и 7 > 3", "5 < 6 и 7 > 3"),
        ("<a title='a > b'>ссылка</a>", "ссылка"),
        ('<a title="не закрыто>ссылка</a>', "ссылка"),
        ("раз<!-- тайна -->два<!--[if mso]><p>три</p><![endif]-->", "раздва"),
        ("<![if !mso]>раз<![endif]><?xml:namespace prefix = o />", "раз"),
        ("<o:p>раз</o:p><x-unknown>два</x-unknown>", "раздва"),
        ("<TITLE>т</TITLE><STYLE>p{}</STYLE><SCRIPT>if (a<b) {}</SCRIPT>раз", "раз"),
        ("<textarea>раз <b>два</textarea>три", "раз <b>дватри"),
        ("", ""),
        ("<", "<"),
        ("<p", "<p"),
        ("</", "</"),
        ("<!-- без конца", ""),
        ("<style>без конца", ""),
    ],
)
def test_what_is_seen(source: str, seen: str) -> None:
    assert text(source) == seen


@pytest.mark.parametrize(
    "hidden",
    [
        "<div style='display:none'>тайна</div>",
        "<div style='DISPLAY : NONE !important'>тайна</div>",
        "<div style='display:none'><div>тайна</div><p>тайна</div>",
        "<span style='visibility:hidden'>тайна</span>",
        "<span style='font-size:0'>тайна</span>",
        "<span style='font-size:0px;line-height:0'>тайна</span>",
        "<span style='opacity:0'>тайна</span>",
        "<span style='opacity: 0.0;'>тайна</span>",
        "<span style='mso-hide:all'>тайна</span>",
        "<div style='max-height:0;overflow:hidden'>тайна</div>",
        "<div style='position:absolute;left:-9999px'>тайна</div>",
        "<div style='text-indent:-9999px'>тайна</div>",
        "<p hidden>тайна</p>",
        "<font color='#FFFFFF'>тайна</font>",
        "<span style='color: white'>тайна</span>",
        "<span style='color:#FFF'>тайна</span>",
        "<div style='background:#123456;color:#123456'>тайна</div>",
        "<table bgcolor='#000000'><tr><td><font color=black>тайна</font></td></tr></table>",
        "<noscript></noscript><template>тайна</template>",
    ],
)
def test_hidden_text_is_dropped(hidden: str) -> None:
    assert text(f"видно {hidden}конец").split() == ["видно", "конец"]


@pytest.mark.parametrize(
    "shown",
    [
        "<td style='font-size:0px'><div style='font-size:13px'>видно</div></td>",
        "<div style='opacity:0.8'>видно</div>",
        "<div style='max-height:0'>видно</div>",
        "<div style='font-size:10px'>видно</div>",
        "<div style='font:italic 12px Arial'>видно</div>",
        "<table bgcolor='#003366'><tr><td style='color:#ffffff'>видно</td></tr></table>",
        "<div class=button><span style='color:#fff'>видно</span></div>",
        "<div style='background:url(a.png)'><font color=white>видно</font></div>",
        "<div style='color:#fff'><span style='color:#000'>видно</span></div>",
        "<noscript>видно</noscript>",
        "<div style='left:-5px'>видно</div>",
    ],
)
def test_visible_text_is_kept(shown: str) -> None:
    assert text(shown).strip() == "видно"


@pytest.mark.parametrize(
    ("source", "regions"),
    [
        ("раз<blockquote type=cite>два<b>три</b></blockquote>конец", [(Mark.QUOTE, "дватри")]),
        ("<blockquote style='border-left:1px solid #0857A6'>два</blockquote>", [(Mark.QUOTE, "два")]),
        ("<blockquote style='margin:0 0 0 40px;border:none'>два</blockquote>", [(Mark.INDENT, "два")]),
        ("<blockquote>два</blockquote>", [(Mark.INDENT, "два")]),
        ("<div class='gmail_quote gmail_quote_container'>два<p>три</div>", [(Mark.QUOTE, "два\nтри")]),
        ("<div class=x_gmail_quote>два</div>", [(Mark.QUOTE, "два")]),
        ("<div class=moz-cite-prefix>Имя пишет:<br></div>", [(Mark.INTRO, "Имя пишет:")]),
        ("<div id=divRplyFwdMsg>От: Имя</div>чужое", [(Mark.DIVIDER, "От: Имя")]),
        ("<div id=x_divRplyFwdMsg>От: Имя</div>", [(Mark.DIVIDER, "От: Имя")]),
        ("<pre class=moz-signature>-- \nИмя</pre>", [(Mark.SIGNATURE, "-- \nИмя")]),
        ("<div data-signature-widget=container>Имя</div>", [(Mark.SIGNATURE, "Имя")]),
        ("<div name=messageReplySection>два</div>", [(Mark.QUOTE, "два")]),
        ("<div class=moz-forward-container>два</div>", [(Mark.FORWARD, "два")]),
        ("<div style='display:none' class=gmail_quote>два</div>", []),
        ("<div class='gmail quote' id='sign' name=x>два</div>", []),
    ],
)
def test_marks(source: str, regions: list[tuple[Mark, str]]) -> None:
    assert marked(source) == regions


def test_regions_nest_and_begin_lines() -> None:
    page = to_page("а<span class=gmail_signature>б</span>в<blockquote type=cite>г<blockquote type=cite>д")
    assert page.text == "а\nб\nв\nг\nд"
    assert [page.text[r.start : r.end] for r in page.regions] == ["б\n", "г\nд", "д"]


def test_an_end_tag_ends_its_element_and_not_the_ones_around() -> None:
    source = "<div class=gmail_quote><div>раз</div><p>два</p></div>своё</div></p></td>"
    assert marked(source) == [(Mark.QUOTE, "раз\nдва")]
    cell = "<blockquote type=cite><table><tr><td>раз</blockquote>два</td></tr></table>три</blockquote>своё"
    assert marked(cell) == [(Mark.QUOTE, "раз\nдва\t\nтри")]
    inline = "<b><div class=gmail_quote>раз</b>два</div>своё"
    assert marked(inline) == [(Mark.QUOTE, "раздва")]


@pytest.mark.parametrize("written", ["&#99999999999999999999;", "&#x" + "f" * 5000 + ";", "&#0;", "&#xD800;"])
def test_numbers_that_are_no_character(written: str) -> None:
    assert unescape(f"a{written}b") == "a\ufffdb"


VISIBLE = [
    "<p>Раз <b>два</b></p><div>три<br>четыре</div>",
    "<table><tr><td>один</td><td>два</td></tr></table><ul><li>три</li></ul>",
    "<div>а<span>б<i>в</i></span>г</div><h1>д</h1><hr>е",
    "<p>&laquo;Ромашка&raquo; &mdash; ТОО<p>следующий",
    "<!DOCTYPE html><html><head><title>x</title><style>p{}</style></head><body><p>раз</p></body></html>",
]


@pytest.mark.parametrize("source", VISIBLE)
def test_the_words_are_those_of_a_parser_that_builds_the_tree(source: str) -> None:
    tree = LexborHTMLParser(source)
    tree.strip_tags(["style", "script", "title"])
    body = tree.body
    assert body is not None
    glued = "".join(text(source).split())
    assert glued == "".join(body.text().split())


@pytest.mark.parametrize("source", [*VISIBLE, "5 < 6 и 7", "<a title='a > b'>раз</a>", "до<b>го</b>вор&nbsp;два"])
def test_there_are_no_more_words_than_said(source: str) -> None:
    assert most_words(source) >= len(words(text(source)))


PIECES = st.sampled_from(
    ["<div>", "</div>", "<p>", "</p>", "<b>", "</b>", "<table>", "<td>", "</td>", "</table>", "<br>",
     "<!--", "-->",
     "<", ">", "&amp;", "&#", "слово ", " ", "\n",
     "<blockquote type=cite>", "</blockquote>", "<style>", "</style>", '"', "'",
     "<div style='display:none'>", "<span class=gmail_signature>", "</span>", "<pre>", "</pre>", "<a x='", "<![CDATA[",
     "<textarea>", "</textarea>", "<tr>", "</tr>", "<font color=white>", "</font>", "<div id=divRplyFwdMsg>"]
)  # fmt: skip


@settings(deadline=None)
@given(st.one_of(st.lists(PIECES, max_size=40).map("".join), st.text(max_size=100)))
def test_it_never_raises_and_regions_lie_between_lines(source: str) -> None:
    page = to_page(source)
    ends = {0, len(page.text), *(n + 1 for n, char in enumerate(page.text) if char == "\n")}
    for region in page.regions:
        assert region.start <= region.end
        assert {region.start, region.end} <= ends
    assert [region.start for region in page.regions] == sorted(region.start for region in page.regions)


@pytest.mark.parametrize(
    "piece",
    ["<div>", "<p><b id=1>x</p>", "<a '", "<a \"x>' ", '<a ">"', "<", "<!-- -", "&#1", "&", "<blockquote>",
     "<b></i>",
     "<span><div>",
     "<table><td>", "<a", "<textarea>", "</div>", "<div class=gmail_quote>", "a ", "<td></table>",
     "<style>"],
)  # fmt: skip
def test_work_grows_with_the_text_and_no_faster(piece: str) -> None:
    """Among them what makes a parser quadratic that builds the tree, or one that searches for a quotation's end."""
    to_page(piece * (300_000 // len(piece)))


def test_many_different_styles() -> None:
    source = "".join(f"<b style='color:#{n:06x};background:#{n + 1:06x}'>a" for n in range(5_000))
    assert text(source) == "a" * 5_000

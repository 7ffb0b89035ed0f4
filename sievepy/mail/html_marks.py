"""What mail programs leave in the HTML of a letter to say: this is a quote, this is a signature.

A program renames its classes rarely, for its own older versions have to read them. Outlook on the web puts `x_`
before the names it finds in a letter that it quotes.
"""

from __future__ import annotations

from enum import Enum


class Mark(Enum):
    """`QUOTE`: a quoted letter, answered or forwarded. `INDENT`: a `<blockquote>`, either a quote or mere indentation.
    `INTRO`: the line that introduces a quote. `DIVIDER`: what follows, to the end of the letter, is another letter.
    `FORWARD`: a forwarded letter. `SIGNATURE`: as it says."""

    QUOTE = "quote"
    INDENT = "indent"
    INTRO = "intro"
    DIVIDER = "divider"
    FORWARD = "forward"
    SIGNATURE = "signature"


_CLASSES = {
    "gmail_quote": Mark.QUOTE,
    "gmail_quote_container": Mark.QUOTE,
    "gmail_attr": Mark.INTRO,
    "gmail_signature": Mark.SIGNATURE,
    "gmail_signature_prefix": Mark.SIGNATURE,
    "yahoo_quoted": Mark.QUOTE,
    "moz-cite-prefix": Mark.INTRO,
    "moz-signature": Mark.SIGNATURE,
    "moz-forward-container": Mark.FORWARD,
    "protonmail_quote": Mark.QUOTE,
    "protonmail_signature_block": Mark.SIGNATURE,
    "tutanota_quote": Mark.QUOTE,
    "zmail_extra": Mark.QUOTE,
    "mail-quote-collapse": Mark.QUOTE,
    "email_quote": Mark.QUOTE,
}
_IDS = {
    "divrplyfwdmsg": Mark.DIVIDER,
    "mail-editor-reference-message-container": Mark.QUOTE,
    "olk_src_body_section": Mark.QUOTE,
    "isreplycontent": Mark.QUOTE,
    "isforwardcontent": Mark.FORWARD,
    "reply-intro": Mark.INTRO,
    "_rc_sig": Mark.SIGNATURE,
    "signature": Mark.SIGNATURE,
    "ms-outlook-mobile-signature": Mark.SIGNATURE,
    "applemailsignature": Mark.SIGNATURE,
    "ymail_android_signature": Mark.SIGNATURE,
    "composer_signature": Mark.SIGNATURE,
}
_NAMES = {"messagereplysection": Mark.QUOTE, "messagesignaturesection": Mark.SIGNATURE}
_OTHERS = {"data-signature-widget": Mark.SIGNATURE, "data-yandex-signature": Mark.SIGNATURE}
_BARS = ("border-left:", "border-left-", "border-inline-start")  # the line down the side of a quote


def mark_of(tag: str, attributes: dict[str, str]) -> Mark | None:
    """What an element with this lower-case tag and these attributes marks; None for most."""
    for name in attributes.get("class", "").lower().split():
        mark = _CLASSES.get(name.removeprefix("x_"))
        if mark is not None and (tag, mark) != ("blockquote", Mark.INTRO):
            return mark
    mark = _IDS.get(attributes.get("id", "").lower().removeprefix("x_"))
    mark = mark or _NAMES.get(attributes.get("name", "").lower())
    mark = mark or next((_OTHERS[name] for name in attributes if name in _OTHERS), None)
    if mark is None and tag == "blockquote":
        return Mark.QUOTE if _is_cited(attributes) else Mark.INDENT
    return mark


def _is_cited(attributes: dict[str, str]) -> bool:
    if attributes.get("type", "").lower() == "cite" or "cite" in attributes:
        return True
    style = attributes.get("style", "").lower().replace(" ", "")
    return any(bar in style for bar in _BARS) and "border-left:none" not in style and "border-left:0" not in style

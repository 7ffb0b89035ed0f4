"""The lines by which mail programs and people say where their own words end, by program and language.

Only tables and the expressions made of them; what follows from a line is decided in `quote.py`. All expressions look
at one line (or a few joined ones) with its quote prefix and outer white space removed. A line that merely resembles
one of these must not match: what is doubtful stays the sender's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum

_FLAGS = re.IGNORECASE


def _any(alternatives: Iterable[str]) -> str:
    return "(?:" + "|".join(alternatives) + ")"


# ------------------------------------------------------------ subjects

_REPLY = ["re", "aw", "ответ", "отв", "на", "жауап", "қайта"]
_FORWARDED = ["fwd?", "wg", "пер", "пересл", "пересылка", "перенапр", "жіб", "қайта жіберу"]
REPLY_SUBJECT = re.compile(rf"\s*(?:\[[^\]]{{1,40}}\]\s*)?{_any(_REPLY)}(?:\s?[\[(]\d+[\])]|\^\d+)?\s?:", _FLAGS)
FORWARD_SUBJECT = re.compile(rf"\s*(?:\[[^\]]{{1,40}}\]\s*)?{_any(_FORWARDED)}(?:\s?[\[(]\d+[\])])?\s?:", _FLAGS)
SUBJECT_PREFIX = re.compile(rf"(?:{REPLY_SUBJECT.pattern}|{FORWARD_SUBJECT.pattern})*+\s*", _FLAGS)

# ------------------------------------------------------------ where another letter begins

_FORWARDS = [
    r"-{2,}\s*forwarded message\s*-{2,}",  # Gmail in English
    r"-{2,}\s*пересылаемое сообщение\s*-{2,}",  # Gmail in Russian, Yandex, Mail.ru
    r"-{2,}\s*пересланное сообщение\s*-{2,}",
    r"-{2,}\s*перенаправленное сообщение\s*-{2,}",  # Thunderbird
    r"-{2,}\s*переадресованное сообщение\s*-{2,}",
    r"-{2,}\s*(?:қайта|қайтадан) (?:жіберілген|бағытталған) (?:хабар|хат)(?:лама)?\s*-{2,}",
    r"-{2,}\s*жіберілген хабар(?:лама)?\s*-{2,}",
    r"(?:начало переадресованного|переадресованное|пересылаемое|пересланное) сообщени[ея]\s*:",  # Apple Mail
    r"begin forwarded message\s*:",
    r"(?:қайта )?(?:жіберілген|бағытталған) хабар(?:лама)?(?:ның)? бас(?:ы|талуы)\s*:",
    r"это пересылаемое сообщение",  # The Bat!
    r"this is a forwarded message",
    r"={1,}8<={2,}.{0,60}\boriginal message text\b.{0,60}={2,}",
]
_FORWARD_ENDS = [
    r"-{2,}\s*(?:конец|завершение) (?:пересылаем|пересланн|переадресованн|перенаправленн)ого сообщения\s*-{2,}",
    r"-{2,}\s*end of forwarded message\s*-{2,}",
    r"={1,}8<={2,}.{0,60}\bend of original message text\b.{0,60}={2,}",
]
_ORIGINALS = [
    r"-{2,}\s*(?:исходное|оригинальное|первоначальное) сообщение\s*-{2,}",  # Outlook
    r"-{2,}\s*original message\s*-{2,}",
    r"-{2,}\s*original appointment\s*-{2,}",
    r"-{2,}\s*бастапқы (?:хабар|хат)(?:лама)?\s*-{2,}",
]
_BEGINS = re.compile(rf"({_any(_FORWARD_ENDS)})|({_any(_FORWARDS)})|({_any(_ORIGINALS)})", _FLAGS)
_LONGEST_MARK = 160
LABEL_WITHIN = 40  # characters that stand before the colon of a quoted header's line at most


class Boundary(Enum):
    """A line that a program writes where another letter begins or ends."""

    FORWARD_END = 1
    FORWARD = 2
    ORIGINAL = 3


def boundary_of(line: str) -> Boundary | None:
    """What the line, whole, is the mark of."""
    match = _BEGINS.fullmatch(line) if len(line) <= _LONGEST_MARK else None
    return None if match is None or match.lastindex is None else Boundary(match.lastindex)


RULE = re.compile(r"[_=*\-–—]{5,}")
_LABELS = {
    "from": ["from", "от", "от кого", "отправитель", "кімнен", "жіберуші"],
    "sent": ["sent", "date", "отправлено", "дата", "послано", "жіберілді", "жіберілген күні", "күні"],
    "to": ["to", "кому", "получатель", "кімге"],
    "cc": ["cc", "bcc", "копия", "скрытая копия", "көшірме", "көшірмесі"],
    "subject": ["subject", "тема", "тақырып", "тақырыбы"],
    "other": [
        "reply-to",
        "ответить",
        "importance",
        "важность",
        "attachments",
        "вложения",
        "приложения",
        "organization",
    ],
}
_LABEL_KIND = {label: kind for kind, labels in _LABELS.items() for label in labels}
LABELS = tuple(_LABEL_KIND)
_LABEL = re.compile(rf"[*_]{{0,2}}({_any(sorted(_LABEL_KIND, key=len, reverse=True))})\s?:[*_]{{0,2}}\s*(.*)", _FLAGS)


def label_of(line: str) -> tuple[str, str] | None:
    """The kind (`from sent to cc subject other`) and the value of a line of a quoted header; None for another line."""
    match = _LABEL.fullmatch(line) if ":" in line[:LABEL_WITHIN] and len(line) < 1000 else None
    return None if match is None else (_LABEL_KIND[match[1].lower()], match[2])


# ------------------------------------------------------------ lines that introduce a quote

_TIME = re.compile(r"\b\d{1,2}[:.]\d{2}\b")
_DAY = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b")
_ADDRESS = re.compile(r"[^\s<>\"'@]{1,64}@[^\s<>\"'@]{2,255}")
_VERBS = [
    r"пишет", r"(?:на)?писал(?:\(а\)|а)?", r"сообщил(?:\(а\)|а)?", r"ответил(?:\(а\)|а)?",
    r"wrote", r"writes", r"жазды", r"жазған", r"деп жазды",
]  # fmt: skip
_SAYS = re.compile(rf"(?:^|\s){_any(_VERBS)}\s*:$", _FLAGS)
_SAID_AT = re.compile(rf"(?:^|\s){_any(_VERBS)}\s+\d[\d\s.,:/+-]{{5,40}}:$", _FLAGS)  # Roundcube
_YOU_WROTE = re.compile(r"(?:вы писали|you wrote|сіз жаздыңыз)\b.{0,80}:$", _FLAGS)  # The Bat!
OPENS = re.compile(r"(?:on\b|в\b|\d|[\"«]?[^\W\d_]{2,12}\.?,?\s+\d|вы писали|you wrote|сіз|>)", _FLAGS)
LONGEST_ATTRIBUTION = 300


def introduces(line: str) -> bool:
    """Whether the line introduces the quote that stands below it."""
    if not line.endswith(":") or len(line) > LONGEST_ATTRIBUTION:
        return False
    day, time, address = _DAY.search(line), _TIME.search(line), _ADDRESS.search(line)
    if _SAYS.search(line) or _SAID_AT.search(line) or _YOU_WROTE.match(line):
        return bool(day or time or address)
    return bool(day and time and address)


def introduces_for_sure(line: str) -> bool:
    """Whether it does so even where what stands below does not look like a quote: it names a moment and an address in
    the order in which mail programs put them."""
    if not introduces(line) or OPENS.match(line) is None:
        return False
    moment, address = _TIME.search(line), _ADDRESS.search(line)
    return (
        moment is not None
        and address is not None
        and _DAY.search(line) is not None
        and moment.start() < address.start()
    )


# ------------------------------------------------------------ signatures

_CLOSINGS = [
    r"с (?:огромным |глубоким |большим |неизменным )?уважением(?: к вам)?", r"с ув\.", r"с наилучшими(?: пожеланиями)?",
    r"с добрыми пожеланиями", r"с почтением", r"искренне ваш[аи]?",
    r"всего (?:самого )?(?:доброго|наилучшего|хорошего)",
    r"(?:зор |шынайы )?құрметпен", r"курметпен", r"ізгі (?:ниетпен|тілекпен)", r"сәлеммен",
    r"(?:with )?(?:best|kind|kindest|warm|warmest) (?:personal )?(?:regards|wishes)", r"regards", r"best regards",
    r"(?:yours )?sincerely(?: yours)?", r"yours (?:faithfully|truly)", r"respectfully(?: yours)?",
    r"s uva[zj]h?eni?em", r"s uvagh?eniem",
]  # fmt: skip
CLOSING = re.compile(
    rf"[*_\s–—-]{{0,3}}{_any(_CLOSINGS)}(?:\s*[,.!;:…–—-]+|\s*$|(?=\s+[A-ZА-ЯЁӘІҢҒҮҰҚӨҺ«\"])|(?=\s*\n))", _FLAGS
)
_CAPITAL = re.compile(r"\s+[A-ZА-ЯЁӘІҢҒҮҰҚӨҺ«\"]")
_CONTACT = re.compile(
    r"(?:тел|моб|сот|факс|tel|mob|phone|fax|cell|e-?mail|(?:эл\.? ?)?почта|сайт|web|skype|telegram|whats ?app|ұялы)\b"
    r"|[+(]?\d[\d\s()+.-]{8,}|(?:https?://|www\.)\S|\S+@\S+\.\S+$|(?:тоо|ооо|ао|ип|жшс|оао|зао|llp|llc|ltd|жк)\s*[«\"“]",
    _FLAGS,
)
_MATTER = re.compile(
    r"\?|\b(?:прошу|просим|просьба|пожалуйста|необходимо|нужн\w+|надо|требу\w+|жд[уёе]м?|когда|почему|сколько|хочу|хотим"
    r"|договор\w*|лицев\w+|л/с|заявк\w+|обращени\w+|не работа\w+|напишите|сообщите|вышлите|пришлите|перезвоните"
    r"|please|need|waiting|could you|can you|ticket|contract"
    r"|сұраймын|өтінемін|сураймын|отинемин|керек|қашан|шарт\w*)\b",
    _FLAGS,
)
_POSTSCRIPT = re.compile(r"p\.? ?p?\.? ?s\b|п\.? ?с\.|з\.?ы\.", _FLAGS)
_CONJUNCTION = re.compile(r"\s*(?:но|и|а|что|же|ли|не|я|мы|вы|отношусь|относимся)\b", _FLAGS)
LOOSE_DELIMITER = re.compile(r"--|—|––")


def closes(line: str) -> bool:
    """Whether the line is a closing formula, alone or with a name after it."""
    match = CLOSING.match(line)
    if match is None:
        return False
    rest = line[match.end() :]
    if not rest.strip():
        return True
    if match[0][-1].isalpha() and _CAPITAL.match(rest) is None:
        return False
    words = rest.split()
    lower = not words[0][0].isupper() and words[0][0].isalpha()
    return len(words) <= (5 if lower else 12) and _MATTER.search(rest) is None and _CONJUNCTION.match(rest) is None


def is_matter(line: str) -> bool:
    """Whether the line asks for something or names a case: no part of a signature, wherever it stands."""
    return _MATTER.search(line) is not None or _POSTSCRIPT.match(line) is not None


def is_contact(line: str) -> bool:
    """Whether the line is a telephone number, an address, a site or a firm."""
    return _CONTACT.match(line) is not None and len(line.split()) <= 12 and not is_matter(line)


def is_signature_line(line: str) -> bool:
    """Whether the line may stand below a closing formula: a name, a position, a firm, an address."""
    if is_matter(line) or len(line) > 120:
        return False
    words = line.split()
    if is_contact(line):
        return True
    is_sentence = len(words) > 4 and line[-1] in ".!" and not line.rstrip(".!")[-1:].isdigit()
    return len(words) <= 9 and not is_sentence


# ------------------------------------------------------------ footers

_DEVICE = _any([
    "iphone", "ipad", "ipod", "apple watch", "android", "samsung", "galaxy", "huawei", "honor", "xiaomi", "redmi",
    "nokia", "blackberry", "windows phone", "смартфона", "телефона", "планшета",
    r"мобильного(?: устройства| телефона)?",
])  # fmt: skip
_MAILER = _any([
    "мобильной почты", r"почты mail(?:\.ru)?", r"mail(?:\.ru)?", "outlook", r"яндекс\.? ?почты",
    r"yandex\.? ?mail", "gmail", "почты", "mymail", "yahoo mail", "samsung email", "tutanota", r"proton ?mail",
    "spark", "aqua mail", "bluemail",
])  # fmt: skip
_MODEL = [
    "для", "на", "из", "через", "for", "on", "using", "via", "my", "ios", "android", "windows", "mobile", "mac",
    r"мобильн\w+", r"устройств\w*", r"приложени\w*", "app", "smartphone", "phone", "tablet", "device", "смартфона",
    "телефона", "планшета", "почты", r"mail(?:\.ru)?", "yahoo", "outlook", "samsung", "galaxy", "note", "pro", "max",
    "mini", "plus", "ultra", "lite", r"[a-z]{0,2}\d+[a-z]{0,2}", r"<[^<>]{0,200}>", r"https?://\S{1,200}",
]  # fmt: skip
_MODELS = rf"(?:[\s,«»\"]*{_any(_MODEL)}(?![\w]))*[.!»\"]*"
_SENT_RU = (
    r"(?:отправлено|послано|написано) (?:с|из|от|через|при помощи)(?: мо(?:его|ей)| мобильно(?:го|й))?"
    r"(?: приложения| устройства)?"
)
_KAZAKH_CASE = r"(?:-?[ндт][ае]н)?(?: құрылғы\w*| телефон\w*| смартфон\w*)?"
_MOBILE = [
    rf"{_SENT_RU} [«\"]?(?:{_DEVICE}|{_MAILER}){_MODELS}",
    rf"(?:получить|скачать) outlook{_MODELS}",
    rf"sent (?:from|via|with|using)(?: my| the)?(?: mobile)? (?:{_DEVICE}|{_MAILER}){_MODELS}",
    r"sent from my (?:phone|mobile|tablet|mobile device|cell phone|smartphone)[.!]?",
    rf"get outlook{_MODELS}",
    rf"(?:менің )?{_DEVICE}{_KAZAKH_CASE} (?:арқылы )?(?:жіберілді|жіберілген)\.?",
    rf"{_MAILER}(?: қосымшасы\w*)? (?:арқылы )?(?:жіберілді|жіберілген)\.?",
    r"(?:без вирусов|вирусов нет|virus-free)\.\s?(?:www\.)?\S{0,60}",
    r"(?:это|данное) (?:сообщение|письмо) проверено (?:на вирусы|антивирусом)(?: [^\W\d_]+){0,5}\.?",
]
_MOBILE_FOOTER = re.compile(_any(_MOBILE), _FLAGS)
_MOBILE_WORDS = ("отправл", "послано", "написано", "получить", "скачать", "sent", "get", "жібер", "вирус", "virus")
_LONGEST_MOBILE = 300


def is_mobile_footer(line: str) -> bool:
    """Whether the line, whole, is what a program on a telephone, or an antivirus, adds."""
    if len(line) > _LONGEST_MOBILE:
        return False
    lower = line.lower()
    return any(word in lower for word in _MOBILE_WORDS) and _MOBILE_FOOTER.fullmatch(line) is not None


LIST_FOOTER = re.compile(
    r"mailing list|/listinfo/|list-unsubscribe|unsubscribe|отписаться|отказаться от (?:рассылки|подписки)"
    r"|рассылк[аи] \S+|вы получили это (?:письмо|сообщение),? потому|you received this (?:message|e-?mail) because"
    r"|жазылымнан бас тарту|to post to this group|google groups",
    _FLAGS,
)
LIST_RULE = re.compile(r"_{10,}|-{20,}|={20,}")

_DISCLAIMERS = [
    r"(?:настоящ|данн|эт)\w+ (?:электронн\w+ )?(?:сообщени|письм|почтов|послани)\w*",
    r"(?:информация|сведения),? (?:содержащ|изложенн)\w+ в (?:настоящ|данн|эт)\w+",
    r"содержание (?:данного|настоящего|этого) (?:электронного )?(?:сообщения|письма)",
    r"th(?:is|e information (?:contained )?in this) (?:e-?mail|message|communication|transmission)",
    r"the (?:contents|information)\b.{0,40}\bthis (?:e-?mail|message|communication)",
    r"(?:осы|бұл) (?:электронды[қ]? )?(?:хат|хабар)\w*",
]
_LEADS = [
    "внимание", "важно", r"конфиденциально\w*", "уведомление о конфиденциальности", "disclaimer",
    r"confidentiality(?: notice)?", "confidential", "notice", "ескерту",
]  # fmt: skip
_LEAD = rf"[*_\s]{{0,4}}(?:{_any(_LEADS)}\s*[!:.–—-]*\s*)?"
_MORE = [
    r"если вы (?:не являетесь|получили|по ошибке)", r"if you (?:are not|have received|received)",
    r"any (?:unauthori[sz]ed|use|dissemination)",
    r"любое (?:использование|копирование|распространение|несанкционированн)", r"несанкционированн\w+",
    r"пожалуйста, (?:подумайте|берегите)", r"please (?:consider|think)", r"(?:подумайте|берегите) (?:об|о|природу)",
    r"отправитель не несет", r"no liability", r"егер (?:сіз|осы)", r"(?:мнение|взгляды) автора",
]  # fmt: skip
DISCLAIMER = re.compile(_LEAD + _any(_DISCLAIMERS), _FLAGS)
DISCLAIMER_LEAD = re.compile(
    r"[*_\s]{0,4}(?:disclaimer|confidentiality notice|уведомление о конфиденциальности)\W*", _FLAGS
)
DISCLAIMER_MORE = re.compile(_LEAD + _any(_MORE), _FLAGS)
CONFIDENTIAL = re.compile(
    r"конфиденциальн|предназначен\w* (?:исключительно|только)|не являетесь (?:адресатом|получателем)|тайн[аыу]"
    r"|confidential|privileged|intended (?:only|solely)|intended recipient|құпия",
    _FLAGS,
)

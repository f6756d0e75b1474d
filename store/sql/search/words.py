"""Splits text into words, the same way for an index, for a query and for the line that is shown.

A word is a run of letters and digits, without case and accents and with the usual spelling of letters that have several
(`fold`), with two exceptions. Names with signs (C++, C#, .NET) are spelled out, otherwise a search for C would find all
of them. In scripts without blanks between words each character is a word, and what is typed is searched as pairs of
adjacent characters; the vowel signs of Thai, Lao, Burmese and Khmer are dropped.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping

from bot.domain.visible import JOINERS, without_joiners

MAX_TOKEN = 200
"""Characters of a token that count. More do not help to find anything."""

_TOKEN = re.compile(r"[^\W_]+")
_NO_WORD = re.compile(r"[\W_]+")
_ACCENTS = "\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0640\u064b-\u065f\u0670"
"""Accents, the vowel signs of Hebrew and Arabic, and the stroke that makes an Arabic word longer."""
_MARKS = re.compile(f"[{_ACCENTS}]+")


def _presentation_forms() -> dict[int, str]:
    """Full-width and half-width characters, Latin ligatures and Arabic presentation forms, as usually written."""
    codes = (*range(0xFB00, 0xFB07), *range(0xFB50, 0xFE00), *range(0xFE70, 0xFF00), *range(0xFF01, 0xFFEF))
    return {code: unicodedata.normalize("NFKC", chr(code)) for code in codes}


LETTERS = {
    **_presentation_forms(),
    **{ord(letter): usual for letter, usual in zip("ıøØłŁđĐħĦŧŦſ", "ioollddhhtts", strict=True)},
    **{ord(letter): usual for letter, usual in zip("ςµϐϑϕϖϰϱϵ", "σμβθφπκρε", strict=True)},
    **{
        ord(letter): usual
        for letter, usual in (("ß", "ss"), ("ẞ", "ss"), ("æ", "ae"), ("Æ", "ae"), ("œ", "oe"), ("Œ", "oe"))
    },
    **dict(zip(map(ord, "ىیيکكةهھہٱا"), "يييككههههاا", strict=True)),
    **{first + digit: str(digit) for first in (0x0660, 0x06F0) for digit in range(10)},
}
"""Letters and digits that people spell in several ways, each with the way that is searched."""
_UNUSUAL = re.compile(f"[{''.join(map(chr, LETTERS))}{JOINERS}]+")
_WORDS_OF_ASCII = bytes(
    ord(chr(code).lower()) if code < 128 and chr(code).isalnum() else ord(" ") for code in range(256)
)
"""What each ASCII character is when text is split at blanks: the same as `_TOKEN`, in half the time."""

_SIGNED = (
    r"(?<![^\W_])[a-z]\+\+(?![a-z])"
    r"|(?<![^\W_])[a-z]#(?![a-z])"
    r"|(?:(?<![^\W_])|(?<=asp)|(?<=ado))\.net(?![a-z])"
)
_SIGNS = re.compile(
    r"\+\+(?<=(?<![^\W_])[a-z]\+\+)(?![a-z])"
    r"|#(?<=(?<![^\W_])[a-z]#)(?![a-z])"
    r"|\.(?:(?<![^\W_]\.)|(?<=asp\.)|(?<=ado\.))net(?![a-z])",
    re.IGNORECASE,
)
"""The signs of `_SIGNED`, matched from the sign on: in a long text the other way took ten times as long."""
_SPELLED = {"++": "pp ", "#": "sharp ", ".net": " dotnet "}
_KOREAN = "\u1100-\u11ff\uac00-\ud7a3"
_KANA = "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9d"
_CHINESE = (
    "\u3005-\u3007\u3021-\u3029\u3105-\u312f\u31a0-\u31bf\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_SOUTHEAST_ASIAN = (
    "\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46\u0e81-\u0eb0\u0eb2\u0eb3\u0ebd-\u0ec6\u0edc-\u0edf"
    "\u1000-\u102a\u103f\u1050-\u1055\u105a-\u105d\u1061\u1065\u1066\u106e-\u1070\u1075-\u1081\u108e"
    "\u1780-\u17b3\u17d7\u17dc"
)
_VOWEL_SIGNS = (
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece"
    "\u102b-\u103e\u1056-\u1059\u105e-\u1060\u1062-\u1064\u1067-\u106d\u1071-\u1074\u1082-\u108d\u108f\u109a-\u109d"
    "\u17b4-\u17d3\u17dd"
)
_SCRIPTS = _KOREAN + _KANA + _CHINESE + _SOUTHEAST_ASIAN
"""Korean has blanks between words, but its endings are attached to them."""
_CHARACTER = re.compile(f"[{_SCRIPTS}]")
_CHARACTERS = re.compile(f"[{_SCRIPTS}]+")
_RUN = re.compile(
    rf"(?P<word>{_SIGNED}|[{_SCRIPTS}][{_VOWEL_SIGNS}]*|(?:[^\W_{_SCRIPTS}][{_ACCENTS}{JOINERS}]*)+)|(?:(?!{_SIGNED})[\W_])+",
    re.IGNORECASE,
)


def fold(text: str) -> str:
    """The text without case and accents and with the usual letters, as both engines compare it."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFD", _with_usual_letters(text).lower())
    return unicodedata.normalize("NFC", _with_usual_letters(_MARKS.sub("", text)))


def _with_usual_letters(text: str) -> str:
    """The text without joiners and with the usual letters. `translate` takes ten times as long for a text with few."""
    return _UNUSUAL.sub(lambda run: without_joiners(run[0]).translate(LETTERS), text)


def spelled_out(text: str) -> str:
    """The text with names of signs spelled out, and blanks around each character that is a word.

    Afterwards all words are runs of letters and digits. Most texts are unchanged.
    """
    if text.isascii():
        return _signs_spelled_out(text)
    text = _signs_spelled_out(_with_usual_letters(text))
    if _CHARACTER.search(text):
        text = _CHARACTERS.sub(lambda run: f" {'  '.join(run[0])} ", unicodedata.normalize("NFC", text))
    return text


def indexed(text: str) -> str:
    """The text as SQLite indexes it, so that FTS5 finds the same words as `tokens`.

    FTS5 knows the characters of Unicode 6.1, and takes newer ones, such as most emoji, for letters.
    """
    return _signs_spelled_out(text) if text.isascii() else _NO_WORD.sub(" ", fold(spelled_out(text)))


def _signs_spelled_out(text: str) -> str:
    if "++" in text or "#" in text or ("." in text and ".net" in text.lower()):
        return _SIGNS.sub(lambda match: _SPELLED[match[0].lower()], text)
    return text


def tokens(text: str) -> list[str]:
    """The folded words of a text."""
    return [token[:MAX_TOKEN] for token in _TOKEN.findall(fold(spelled_out(text)))]


def written(text: str) -> list[str]:
    """The words of a text in lower case, with their accents."""
    text = _signs_spelled_out(text).lower()
    if not text.isascii():
        text = _MARKS.sub("", unicodedata.normalize("NFC", without_joiners(text)))
    return [word[:MAX_TOKEN] for word in _TOKEN.findall(text)]


def distinct(text: str) -> set[str]:
    """The folded words of a text, each once, of any length.

    Called for each new entry and each result. In a long text each run between blanks, and each character, is processed
    once.
    """
    if text.isascii():
        return set(_signs_spelled_out(text).encode().translate(_WORDS_OF_ASCII).decode().split())
    pieces = set(text.split())
    other = [piece for piece in pieces if not piece.isascii()]
    rest = unicodedata.normalize("NFC", _signs_spelled_out(_with_usual_letters(" ".join(other))))
    alone = " ".join(filter(unspaced, set(rest)))
    words = set(_TOKEN.findall(fold(f"{_CHARACTERS.sub(' ', rest)} {alone}")))
    return words | distinct(" ".join(pieces.difference(other)))


def runs(text: str) -> Iterator[tuple[str, bool]]:
    """The text as written, in pieces: (piece, whether it is a word)."""
    for match in _RUN.finditer(text):
        yield match[0], match["word"] is not None


def replaced(text: str, words: Mapping[str, str]) -> str:
    """The folded text with some of its words replaced."""
    return "".join(words.get(run, run) if word else run for run, word in runs(fold(text)))


def of_signs(text: str) -> bool:
    """Whether the text contains a name with signs."""
    return _SIGNS.search(text) is not None


def unspaced(token: str) -> bool:
    """Whether the token is a single character that is a word."""
    return _CHARACTER.match(token) is not None

"""Which characters people can see: the one table of the invisible characters that are removed from text on its way in
and out.
"""

import codecs
import re
import unicodedata

_VIRAMA = (
    "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d3b\u0d3c\u0d4d\u0dca\u0e3a\u0eba\u0f84\u1039\u103a\u1714\u1715"
    "\u1734\u17d2\u1a60\u1b44\u1baa\u1bab\u1bf2\u1bf3\u2d7f\ua806\ua82c\ua8c4\ua953\ua9c0\uaaf6\uabed\U00011046\U0001107f"
    "\U000110b9\U00011133\U00011134\U000111c0\U00011235\U000112ea\U0001134d\U00011442\U000114c2\U000115bf\U0001163f"
)
"""Joins the consonants of Indic scripts. A joiner after it selects their form (RFC 5892, A.1 and A.2)."""
_JOINING = (
    "\u0620-\u065f\u066e-\u06d3\u06d5-\u06dc\u06df-\u06e8\u06ea-\u06ef\u06fa-\u06fc\u06ff-\u074a\u074d-\u077f"
    "\u07ca-\u07f5\u0840-\u085b\u08a0-\u08e1\u08e3-\u08ff\u1820-\u18aa\ua840-\ua873\ufb50-\ufdff\ufe70-\ufefc"
    "\U0001e900-\U0001e94b"
)
"""Letters and vowels of joining scripts. U+200C between two of them keeps them apart, as in Persian."""
_EMOJI = "\u00a9\u00ae\u2190-\u2bff\u3030\u303d\u3297\u3299\ufe0f\U0001f000-\U0001fbff"
_FLAG = "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f"
_KEPT = (
    f"{_FLAG}|(?<=[{_JOINING}])\u200c(?=[{_JOINING}])|(?<=[{_VIRAMA}])[\u200c\u200d]"
    f"|(?<=[{_EMOJI}])\u200d(?=[{_EMOJI}])"
)
_INVISIBLE = re.compile(
    f"({_KEPT})|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_OBEYED = re.compile(f"{_INVISIBLE.pattern}|\r(?!\n)|[\u2028\u2029]")
"""Also what begins a line where none should: a terminal overwrites the line before a carriage return."""
JOINERS = "\u00ad\u200c\u200d\u2060\ufeff"
"""Characters inside a word that are not part of it: joiners, and where a line may or may not end."""
_WITHOUT_JOINERS = str.maketrans("", "", JOINERS)


def visible(text: str) -> str:
    """The text in NFC without control, direction and zero-width characters.

    Tabs and line ends stay, and so do the joiners that scripts and emoji need.
    """
    if text.isascii() and text.isprintable():
        return text
    return _INVISIBLE.sub(r"\1", unicodedata.normalize("NFC", text))


def holds_invisible(text: str) -> bool:
    """Whether `visible` would remove a character of the text."""
    return any(found[1] is None for found in _INVISIBLE.finditer(text))


def escaped(text: str) -> str:
    """The text with each character that `visible` would remove written as an escape, and so are lone carriage returns
    and Unicode's separators of lines. Line ends and tabs stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return _OBEYED.sub(lambda found: found[1] or found[0].encode("unicode_escape").decode("ascii"), text)


def without_joiners(text: str) -> str:
    """The text as it is searched: a word is the same with and without joiners."""
    return text.translate(_WITHOUT_JOINERS)


_IN_ASCII = {
    **dict.fromkeys("“”„«»", '"'),
    **dict.fromkeys("‘’", "'"),
    **dict.fromkeys("–·─━", "-"),
    **dict.fromkeys("│┃", "|"),
    **dict.fromkeys("┼┘┐└┌├┤┬┴", "+"),
    "—": "--",
    "…": "...",
    "›": ">",
    "→": "->",
    "▶": ">",
    "○": "o",
    "◔": "~",
    "●": "*",
    "•": "*",
    "×": "x",
    "✓": "+",
    "✅": "[read]",
    "🔖": "[later]",
    "💡": "[found]",
    "🎤": "[host]",
}
PLAIN_SIGNS = "dogear-plain-signs"
"""The error handler for an output whose encoding lacks a character: our signs in ASCII, anything else as an escape."""


def _in_ascii(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    written = (_IN_ASCII.get(sign) or ascii(sign)[1:-1] for sign in error.object[error.start : error.end])
    return "".join(written), error.end


codecs.register_error(PLAIN_SIGNS, _in_ascii)

"""The languages that a list can be in: those whose word forms search knows."""

import re
from collections.abc import Mapping

ENGLISH = "en"
"""Search knows the forms of English words in every list."""
LANGUAGES: Mapping[str, str] = {
    "ar": "Arabic",
    "hy": "Armenian",
    "eu": "Basque",
    "ca": "Catalan",
    "cs": "Czech",
    "da": "Danish",
    "nl": "Dutch",
    "en": "English",
    "eo": "Esperanto",
    "et": "Estonian",
    "fi": "Finnish",
    "fr": "French",
    "de": "German",
    "el": "Greek",
    "hu": "Hungarian",
    "id": "Indonesian",
    "ga": "Irish",
    "it": "Italian",
    "lt": "Lithuanian",
    "no": "Norwegian",
    "fa": "Persian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sr": "Serbian",
    "es": "Spanish",
    "sv": "Swedish",
    "tr": "Turkish",
    "yi": "Yiddish",
}
"""English names by ISO 639-1 code. Scripts whose vowel signs end a word here, such as Devanagari, are left out."""

_VARIANTS = {"nb": "no", "nn": "no"}
_NAMED = {name.lower(): code for code, name in LANGUAGES.items()}
_TAG = re.compile(r"([a-z]{2})(?:[-_.@].*)?")
"""A language tag such as `pt-BR` or `de_DE.UTF-8`."""


def language_of(written: str) -> str | None:
    """The code of a language that is written as a code, a tag with a region or an English name; None if unknown."""
    asked = written.strip().lower()
    tag = _TAG.fullmatch(asked)
    code = _NAMED.get(asked) or (_VARIANTS.get(tag[1], tag[1]) if tag else "")
    return code if code in LANGUAGES else None

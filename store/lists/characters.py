"""Which characters of a list reach its readers, and which bytes of a file are a list at all."""

import re
import unicodedata

from store.lists.report import Report

_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b") | {127})
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_UNREADABLE = re.compile("[\0\udc80-\udcff]")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BINARY_FROM = 0.1
"""The share of bytes that are no text from which on a file is taken for something else than a list."""


def seen(text: str) -> str:
    """The text in NFC without control, direction and zero-width characters; tabs and line ends stay."""
    if text.isascii() and text.isprintable():
        return text
    return _UNSEEN.sub("", unicodedata.normalize("NFC", text))


def holds_unseen(text: str) -> bool:
    return _UNSEEN.search(text) is not None


def excerpt(text: str, most: int = 60) -> str:
    """The text in one short line that is safe to print."""
    line = " ".join(seen(text).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def cleaned(data: bytes, report: Report) -> str | None:
    r"""The file with `\n` for every line end, line for line; None, with an error, if it is no text.

    What cannot be read becomes U+FFFD, so that an entry keeps its place and its number until the file is mended.
    """
    if data.startswith(_UTF_16_MARKS):
        report.error("this is UTF-16; save the file as UTF-8")
        return None
    data = data.removeprefix(_BYTE_ORDER_MARK)
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    strange = len(data) - len(data.translate(None, _CONTROLS))
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
        strange += text.count("\ufffd")
    if strange > len(data) * _BINARY_FROM:
        report.error("this is no text in UTF-8; save the file as Markdown in UTF-8, or remove it")
        return None
    if strange:
        _report_unreadable(data, report)
    return text.replace("\0", "\ufffd")


def _report_unreadable(data: bytes, report: Report) -> None:
    lines = (line.decode("utf-8", "surrogateescape") for line in data.split(b"\n"))
    found = [(number, at) for number, line in enumerate(lines, 1) if (at := _UNREADABLE.search(line))]
    if found:
        number, at = found[0]
        what, remedy = "a NUL character", "delete it"
        if at[0] != "\0":
            what, remedy = f"the byte 0x{ord(at[0]) - 0xDC00:02X}, which is not UTF-8,", "save the file as UTF-8"
        others = f" ({len(found) - 1} more such)" if len(found) > 1 else ""
        report.error(f"{what} is shown as \ufffd{others}; {remedy}", number, at.start() + 1)

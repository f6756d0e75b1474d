"""The question that a digest's thread begins with: quoted from the notes, or one of a bank. Pure.

A question from the notes quotes them word for word: a bold lead, or a sentence with “instead of”, “because” or advice. Where no
sentence can be quoted whole, the bank has a question for the kind of article.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import takewhile

from bot.domain.entry import Entry
from bot.domain.notes import NoteBlock, NoteKind
from bot.domain.text import Text, string

MAX_QUESTION = 300
"""Characters of a question that a person writes."""
NOT_AGAIN = 8
"""A question of the bank is none of the channel's last eight."""
MIN_QUOTED, MAX_QUOTED = 25, 220
MIN_WORDS = 4
MIN_LEAD, MAX_LEAD = 3, 14
"""Words of a bold lead."""

GENERAL = (
    "What would you take from this into our own work?",
    "Which sentence would you show to a new colleague?",
    "Where would you disagree with the author?",
    "What did you know before, and what was new?",
    "Which of our own projects does this remind you of?",
    "What would have to be true for this to work here?",
    "Which part would you try first, and how small could the first step be?",
    "What does this leave out?",
    "Who else on the team should read this, and why?",
    "What would you ask the author?",
    "Which advice in here will age worst?",
    "What would you tell somebody who has two minutes for it?",
)
BANK: Mapping[str, Sequence[str]] = {
    "paper": (
        "Which of the paper's assumptions hold for us, and which do not?",
        "What has changed since the paper was written?",
        "Which result in it surprised you?",
        "How would you explain its main idea without a formula?",
    ),
    "incident": (
        "Could this have happened to us?",
        "Which warning sign would we have missed?",
        "What would our own first ten minutes have looked like?",
        "Which of their changes afterwards would you make before the next incident?",
    ),
    "talk": (
        "Which minute of it is worth watching twice?",
        "What would you add if you gave this talk to our team?",
        "Which of its examples could be one of ours?",
    ),
    "book": (
        "Which chapter would you read first, and why?",
        "Which idea from it do you use already?",
        "Would you give it to somebody in their first year, or in their tenth?",
    ),
    "tool": (
        "Which of our problems would this tool solve, and which would it add?",
        "What do we use for this today, and what would a switch cost?",
        "How would you try it out in one afternoon?",
        "When would you advise against it?",
    ),
    "guide": (
        "Which step of it do we skip today?",
        "Which of its rules would you break, and when?",
        "What would you add to it from your own experience?",
        "Which step would you automate?",
    ),
    "people": (
        "Which habit in it would you like our team to have?",
        "When did you last see this go well, and what helped?",
        "What of this can one person begin without asking anybody?",
        "What would be different here in a month if we took it seriously?",
    ),
}
_SIGNS: Mapping[str, Collection[str]] = {
    "paper": {"paper", "papers", "research", "study", "arxiv", "acm", "usenix", "survey", "pdf"},
    "incident": {"incident", "incidents", "outage", "outages", "postmortem", "postmortems", "breach", "downtime", "failure"},
    "talk": {"talk", "talks", "video", "videos", "youtube", "podcast", "podcasts", "keynote", "conference", "ted"},
    "book": {"book", "books", "ebook", "ebooks", "chapter", "livre", "livres"},
    "tool": {"tool", "tools", "library", "libraries", "framework", "github", "software", "database", "app", "extension"},
    "guide": {"guide", "guides", "tutorial", "tutorials", "howto", "practices", "checklist", "introduction", "course", "handbook"},
    "people": {
        "career", "culture", "hiring", "interview", "interviews", "leadership", "management", "manager", "mentoring",
        "team", "teams", "feedback", "meetings", "communication", "remote", "onboarding",
    },
}  # fmt: skip

_SENTENCE_END = re.compile(r"(?<=[.!?])[”\"')]*\s+(?=[A-Z“\"(0-9])")
_BEGINS = re.compile(r"[A-Z“\"0-9]")
_UNCLEAR = re.compile(
    r"(?:It|Its|And|But|Or|So|Also|Others?|Because|Which|Who|Then|There|Here|Such|Another|Both|However|Therefore|Thus|"
    r"Hence|Finally|Instead|Otherwise|See|Read|Note|Quoting|How|Why|What|Must|Should|(?:Discuss|Explain|Describ|Show|Cover|Introduc|"
    r"Present|Demonstrat|Explor|Compar|Provid|Teach|Help|Learn|Answer|Contain|List)(?:s|es|ing|ed)?)\b"
    r"|(?:[\w’']+ ){0,3}(?:this|that|these|those|they|them|their|he|she|his|her)\b"
    r"|.*\binstead\b(?! of\b)",
    re.IGNORECASE,
)
"""A sentence that needs the one before it, is not a whole one, or is about the article itself: how it begins, or an
“instead” that does not say of what.
"""
_FRAGMENT = re.compile(r"\b(?:e\.g|i\.e|etc|vs|cf|al|approx|no|fig|vol|ch)\.$|[:;,–—-]$|\.\.\.$|…$", re.IGNORECASE)
_CODE_LIKE = re.compile(r"https?://|www\.|[{}<>|\\^~=_]|\[[^\]]*\]|\*\*|``|\d\.\s")
_INSTEAD = re.compile(r"\binstead of\b", re.IGNORECASE)
_BECAUSE = re.compile(r"\bbecause\b", re.IGNORECASE)
_ADVICE = re.compile(
    r"^(?:Never|Always|Avoid|Don[’']t|Do not) |^(?:You|We) (?:\w+ )?(?:should|must|never|always|don[’']t|can[’']t) |"
    r"^(?:[A-Z][\w-]*)(?: (?!that\b|which\b|who\b|where\b)[\w-]+){0,6} (?:should|must) (?:not |never |always )?[a-z]+ ",
    re.IGNORECASE,
)


def quoted(tree: Sequence[NoteBlock]) -> str | None:
    """A question that quotes the notes; None if nothing in them can be quoted whole."""
    for line in _lines(tree):
        lead = _lead(line)
        if lead:
            return f"“{lead}” Where does this hold for us, and where does it not?"
    sentences = [sentence for line in _lines(tree) for sentence in _sentences(string(line))]
    for pattern, asked in (
        (_INSTEAD, "When would you do it the other way round?"),
        (_BECAUSE, "Do you agree with the reason?"),
        (_ADVICE, "Where does this hold for us, and where does it not?"),
    ):
        found = next((sentence for sentence in sentences if pattern.search(sentence)), None)
        if found:
            return f"“{found}” {asked}"
    return None


def _lines(tree: Sequence[NoteBlock]) -> Iterator[Text]:
    """The text of paragraphs and items; code, quotes of others and headings are left out."""
    for block in tree:
        if block.kind in {NoteKind.PARAGRAPH, NoteKind.ITEM}:
            if block.text:
                yield block.text
            yield from _lines(block.children)


def _lead(line: Text) -> str | None:
    """The bold words that the line begins with, if they are a statement and something follows them."""
    bold = list(takewhile(lambda span: span.bold and span.url is None and not span.code, line))
    rest = string(line[len(bold) :])
    text = " ".join(string(tuple(bold)).split()).rstrip(":").strip()
    fits = MIN_LEAD <= len(text.split()) <= MAX_LEAD and len(text) <= MAX_QUOTED
    return text if fits and len(rest.split()) >= MIN_WORDS and _can_be_quoted(text) else None


def _sentences(text: str) -> Iterator[str]:
    """The whole sentences of a line that can stand alone."""
    for piece in _SENTENCE_END.split(" ".join(text.split())):
        sentence = piece.strip()
        if sentence[:1] == sentence[-1:] == '"' and '"' not in sentence[1:-1]:
            sentence = sentence[1:-1].strip()
        whole = MIN_QUOTED <= len(sentence) <= MAX_QUOTED and len(sentence.split()) >= MIN_WORDS
        if whole and _can_be_quoted(sentence):
            yield sentence


def _can_be_quoted(text: str) -> bool:
    pairs = [("(", ")"), ("[", "]"), ("“", "”"), ("«", "»")]
    balanced = all(text.count(left) == text.count(right) for left, right in pairs) and text.count('"') % 2 == 0
    return (
        balanced
        and bool(_BEGINS.match(text))
        and not _UNCLEAR.match(text)
        and not _FRAGMENT.search(text)
        and not _CODE_LIKE.search(text)
        and "?" not in text
    )


def kind_of(entry: Entry) -> str | None:
    """What kind of article it is, by its tags, section, site and title; None if they do not say."""
    for words in (entry.tags, entry.section[::-1], (entry.title,), (entry.site,)):
        known = set(re.findall(r"[a-z]+", " ".join(words).lower()))
        found = next((kind for kind, signs in _SIGNS.items() if known & set(signs)), None)
        if found:
            return found
    return None


def from_bank(entry: Entry, asked_lately: Collection[str], salt: str) -> str:
    """A question of the bank for this kind of article that was not asked lately; the same for the same `salt`."""

    def drawn(question: str) -> bytes:
        return blake2b(f"{salt}:{question}".encode(), digest_size=8).digest()

    fitting = sorted(BANK.get(kind_of(entry) or "", ()), key=drawn)
    others = sorted(GENERAL, key=drawn)
    fresh = [question for question in (*fitting, *others) if question not in asked_lately]
    return fresh[0] if fresh else others[0]

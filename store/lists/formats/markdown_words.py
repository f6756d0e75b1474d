"""What the words around a link say: whether they lead to it, what the title is, and what is only prose."""

import html
import re
from functools import lru_cache

from bot.domain.visible import visible
from store.lists.text import is_html_tag

MAX_TITLE = 300
MAX_TAG_WORDS = 4
"""Of a tag in brackets."""
_MAX_LABEL = 60
_MAX_LABEL_WORDS = 8
_MAX_SHORT_LEAD_WORDS = 3
_MIN_NAME_WORDS = 3
_MIN_WRAPPED = 40
"""Characters from which on a line of text may have been wrapped."""

_MONTHS = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATE = (
    r"\d{4}(?:[-/.年]\d{1,2}月?){0,2}日?(?:[T ]\d{2}:\d{2}(?::\d{2})?)?|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}"
    rf"|{_MONTHS}(?: \d{{1,2}})?,? \d{{4}}|\d{{1,2}}(?:st|nd|rd|th)? {_MONTHS}(?:,? \d{{4}})?|{_MONTHS} \d{{1,2}}"
    r"|Q[1-4] ?\d{4}|\d{1,2}:\d{2}(?::\d{2})?"
)
_SIGNS = "\u00a9\u00ae\u2010-\u2bff\u3000-\u303f\ufe0f\u200b\u200d\u20e3\U0001f000-\U0001fbff"
_LEAD = re.compile(
    r"(?:[-+*>]\s|:[\w+-]{1,60}:|[\d#*]\ufe0f?\u20e3"
    rf"|[(（\[]?(?:{_DATE})[)）\]]?(?![\w/])"
    r"|(?:no\.? ?|nr\.? ?|第)?\d{1,4}(?:\\?[.):：、章期]|(?=\s))|(?<!\w)(?:[a-z]|[ivx]{1,5})\\?[.)](?=\s)"
    r"|[(（][^()（）\[\]\n]{1,30}[)）]|\\?\[\[?[^\[\]\n]{0,60}\\?\]?\]"
    r"|`[^`\n]{1,40}`|#[^\W\d_][\w/-]*|@[\w.-]+"
    r"|(?-i:(?<![A-Za-z])[A-Z][A-Z+/&]{1,11}(?![\w]))|(?<!\w)new\b"
    r"|!\[[^\]\n]*\]\([^)\n]*\)|<kbd>[^<\n]*</kbd>|<img\b[^<>]*>|</?[a-zA-Z][^<>]*>|\{\{[^{}]*\}\}"
    rf"|[{_SIGNS}\s\"'“”„«»‘’*_~=·•・:：,，.。、|/;!?()（）\[\]{{}}\\-])*",
    re.IGNORECASE,
)
_LEAD_TAGS = re.compile(
    r"`\[?([^`\[\]\n]+)\]?`|(?<![\w\[\\(])\[([^\[\]\n]+)\](?!\()|\(([^()\d\n]{1,30})\)|#([^\W\d_][\w/-]*)"
)
_SHORTCODE = re.compile(r"(?<![\w:]):[a-zA-Z+-][\w+-]{0,59}:(?![\w:])")
_TEMPLATE = re.compile(r"\{\{[^{}\n]*\}\}")
_COUNTER = re.compile(r"(?:no\.? ?|nr\.? ?|第)?\d{1,3}[.)章期]?|[①-⑳㉑-㉟]", re.IGNORECASE)
"""What counts the entries of a list by hand. Four digits are a year."""
_CITATION = re.compile(
    r"[^\W\d_][\w.'’-]*(?:(?:,? and |, | & | )[^\W\d_][\w.'’-]*){0,6}(?: et al\.?)?,? \(?(?:1[89]|20)\d\d[a-z]?\)?"
)
"""Authors and a year."""
_PICTURE = re.compile(r"!\[([^\]\n]*)\]\([^)\n]*\)|<img\b[^<>]*>", re.IGNORECASE)
_INLINE_LINK = re.compile(r"\[([^\[\]\n]*)\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+\"[^\"\n]*\")?\)")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->")
_MARKS = re.compile(r"\*+|`+|~~|==|(?<!\w)_+|_+(?!\w)|\[\^[^\]\s]*\]|\\(?=[^\w\s])")
_BOLD = re.compile(r"(?:\*\*|__)(?=\S)([^*_\n]{2,300}?)(?:\*\*|__)|<(?:b|strong)>([^<\n]{2,300})</(?:b|strong)>")
_CLOSING_QUOTES = {"“": "”", "„": "“”", '"': '"', "«": "»", "»": "«", "「": "」", "《": "》", "‘": "’", "'": "'"}
_BOLD_LABEL = re.compile(r"(?:\*\*|__)\[[^\[\]*_\n]{1,60}\](?:\*\*|__)|\((?:\*\*|__)[^()*_\n]{1,60}(?:\*\*|__)\)")
_QUOTED = re.compile(r"[\"“„«「《]([^\"“”„«»「」《》\n]{6,300})[\"”“»」》]")
_EMPHASIS_FIRST = re.compile(r"\s*(?<!\w)[_*](?=[^\s_*])([^_*\n]{2,200})[_*](?!\w)")
_EMPHASIS_LAST = re.compile(r"(?<!\w)([*_])(?=[^\s*_])[^*_\n]{2,200}\1(?!\w)[\s.,;:()（\[|–—-]*$")
_EDGES = " \t\n:：-–—|·•・,，;、،~=>"
_DATED = re.compile(rf"\s*[(\[]?(?:{_DATE})[)\]]?[\s:–—|-]*", re.IGNORECASE)
_OPEN_END = re.compile(r"[(（\[【\\\s]+$")
_GENERIC = frozenset(
    [
        "paper",
        "papers",
        "link",
        "links",
        "here",
        "pdf",
        "site",
        "website",
        "web",
        "webpage",
        "homepage",
        "home",
        "page",
        "url",
        "source",
        "sources",
        "article",
        "articles",
        "post",
        "blog",
        "blogpost",
        "video",
        "videos",
        "slides",
        "slide",
        "deck",
        "code",
        "github",
        "gitlab",
        "repo",
        "repository",
        "project",
        "demo",
        "docs",
        "doc",
        "documentation",
        "html",
        "arxiv",
        "doi",
        "abs",
        "abstract",
        "official",
        "download",
        "view",
        "this",
        "that",
        "read",
        "more",
        "watch",
        "listen",
        "open",
        "talk",
        "recording",
        "youtube",
        "transcript",
        "book",
        "ebook",
        "epub",
        "ps",
        "acm",
        "ieee",
        "preprint",
        "poster",
        "dataset",
        "data",
        "model",
        "weights",
        "colab",
        "notebook",
        "tweet",
        "thread",
        "hn",
        "discussion",
        "chat",
        "forum",
        "reference",
        "ref",
        "text",
        "full",
        "fulltext",
        "web-site",
        "mirror",
        "archive",
        "archived",
        "cached",
        "go",
        "info",
        "details",
        "链接",
        "论文",
        "代码",
        "官网",
        "主页",
        "文章",
        "地址",
        "网站",
        "原文",
        "项目",
        "视频",
        "下载",
        "点击",
        "这里",
        "リンク",
        "こちら",
        "링크",
    ]
)
_GENERIC_PHRASE = re.compile(
    r"(?:(?:click|see|read|look|get it|available|watch|listen)\s+(?:it\s+|this\s+)?(?:here|now|online|more|on)?"
    r"|(?:read|learn|find out|see)\s+(?:the\s+)?(?:full\s+|whole\s+)?(?:more|article|post|paper|story|interview)(?:\s+here)?"
    r"|(?:the\s+)?(?:project|official|author's|original|full|blog)\s+(?:page|site|website|homepage|paper|article|post|text|code)"
    r"|(?:part|vol|volume|video|link|page|chapter|day|week|pt)\.?\s*\d+|arxiv[: ].*|\d{4}\.\d{4,5}(?:v\d+)?"
    r"|home page|(?:source|project) ?code|continue reading|view (?:on|at|in) \w+|(?:https?://|www\.)\S+)"
)
"""In lower case."""
_PROSE = re.compile(
    r"(?:for|the|a|an|or|and|see|read|try|checkout|check|also|if|this|these|that|those|my|our|thanks|thank|special|from|via"
    r"|there|here|it|its|to|in|on|with|more|another|other|inspired|based|please|visit|follow|join|contributions?|you|we"
    r"|i|is|are|using|use|licen[sc]ed?|under|maintained|created|made|copyright|feel|when|while|as|at|not|but|because"
    r"|some|most|all|like|since|find|look|take|have|be|want|let|part|related|alternative|built|powered|note|star|support"
    r"|donate|sponsor|submit|open|report|contact)\b",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"(?:the|an?)\s+", re.IGNORECASE)
_AFTER_STRONG = re.compile(r"\s*(?:$|[-–—:：|·•,，.。;、()（\[\]【}~*_>/&#`\"'’”»]|<|\{|by\b|from\b|&)", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)


def plain(markdown: str) -> str:
    """The words without markup, on one line."""
    text = _INLINE_LINK.sub(r"\1", _PICTURE.sub("", markdown))
    text = _TAG.sub(lambda tag: "" if is_html_tag(tag[0]) else tag[0], text)
    text = _MARKS.sub("", text)
    return " ".join((html.unescape(text) if "&" in text else text).split())


def is_generic(title: str) -> bool:
    """Whether these words say what kind of thing the link leads to, not which: "Paper", "here", "1", an address."""
    word = title.strip(" \t\n()[]{}.:!→»›>↗🔗*_`\"'").lower()
    if word in _GENERIC or not (word[:1].isalpha() or any(map(str.isalpha, word))):
        return True
    return _GENERIC_PHRASE.fullmatch(word) is not None


def is_cited(before: str, title: str) -> bool:
    """Whether a link says who wrote what is before it, and when: "The Tail. [Dean (2013)](…)"."""
    if not title.rstrip(" ()[]")[-1:].isalnum() or not any(map(str.isdigit, title)):
        return False
    stripped = before.rstrip(" ([")
    ends = stripped[-1:] in (".", "?", "!", ":", ",", ";", "*", "_", "”", '"', ")") and stripped != ""
    return ends and _CITATION.fullmatch(title.strip(" ()[]") + (")" if "(" in title else "")) is not None


def is_quoted(before: str, after: str) -> bool:
    """Whether a link is in quotes after other words, as in a bibliography: "Ann Lee: “[Title](…),” 2013."."""
    opening = before.rstrip("*_")[-1:]
    closing = _CLOSING_QUOTES.get(opening)
    rest = after.lstrip("*_.,;:!?")[:1]
    return closing is not None and rest in closing and rest != "" and not is_prose(before)


def runs_on(above: str, after: str) -> bool:
    """Whether a link that begins a line is in the middle of a wrapped sentence: the line above ends in it, and the words
    after the link go on with it.
    """
    rest = after.lstrip(" \t\n,;:)")
    return len(above.rstrip()) >= _MIN_WRAPPED and above.rstrip()[-1:] not in ".:!?。：！？*>" and rest[:1].islower()


def is_name_line(line: str) -> bool:
    """Whether a line is a title in bold, in italics or in quotes, and nothing else."""
    return _NAME_FIRST.fullmatch(line.rstrip(" \t.:\\")) is not None


def is_dash(before: str) -> bool:
    """Whether nothing but a dash is before the link."""
    return before.strip() in ("-", "--", "---", "–", "—", "——", "―", "~")


def may_name(before: str, title: str) -> bool:
    """Whether the words before a link such as "pdf" may be its title although they begin with an article."""
    words = plain(before).lstrip(_EDGES + _SIGNS_STRIPPED)
    if _ARTICLE.match(words) is None or title.strip(" []()").lower() in (
        "here",
        "this",
        "that",
        "more",
        "link",
        "read",
    ):
        return False
    return _BEFORE_LINK.search(words.rstrip(" [(")) is None and len(words.split()) >= _MIN_NAME_WORDS


def is_told(before: str, after: str) -> bool:
    """Whether the words before a link only say to read it: "read", "Watch:"."""
    return _TOLD.fullmatch(before) is not None and ends_line(after)


def is_after_quotation(before: str) -> bool:
    """Whether a link says who said what is in quotes before it."""
    return _AFTER_QUOTATION.search(before) is not None


def has_bold(before: str) -> bool:
    return _BOLD.search(before) is not None


def is_remark(before: str, title: str) -> bool:
    """Whether a link is a word in brackets after others: "Small changes ([why](…))"."""
    return before.endswith(("(", "（")) and title.islower() and len(title.split()) <= 2 and _has_letters(before)


def is_lead(before: str) -> bool:
    """Whether nothing but dates, numbers, labels, tags, pictures and signs is before the link."""
    if len(before) > 200 or not before.strip():
        return not before.strip()
    match = _LEAD.match(before)
    return match is not None and match.end() == len(before)


def is_label(before: str, after: str) -> bool:
    """Whether a few words that belong to the link are before it: an author, a kind, a title."""
    words = plain(before)
    stripped = words.rstrip(" \"'“„«_*(（[")
    if not stripped or len(stripped) > _MAX_LABEL or len(stripped.split()) > _MAX_LABEL_WORDS:
        return False
    if _PROSE.match(words.lstrip(_EDGES + _SIGNS_STRIPPED)) or is_sentence(stripped):
        return False
    if stripped.endswith((":", "：", "-", "–", "—", "|", "→", "»", "›", "·", "•")):
        return True
    if _GLUED.search(stripped):
        return False
    ends_well = _AFTER_STRONG.match(after) is not None
    if stripped.endswith((",", "，", "、", ";")):
        return ends_well
    return ends_well and len(stripped.split()) <= _MAX_SHORT_LEAD_WORDS


_SIGNS_STRIPPED = "“”„«»‘’\"'*_~=>[]()"


def is_sentence(words: str) -> bool:
    """Whether more than one sentence is in these words."""
    return re.search(r"[a-z]{3}[.!?] [A-Z]", words) is not None


def is_prose(before: str) -> bool:
    """Whether the words before the link begin as running text does. "The Go Blog:" is a name, and so are words set apart."""
    name = _NAME_FIRST.match(before)
    if name is not None and (
        len(name[0].split()) >= _MIN_NAME_WORDS or name[0].rstrip('*_"”»')[-1:] in (".", "?", "!")
    ):
        return False
    words = plain(before).lstrip(_EDGES + _SIGNS_STRIPPED)
    if before.rstrip().endswith((":", "：")) and len(words.split()) <= _MAX_LABEL_WORDS:
        words = _ARTICLE.sub("", words)
    return _PROSE.match(words) is not None


_FIELD = re.compile(
    r"(?:the )?(?:(?:first |co-?)?authors?|by|code|source(?: code)?|videos?|talks?|slides?|notes?|papers?|pdf|project(?: page)?"
    r"|demo|web ?site|links?|url|discussions?|reviews?|venue|published(?: in)?|tags?|presenters?|speakers?|presented by"
    r"|github|repo(?:sitory)?|docs?|documentation|blog(?: post)?|data(?:sets?)?|models?|weights|supplement(?:ary)?|poster"
    r"|recording|transcript|further reading|see also|related(?: work)?|implementations?|summary|comments?|homepage"
    r"|(?:论文|代码|主页|项目|解读|数据集?|视频|演示|博客|官网|作者|单位|链接|地址|下载|原文|论文下载|項目|论文标题|demo视频)"
    r"(?:和(?:数据集?|代码|模型))?(?:主页|链接|地址|下载链接)?|論文|コード|実装|サイト|プロジェクト(?:ページ)?|논문|코드|프로젝트|링크"
    r"|artículo|código|enlaces?|vidéo|lien|код|статья|сайт|ссылка|видео)"
    r"\s*\d{0,2}(?:\s*[(（][^()（）]{1,30}[)）])?",
    re.IGNORECASE,
)
_GLUED = re.compile(
    r"\b(?:the|an?|our|your|my|its|their|this|that|these|on|in|of|to|with|for|and|or|from|at|into|onto|than|as|is|are)$",
    re.IGNORECASE,
)
"""After these words a link is part of the sentence."""
_NAME_BEFORE = re.compile(
    r"\s*(?:[^\W\d_a-z][\w.+#'’-]*|`[^`\n]+`|\*\*[^*\n]+\*\*)"
    r"(?:\s+(?:[^\W_a-z][\w.+#'’-]*|&|and|of|the)){0,4}\s*[(\[]+\s*"
)
"""A name of some capitalised words, before a link in brackets."""
_BEFORE_LINK = re.compile(
    r"\b(?:see|read|at|in|on|from|via|check|visit|more|here|of|to|with|and)[\s:(\[]*$", re.IGNORECASE
)
_AFTER_QUOTATION = re.compile(r"[\"”»’][*_]*\s*(?:-{1,2}|[–—])\s*$")
_TOLD = re.compile(
    r"\s*(?:\*\*|__|[*_])?(?:read|watch|listen(?: to)?|see|try|todo|to read)(?:\*\*|__|[*_])?\s*:?\s*", re.IGNORECASE
)
_AFTER_NAME = re.compile(r"\s*(?:$|[,.;:(（\[【|/–—-]|by\b|von\b|par\b|de\b)", re.IGNORECASE)
_NAME_FIRST = re.compile(
    r"\s*(?:(?:\*\*|__)(?=\S)(?:[^*_\n]{2,300}?)(?:\*\*|__)|[_*](?=[^\s_*])[^_*\n]{2,200}[_*](?!\w)"
    r"|[\"“„«「《][^\"“”„«»「」《》\n]{3,300}[\"”“»」》])"
)


def is_field(before: str) -> bool:
    """Whether the words before a link name a part of what is above it, such as "Code:" or "Authors:". A tag does not."""
    if is_lead(before):
        return False
    words = plain(before).strip(_EDGES + _SIGNS_STRIPPED)
    return _FIELD.fullmatch(words) is not None or plain(before).startswith(("Presented by ", "By ", "by "))


def begins_with_name(before: str) -> bool:
    """Whether the words before a link are a name, or begin with a title set apart: bold, in italics or in quotes."""
    if _NAME_BEFORE.fullmatch(before):
        return True
    name = _NAME_FIRST.match(before)
    if name is None or not _is_name(name[0].strip('"“”„«»「」《》*_ ')):
        return False
    rest = before[name.end() :]
    return _AFTER_NAME.match(rest) is not None and _BEFORE_LINK.search(plain(rest)) is None


def is_strong(after: str) -> bool:
    """Whether what follows the link is set apart from it, so that the link is a title and not part of a sentence."""
    return _AFTER_STRONG.match(after) is not None


def ends_line(after: str) -> bool:
    """Whether nothing but signs, a tag or a short remark in brackets follows."""
    rest = plain(after).strip(" \t.,;:!?)]}>\"'*_|。，）】")
    return not rest or ((len(rest) <= 40 and (rest[0] in "(（[#")) or not any(map(str.isalnum, rest)))


def title_in(words_before: str) -> tuple[str, str]:
    """The title that these words hold, and what is left of them; bold and quoted words come first. Bold words in brackets
    are a tag or where it was published.
    """
    if (labels := _BOLD_LABEL.findall(words_before)) and _has_letters(rest := _BOLD_LABEL.sub(" ", words_before)):
        title, said = title_in(rest)
        return title, " ".join(part for part in (*map(plain, labels), said) if part)
    bold = [found for found in _BOLD.finditer(words_before) if _is_name(found[1] or found[2])]
    if bold:
        best = max(bold, key=lambda found: len(found[0]))
        return tidy(best[1] or best[2]), _rest(words_before, best.start(), best.end())
    dated = _DATED.match(words_before)
    if dated and (first := _EMPHASIS_FIRST.match(words_before, dated.end())) and _is_name(first[1]):
        return tidy(first[1]), _rest(words_before, first.start(), first.end())
    quoted = _QUOTED.search(words_before)
    if quoted and (len(quoted[1].split()) > 1 or not _has_letters(words_before[: quoted.start()])):
        return tidy(quoted[1]), _rest(words_before, quoted.start(), quoted.end())
    if (first := _EMPHASIS_FIRST.match(words_before)) and _is_name(first[1]):
        return tidy(first[1]), _rest(words_before, 0, first.end())
    start = dated.end() if dated and dated[0].rstrip()[-1:] in "])】:–—|-" else 0
    authors = _EMPHASIS_LAST.search(words_before, start)
    end = authors.start() if authors and len(words_before[start : authors.start()].split()) > 1 else len(words_before)
    if _has_letters(words_before[start:end]):
        return tidy(words_before[start:end])[:MAX_TITLE], _rest(words_before, start, end)
    return tidy(words_before)[:MAX_TITLE], ""


def tidy(words: str) -> str:
    """Plain words without the signs that set them apart from a link."""
    text = _OPEN_END.sub("", plain(words).strip(_EDGES))
    text = text.lstrip("[") if "]" not in text else text
    text = re.sub(r"^(?:[-*+]\s|\d{1,4}(?:[.)]\s|、))\s*", "", text.strip(_EDGES))
    text = re.sub(rf"^[{_SIGNS}\s]+(?=\w)", "", text).strip(_EDGES)
    return text[:-1].rstrip() if text.endswith(".") and not text.endswith("..") else text


@lru_cache(maxsize=1_000)
def lead_tags(lead: str) -> tuple[str, ...]:
    """The tags before a link: `[a, b]`, `` `a` ``, `(a)`, `#a`. Task marks, priorities and numbers are none.

    Cached: a list has few tags and many links after them.
    """
    tags: list[str] = []
    for found in _LEAD_TAGS.finditer(_INLINE_LINK.sub("", _PICTURE.sub("", lead))):
        code, bracketed, in_parentheses, _ = found.groups()
        names = [word.strip().lower() for word in visible(next(group for group in found.groups() if group)).split(",")]
        is_mark = bracketed is not None and (len(bracketed) < 2 or bracketed[0] in "#^[")
        is_remark = in_parentheses is not None and (names == ["new"] or " " in in_parentheses)
        if not is_mark and not is_remark:
            tags += [name for name in names if is_tag(name, is_code=code is not None)]
    return tuple(tags)


def is_tag(name: str, *, is_code: bool) -> bool:
    """Whether a name may be a tag. In brackets, digits are a citation or a counter, and many words are a remark."""
    if any(map(str.isalpha, name)):
        return is_code or len(name.split()) <= MAX_TAG_WORDS
    return is_code and len(name) > 1 and name.isdigit()


def said_in(lead: str) -> str:
    """The words of a lead that people should still see, which are not tags: an author, a date. "Title:" is none."""
    words = plain(_SHORTCODE.sub("", _LEAD_TAGS.sub("", _PICTURE.sub("", _TEMPLATE.sub("", lead)))))
    said = words.strip(_EDGES + "()[]\"'“”„«»「」『』《》.")
    return "" if said.lower() in ("title", "name", "link", "url") or _COUNTER.fullmatch(said) else said


def is_number(text: str) -> bool:
    """Whether it is a number, a date or no word at all."""
    return not _has_letters(text) or re.fullmatch(rf"(?:{_DATE})", text.strip(), re.IGNORECASE) is not None


def is_address(title: str) -> bool:
    return _ADDRESS.fullmatch(title.strip()) is not None


def _has_letters(text: str) -> bool:
    return any(map(str.isalpha, text))


def _is_name(words: str) -> bool:
    name = plain(words).strip(" :：.[]()")
    return sum(map(str.isalpha, name)) > 1 and not is_generic(name) and not words.rstrip().endswith((":", "："))


def _rest(words: str, start: int, end: int) -> str:
    before = plain(_SHORTCODE.sub("", words[:start])).strip(_EDGES)
    after = plain(_SHORTCODE.sub("", words[end:])).strip(_EDGES + ".").rstrip(_EDGES + "([（【")
    if before[-1:] in _CLOSING_QUOTES and after[:1] in _CLOSING_QUOTES[before[-1:]]:
        before, after = before[:-1].rstrip(), after[1:].lstrip(_EDGES + ".")
    return " ".join(part for part in (before, after) if part)

"""Names of organisations in one written form, the legal form and what tells no two apart set aside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

import pycountry
from anyascii import anyascii
from rapidfuzz.distance import OSA

LONGEST: Final = 300
"""Characters of a name that are looked at."""

_WIDE: Final = {0xFF08: "(", 0xFF09: ")", 0x3010: "[", 0x3011: "]"}
"""Brackets as East Asian scripts write them."""

_ENDING: Final = re.compile(r"\s*[/\\][A-Za-z]{2,4}[/\\]?\s*$")
_BRACKETS: Final = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_DOTTED: Final = re.compile(r"\b(?:[a-z]\.)+[a-z]\b\.?")
_POSSESSIVE: Final = re.compile(r"['`](?=s\b)")
_WORD: Final = re.compile(r"[a-z0-9]+")
_NATIVE: Final = (
    ("株式会社", "kk"),
    ("(株)", "kk"),
    ("㈱", "kk"),
    ("有限会社", "yk"),
    ("合同会社", "gk"),
    ("股份有限公司", "cn-ltd"),
    ("有限责任公司", "cn-ltd"),
    ("有限公司", "cn-ltd"),
    ("주식회사", "kr-kk"),
    ("(주)", "kr-kk"),
    ("㈜", "kr-kk"),
)
_ROMAN: Final = {
    "ii": "2",
    "iii": "3",
    "iv": "4",
    "vi": "6",
    "vii": "7",
    "viii": "8",
    "ix": "9",
    "xi": "11",
    "xii": "12",
}
_LITTLE: Final = frozenset(
    ("the", "of", "and", "for", "a", "an", "at", "in", "on", "to", "by", "with", "d", "l")
)
"""Words that say nothing of who is meant."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name in its normal form.

    Attributes:
        words: All its words, in order, in small ASCII letters and digits.
        core: The words without the legal form and a country or note in brackets; never empty where `words`
            is not.
        forms: Classes of legal form that it bears, such as `gmbh`.
        initials: What it may be shortened to.
    """

    words: tuple[str, ...]
    core: tuple[str, ...]
    forms: frozenset[str]
    initials: frozenset[str] = frozenset()

    @property
    def text(self) -> str:
        """The core as one text."""
        return " ".join(self.core)

    @property
    def compact(self) -> str:
        """The core without its blanks and little words: `I.B.M.` and `IBM`, `SunPower` and `Sun Power`."""
        return compact(self.core)


def little() -> frozenset[str]:
    """Return the words that say nothing of who is meant."""
    return _LITTLE


def compact(core: Iterable[str]) -> str:
    """Return words as one, without those that say nothing."""
    core = tuple(core)
    found = "".join(word for word in core if word not in _LITTLE)
    return found if len(found) > 2 else "".join(core)


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text as the index holds them: transliterated, small, without accents.

    Letters that are dotted or stand alone side by side become one word (`I.B.M.`, `B V`).
    """
    text = text[:LONGEST]
    if not text.isascii():
        text = anyascii(text)
    text = text.lower().replace("&", " and ")
    if "." in text:
        text = _DOTTED.sub(_joined, text)
    if "'" in text or "`" in text:
        text = _POSSESSIVE.sub("", text)
    found = _WORD.findall(text)
    if any(len(word) == 1 for word in found):
        found = _spelled(found)
    return tuple(found)


def _joined(match: re.Match[str]) -> str:
    return "".join(filter(str.isalpha, match[0])) + " "


def _spelled(words: list[str]) -> list[str]:
    """Join letters that stand alone side by side."""
    found: list[str] = []
    run: list[str] = []
    for word in [*words, ""]:
        if len(word) == 1 and word.isalpha():
            run.append(word)
            continue
        if run:
            found.append("".join(run))
            run = []
        if word:
            found.append(word)
    return found


@lru_cache(maxsize=1 << 14)
def normalise(name: str) -> Name:
    """Return the normal form of a name.

    Args:
        name: As somebody writes it, in any script; what is beyond 300 characters is not looked at.
    """
    whole = words_of(name)
    forms = set[str]()
    text = name[:LONGEST]
    if not text.isascii():
        text = text.translate(_WIDE)
        for spelling, form in _NATIVE:
            if spelling in text:
                text = text.replace(spelling, " ")
                forms.add(form)
    if "/" in text or "\\" in text:
        text = _ENDING.sub("", text)
    if "(" in text or "[" in text:
        text = _BRACKETS.sub(_bracketed, text)
    words = list(words_of(text))
    kept = _without_forms(words, forms)
    synonyms = _synonyms()
    core = [_ROMAN.get(word, synonyms.get(word, word)) for word in kept]
    while len(core) > 1 and core[0] in {"the", "and"}:
        del core[0]
    while len(core) > 1 and core[-1] == "and":
        del core[-1]
    return Name(whole, tuple(core) or whole, frozenset(forms), acronyms(kept) | acronyms(core))


def _bracketed(match: re.Match[str]) -> str:
    """Drop a country or a note such as `Netherlands` or `UK`; keep everything else."""
    inside = " ".join(words_of(match[1]))
    return " " if inside in _countries() else f" {match[1]} "


@cache
def _countries() -> frozenset[str]:
    found = {
        "uk",
        "usa",
        "us",
        "uae",
        "south korea",
        "north korea",
        "russia",
        "czech republic",
        "turkey",
        "publ",
    }
    found |= {"england", "scotland", "wales", "northern ireland", "haftungsbeschrankt", "taiwan", "hong kong"}
    for country in pycountry.countries:
        for attribute in ("name", "common_name", "official_name"):
            if value := getattr(country, attribute, None):
                found.add(" ".join(words_of(value)))
    return frozenset(found)


@cache
def _forms() -> tuple[dict[tuple[str, ...], str], dict[tuple[str, ...], str], int]:
    """Return the legal forms at the end and at the beginning of a name, and the most words one has."""
    ends: dict[tuple[str, ...], str] = {}
    starts: dict[tuple[str, ...], str] = {}
    for line in files(__package__).joinpath("forms.tsv").read_text("utf-8").splitlines():
        if line.startswith("#") or not line:
            continue
        form, last, *first = line.split("\t")
        for table, spellings in ((ends, last), (starts, "".join(first))):
            for spelling in filter(None, spellings.split("|")):
                table.setdefault(tuple(spelling.split()), form)
    return ends, starts, max(map(len, [*ends, *starts]))


def _without_forms(words: list[str], forms: set[str]) -> list[str]:
    ends, starts, longest = _forms()
    while True:
        for size in range(min(longest, len(words) - 1), 0, -1):
            if form := ends.get(tuple(words[-size:])):
                del words[-size:]
                break
            if form := starts.get(tuple(words[:size])):
                del words[:size]
                break
        else:
            return words
        forms.add(form)
        while len(words) > 1 and words[-1] in {"and", "und", "et"}:
            del words[-1]


@cache
def _synonyms() -> dict[str, str]:
    found: dict[str, str] = {}
    for line in files(__package__).joinpath("synonyms.tsv").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            kept, others = line.split("\t")
            for other in others.split("|"):
                found.setdefault(other, kept)
    return found


@lru_cache(maxsize=1 << 14)
def like_a_form(word: str) -> bool:
    """Tell whether a word is a legal form but for one slip of the keyboard."""
    ends, _, _ = _forms()
    return len(word) > 2 and any(
        len(form) == 1 and len(form[0]) > 2 and OSA.distance(word, form[0], score_cutoff=1) <= 1
        for form in ends
    )


def acronyms(words: Sequence[str]) -> frozenset[str]:
    """Return what a name may be shortened to: its initials, with and without those of little words."""
    synonyms = _synonyms()
    every = "".join(word[0] for word in words)
    full = "".join(word[0] for word in words if synonyms.get(word, word) not in _LITTLE)
    return frozenset(one for one in (every, full) if 2 < len(one) <= 10)

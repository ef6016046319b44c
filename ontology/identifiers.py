"""Identifiers of organisations: one written form for each value, and what its scheme's rules say of it.

Check digits are tested with python-stdnum where it knows the scheme (LEI, ISIN, ISNI, VAT numbers) and from
the scheme's own specification where it does not (ROR). Schemes without published check digits (PIC, KvK and
Companies House numbers, CIK, GRID, Wikidata) can only be tested for their form: a slip of the keyboard that
keeps the form goes unnoticed, and the result says so by being `unchecked`, not `valid`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Final

from stdnum import isin as isin_numbers
from stdnum import lei as lei_numbers
from stdnum.eu import vat as vat_numbers
from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.iso7064 import mod_11_2
from tertius.ontology.vocabulary import concepts

SCHEME: Final = "identifier-scheme"
"""Notation of the concept scheme of identifier schemes."""

CHECK: Final = "identifier-check"
"""Notation of the concept scheme of check results."""

_LONGEST: Final = 200
_ROR_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_LETTERED: Final = re.compile(r"[A-Z]{2}[0-9]{1,5}")


class Check(StrEnum):
    """Outcome of a check; the values are notations of the ontology's `identifier-check`.

    Members:
        VALID: Form and check digits are right. Whether the body exists was not asked.
        MALFORMED: The value does not have the form of its scheme.
        WRONG_CHECK_DIGIT: The form is right, the check digits belong to another value: a typing error.
        UNCHECKED: The form is right and the scheme has no check digits that could be tested.
    """

    VALID = "valid"
    MALFORMED = "malformed"
    WRONG_CHECK_DIGIT = "wrong-check-digit"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier in the one form in which Tertius keeps it.

    Attributes:
        scheme: Notation of its scheme, such as `lei`.
        value: The normalised value; as given, without white space, where it is malformed.
        check: What the scheme's rules say of it.
    """

    scheme: str
    value: str
    check: Check

    @property
    def well_formed(self) -> bool:
        """Whether the value has the pattern of its scheme, whatever its check digits."""
        return bool(pattern(self.scheme).fullmatch(self.value))


@cache
def pattern(scheme: str) -> re.Pattern[str]:
    """Return the pattern that normalised values of a scheme match.

    Raises:
        KeyError: The ontology has no such identifier scheme.
    """
    return re.compile(concepts(SCHEME)[scheme].attributes.get("pattern", ".+"))


@lru_cache(maxsize=1 << 16)
def identify(scheme: str, text: str) -> Identifier:
    """Normalise a value and check it against the rules of its scheme.

    Addresses of pages (`https://ror.org/…`), prefixes (`CIK0000320193`), small letters, white space, and
    leading noughts too many or too few are brought into one form.

    Args:
        scheme: Notation of the ontology's `identifier-scheme`.
        text: The value as somebody writes it.

    Returns:
        The identifier; never fails for what is wrong with the value.

    Raises:
        KeyError: The ontology has no such identifier scheme.
    """
    form = pattern(scheme)
    value = "".join(text.split())
    tidy = _NORMALISED.get(scheme)
    for candidate in _candidates(value):
        settled = tidy(candidate) if tidy else candidate
        if len(settled) <= _LONGEST and form.fullmatch(settled):
            rule = _RULES.get(scheme)
            return Identifier(scheme, settled, rule(settled) if rule else Check.UNCHECKED)
    return Identifier(scheme, value, Check.MALFORMED)


def _candidates(value: str) -> tuple[str, ...]:
    """Return the ways to read a value, the likeliest first."""
    bare = value.rstrip("/").rsplit("/", 1)[-1]
    return (value, value.upper(), value.lower(), bare, bare.upper(), bare.lower()) if value else ()


def _company(value: str) -> str:
    """Fill a Companies House number up to eight characters: tables drop its leading noughts."""
    if value.isascii() and value.isdigit() and len(value) < 8:
        return value.zfill(8)
    if _LETTERED.fullmatch(value):
        return value[:2] + value[2:].zfill(6)
    return value


def _cik(value: str) -> str:
    return value.removeprefix("CIK").lstrip("0")


def _lei_or_dashed(value: str) -> str:
    return value.replace("-", "")


def _vat(value: str) -> str:
    """Take out dots and hyphens, and write Greece as the tax authorities do."""
    value = value.replace(".", "").replace("-", "")
    return "EL" + value[2:] if value.startswith("GR") else value


_NORMALISED: Final[Mapping[str, Callable[[str], str]]] = MappingProxyType(
    {"gb-coh": _company, "cik": _cik, "lei": _lei_or_dashed, "isni": _lei_or_dashed, "eu-vat": _vat}
)


def _by_stdnum(validate: Callable[[str], str], value: str) -> Check:
    try:
        validate(value)
    except InvalidChecksum:
        return Check.WRONG_CHECK_DIGIT
    except ValidationError:
        return Check.MALFORMED
    return Check.VALID


def _lei(value: str) -> Check:
    """Test ISO 17442: the whole code, letters as 10 to 35, leaves 1 on division by 97 (ISO 7064)."""
    return _by_stdnum(lei_numbers.validate, value)


def _isin(value: str) -> Check:
    return _by_stdnum(isin_numbers.validate, value)


def _isni(value: str) -> Check:
    """Test ISO 27729: the last character is that of ISO 7064 mod 11-2."""
    return _by_stdnum(mod_11_2.validate, value)


def _eu_vat(value: str) -> Check:
    """Test the national rules of a member state; of other countries nothing is known."""
    prefix = value[:2].lower()
    if prefix not in vat_numbers.MEMBER_STATES and prefix != "el":
        return Check.UNCHECKED
    return _by_stdnum(vat_numbers.validate, value)


def _ror(value: str) -> Check:
    """Test ROR's own check: 98 minus the remainder of a hundred times the number, by 97.

    The number is what the six characters after the leading nought say in Crockford's base 32 (ROR, the
    source of its service, `generate_ror_id`).
    """
    number = 0
    for character in value[1:7]:
        number = number * 32 + _ROR_ALPHABET.index(character)
    return Check.VALID if 98 - number * 100 % 97 == int(value[7:]) else Check.WRONG_CHECK_DIGIT


_RULES: Final[Mapping[str, Callable[[str], Check]]] = MappingProxyType(
    {"lei": _lei, "isin": _isin, "isni": _isni, "eu-vat": _eu_vat, "ror": _ror}
)
"""Schemes whose values say something about themselves."""

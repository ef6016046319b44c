"""Checklists to fill in: as data, as Markdown, as a spreadsheet."""

from __future__ import annotations

import datetime as dt
import io
from collections import defaultdict
from typing import Any, Final

import xlsxwriter
from tertius.api import evidence
from tertius.api.advice_models import Answer, Checklist, Question
from tertius.api.errors import NotFound
from tertius.api.evidence_models import Bilingual
from tertius.api.exchange import Exchange
from tertius.api.identity import alliance_key
from tertius.api.memberships import alliance_detail

_YES_NO: Final = (("yes", "yes", "ja"), ("no", "no", "nee"), ("unknown", "unknown", "onbekend"))
_WIDTHS: Final = (6, 28, 60, 28, 24, 40)
_HEADINGS: Final = ("no.", "item", "question", "possible answers", "answer", "remarks")
_NONE: Final = "(none named)"
_EPOCH: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def checklist(exchange: Exchange[Any], key: str, alliance: str | None) -> Checklist:
    """Return a checklist, for an alliance where one is named.

    Raises:
        NotFound: There is no such checklist or alliance.
    """
    framework = evidence.framework(exchange, key)
    if not framework.checklist:
        raise NotFound(f"{key} is a list and no checklist; `/v1/frameworks` says which can be filled in")
    named = alliance_detail(exchange, alliance_key(exchange, alliance)) if alliance else None
    answers: dict[str, list[Answer]] = defaultdict(list)
    for row in evidence.rows(exchange, "framework-options", framework=key):
        label = Bilingual(en=str(row["label_en"]), nl=str(row["label_nl"]))
        answers[str(row["key"])].append(Answer(value=str(row["option"]), label=label))
    kinds = {
        str(row["key"]): str(row["answer"])
        for row in evidence.rows(exchange, "framework-items", framework=key)
    }
    questions = [
        Question(
            key=item.key,
            label=item.label,
            question=item.question,
            topic=item.topic,
            party=item.party,
            kind=kinds[item.key],
            answers=_answers(kinds[item.key], answers[item.key]),
            place=f"{item.sources[0].document}: {item.sources[0].place}",
        )
        for item in framework.entries
        if item.question is not None
    ]
    return Checklist(
        key=key,
        title=framework.title,
        description=framework.description,
        alliance=None if named is None else exchange.view.directory.alliances([named.key])[named.key],
        partners=[] if named is None else [one.organization.name for one in named.partners],
        gloss=framework.gloss,
        documents=framework.documents,
        questions=questions,
    )


def _answers(kind: str, found: list[Answer]) -> list[Answer]:
    if kind == "yes-no":
        return [Answer(value=value, label=Bilingual(en=en, nl=nl)) for value, en, nl in _YES_NO]
    return found


def markdown(form: Checklist) -> bytes:
    """Write a checklist as Markdown with boxes to tick and lines to fill in."""
    lines = [f"# {_plain(form.title.en)}", "", _plain(form.description), "", *_heading(form), ""]
    group = None
    for number, question in enumerate(form.questions, start=1):
        if _group(question) != group:
            group = _group(question)
            lines += [f"## {_plain(group.replace('-', ' '))}", ""] if group else []
        lines += [f"{number}. **{_plain(question.label.en)}**: {_plain(question.question.en)}", ""]
        lines += [f"   {line}" for line in _room(question)]
        lines += ["   - remarks: ", ""]
    lines += [f"Source: {', '.join(sorted({question.place for question in form.questions}))}", ""]
    return "\n".join(lines).encode()


def _heading(form: Checklist) -> list[str]:
    name = _NONE if form.alliance is None else f"{form.alliance.name} ({form.alliance.key})"
    partners = ", ".join(form.partners) or _NONE
    return [f"- Alliance: {_plain(name)}", f"- Partners: {_plain(partners)}", "- Filled in by: ", "- On: "]


def _room(question: Question) -> list[str]:
    if question.kind == "scale":
        low, high = question.answers
        steps = " ".join(f"[ ] {step}" for step in range(int(low.value), int(high.value) + 1))
        return [f"- {low.label.en} {steps} {high.label.en}"]
    if question.answers:
        return [f"- [ ] {_plain(one.label.en)}" for one in question.answers]
    return ["- answer: "]


def _group(question: Question) -> str:
    return " / ".join(part for part in (question.party, question.topic) if part)


def _plain(text: str) -> str:
    """Keep names from being read as Markdown or HTML."""
    for character in ("\\", "`", "*", "_", "<", "[", "#", "|"):
        text = text.replace(character, f"\\{character}")
    return " ".join(text.split())


def spreadsheet(form: Checklist) -> bytes:
    """Write a checklist as an XLSX workbook; answers with a closed list come as a drop-down."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        # A fixed date keeps equal checklists equal, byte for byte.
        book.set_properties({"title": form.title.en, "created": _EPOCH})
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        open_cell = book.add_format({"text_wrap": True, "valign": "top", "bg_color": "#FFF8DC", "border": 1})
        sheet = book.add_worksheet("checklist")
        for column, width in enumerate(_WIDTHS):
            sheet.set_column(column, column, width)
        sheet.write_string(0, 1, form.title.en, bold)
        sheet.write_string(1, 1, form.description, wrap)
        for row, line in enumerate(_heading_cells(form), start=2):
            sheet.write_string(row, 1, line[0], bold)
            sheet.write_string(row, 2, line[1], wrap if line[1] else open_cell)
        start = 7
        for column, heading in enumerate(_HEADINGS):
            sheet.write_string(start, column, heading, bold)
        sheet.freeze_panes(start + 1, 0)
        for number, question in enumerate(form.questions, start=1):
            row = start + number
            sheet.write_number(row, 0, number, wrap)
            sheet.write_string(row, 1, question.label.en, bold)
            sheet.write_string(row, 2, question.question.en, wrap)
            allowed = _allowed(question)
            shown = "; ".join(_shown(question))
            sheet.write_string(row, 3, shown or "in words", wrap)
            sheet.write_blank(row, 4, None, open_cell)
            sheet.write_blank(row, 5, None, open_cell)
            # A drop-down list takes 255 characters at most; what is longer stays readable beside the cell.
            if allowed and len(",".join(allowed)) <= 255:
                sheet.data_validation(row, 4, row, 4, {"validate": "list", "source": allowed})
    return buffer.getvalue()


def _heading_cells(form: Checklist) -> list[tuple[str, str]]:
    name = _NONE if form.alliance is None else f"{form.alliance.name} ({form.alliance.key})"
    partners = ", ".join(form.partners) or _NONE
    return [("Alliance", name), ("Partners", partners), ("Filled in by", ""), ("On", "")]


def _allowed(question: Question) -> list[str]:
    if question.kind == "scale":
        low, high = question.answers
        return [str(step) for step in range(int(low.value), int(high.value) + 1)]
    return [one.label.en for one in question.answers]


def _shown(question: Question) -> list[str]:
    if question.kind == "scale":
        return [f"{one.value} = {one.label.en}" for one in question.answers]
    return [one.label.en for one in question.answers]

"""What advice is answered with: playbook, practice, checklists. Fields may be added, never renamed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from tertius.api.evidence_models import Ambiguity, Bilingual, CodedModel, VerdictName
from tertius.api.models import AllianceRef, Model, Organization


class Strength(Model):
    """How the cases that a proposition speaks of stand to it; counts of cases."""

    supports: int
    contradicts: int
    mixed: int
    silent: int
    basis: str = Field(
        description="`data` where facts can settle it, `coded-statements` where it rests on what is said."
    )


class Dissent(Model):
    """A case that speaks against a proposition, wholly or in part, and what it did instead."""

    letter: str = Field(examples=["P"])
    orientation: str = Field(description="Orientation of the case.", examples=["exploration"])
    verdict: VerdictName
    did: list[str] = Field(description="What the deciding statements against the proposition say.")
    places: list[str] = Field(description="Where they can be read.")


class AdvisedProposition(Model):
    """A proposition that bears on a phase, with the cases behind it and against it."""

    number: int
    statement: Bilingual
    phase: str = Field(examples=["search"])
    phase_basis: Literal["source", "reading"] = Field(
        description="`source`: the thesis puts it there (figure 3); `reading`: we did."
    )
    strength: Strength
    supporting: list[str] = Field(description="Letters of the cases that support it.")
    dissenting: list[Dissent]
    caveat: str


class Practice(Model):
    """An item of a list or model that belongs to a phase."""

    key: str = Field(examples=["exploitation-exploration-matrix/exploration-selection-complementarity"])
    framework: str
    framework_label: str
    label: Bilingual
    text: str
    orientation: str | None = Field(description="`null` where the document says none.")
    phase: str
    phase_basis: Literal["source", "reading"]
    documents: list[str]
    place: str
    cases: list[str] = Field(description="Letters of cases that a document prints with it.")
    propositions: list[int] = Field(description="Propositions on the same orientation and phase.")
    supporting: list[str] = Field(description="Cases that support one of these propositions.")
    dissenting: list[str] = Field(description="Cases that contradict one of them, or speak both ways.")


class CodedPractice(CodedModel):
    """What cases of the orientation say they do."""

    construct_key: str = Field(alias="construct", examples=["selection-criterion"])
    construct_label: str
    value: str = Field(examples=["complementarity"])
    value_label: str
    phase: str | None = Field(description="`null` for instruments, which belong to every phase.")
    cases: list[str]


class ChecklistHint(Model):
    """Items of a list to fill in that belong to the phase."""

    checklist: str = Field(examples=["due-diligence"])
    label: str
    href: str = Field(examples=["/v1/checklists/due-diligence"])
    phase_basis: Literal["source", "reading"]
    items: list[str] = Field(description="Their names.")


class Playbook(Model):
    """What the evidence advises for an orientation and a phase, how strong it is, and who says otherwise."""

    orientation: str = Field(examples=["exploration"])
    phase: str = Field(examples=["selection"])
    propositions: list[AdvisedProposition]
    practices: list[Practice] = Field(description="Meant for the orientation.")
    general_practices: list[Practice] = Field(description="Not meant for any orientation in particular.")
    instruments: list[CodedPractice] = Field(description="Codified aids that cases use.")
    coded: list[CodedPractice] = Field(description="What cases of the orientation do in the phase.")
    checklists: list[ChecklistHint]
    ambiguities: list[Ambiguity] = Field(description="Doubts that bear on these practices and constructs.")


class Record(CodedModel):
    """A recorded value that bears on a proposition."""

    part: str
    construct_key: str = Field(alias="construct", examples=["selection-criterion"])
    value: str
    direction: str
    role: str
    source: str | None = Field(description="Graph of the source that records it; `null` where it is derived.")


class Finding(Model):
    """How one alliance stands to one proposition."""

    proposition: int
    statement: Bilingual
    standing: Literal["follows", "departs", "mixed", "silent"]
    records: list[Record]
    strength: Strength
    dissenting: list[Dissent] = Field(description="Cases that departed too, and what they did.")
    caveat: str


class AlliancePractice(Model):
    """Where an alliance follows the evidence and where it departs from it."""

    alliance: AllianceRef
    orientation: list[str] = Field(description="As recorded; empty where it is not.")
    follows: int
    departs: int
    mixed: int
    silent: int
    findings: list[Finding]


class PortfolioUnit(Model):
    """An alliance of a portfolio."""

    key: str
    iri: str
    name: str
    records: list[Record]


class PortfolioFinding(Model):
    """How a portfolio stands to one proposition."""

    proposition: int
    statement: Bilingual
    follows: int = Field(description="Alliances that follow it.")
    departs: int
    mixed: int
    silent: int = Field(description="Alliances that record nothing on it.")
    following: list[PortfolioUnit]
    departing: list[PortfolioUnit] = Field(description="Alliances that depart from it, wholly or in part.")
    strength: Strength
    dissenting: list[Dissent]
    caveat: str


class OrganizationPractice(Model):
    """Where an organisation's alliances follow the evidence and where they depart from it."""

    organization: Organization
    findings: list[PortfolioFinding]


class Answer(Model):
    """An answer to choose from, or an end of a scale."""

    value: str
    label: Bilingual


class Question(Model):
    """A question of a checklist, with room for an answer."""

    key: str
    label: Bilingual
    question: Bilingual
    topic: str | None
    party: str | None
    kind: str = Field(description="`text`, `yes-no`, `scale` or `choice`.")
    answers: list[Answer] = Field(description="Answers to choose from, or the two ends of a scale.")
    answer: None = Field(None, description="To be filled in.")
    remarks: None = Field(None, description="To be filled in.")
    place: str


class Checklist(Model):
    """A list to fill in, for an alliance where one was named."""

    key: str = Field(examples=["due-diligence"])
    title: Bilingual
    description: str
    alliance: AllianceRef | None
    partners: list[str] = Field(description="Names of the alliance's partners.")
    gloss: bool = Field(description="Whether the document gives little more than names.")
    documents: list[str]
    filled_in_by: None = None
    filled_in_on: None = None
    questions: list[Question]

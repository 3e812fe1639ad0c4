"""What a form is: questionnaire, assessment scale or document template, in the terms of FHIR Questionnaire.

The JSON names are FHIR's (``linkId``, ``enableWhen``, ``answerOption`` …) where FHIR has one; ``score``, ``flag`` and
``provenance`` are ours. Only the shape is described here; whether a definition makes sense is asked in ``check``.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

ItemType = Literal[
    "group",
    "display",
    "boolean",
    "decimal",
    "integer",
    "date",
    "string",
    "text",
    "choice",
    "open-choice",
    "quantity",
]
Operator = Literal["exists", "=", "!=", ">", "<", ">=", "<="]
Kind = Literal["questionnaire", "scale", "document"]
# The marks of the risk-model manual: two sources retrieved, one source, from memory (needs clinical sign-off).
Confidence = Literal["verified-in-2-sources", "1-source", "memory"]

UNANSWERABLE = frozenset({"group", "display"})
NUMERIC = frozenset({"decimal", "integer", "quantity"})
CODED = frozenset({"choice", "open-choice"})
TEXTUAL = frozenset({"string", "text"})

# What a condition may ask about the person and the day, besides answers.
# %sex is a code of GB/T 2261.1 (0 unknown, 1 male, 2 female, 9 not stated); %age in completed years; %today YYYY-MM-DD.
CONTEXT_TYPES: dict[str, ItemType] = {"%sex": "choice", "%age": "integer", "%today": "date"}
SEX_CODES = ("0", "1", "2", "9")

LinkId = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
Text = Annotated[str, Field(min_length=1, max_length=2000)]
Number = Annotated[int | float, Field(allow_inf_nan=False, ge=-1e15, le=1e15)]


class _Part(BaseModel):
    # only the camelCase names: a second spelling would escape the queries that look into stored definitions
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class Provenance(_Part):
    """Where a form or a section comes from, and how sure we are of it."""

    source: Text
    confidence: Confidence
    licence: str | None = None
    note: str | None = None
    reviewed_by: str | None = None
    reviewed_at: str | None = None


class AnswerOption(_Part):
    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}$")]
    display: Text
    weight: Number | None = None
    # «none of these»: cannot stand beside another choice (FHIR optionExclusive)
    exclusive: bool = False


class EnableWhen(_Part):
    """``question`` is a linkId or a name of ``CONTEXT_TYPES``; the operators mean what FHIR R5 says."""

    question: Annotated[str, Field(min_length=1, max_length=65)]
    operator: Operator
    answer: bool | int | float | str


class Item(_Part):
    link_id: LinkId
    type: ItemType
    text: Text
    help: str | None = None
    required: bool = False
    repeats: bool = False
    read_only: bool = False
    initial: Any = None
    max_length: Annotated[int, Field(ge=1, le=20000)] | None = None
    # a number, or for dates YYYY-MM-DD or "%today"
    min_value: Number | str | None = None
    max_value: Number | str | None = None
    unit: Annotated[str, Field(max_length=32)] | None = None
    answer_option: tuple[AnswerOption, ...] = ()
    enable_when: Annotated[tuple[EnableWhen, ...], Field(max_length=100)] = ()
    enable_behavior: Literal["all", "any"] = "all"
    provenance: Provenance | None = None
    item: tuple["Item", ...] = ()


class Band(_Part):
    """Holds from ``low`` (inclusive) up to the next band's ``low``; so bands can neither overlap nor leave gaps."""

    low: Number
    code: str
    display: Text


class Score(_Part):
    """A number computed from answers; see ``expression`` for the language."""

    code: LinkId
    title: Text
    expression: Annotated[str, Field(min_length=1, max_length=2000)]
    unit: str | None = None
    band: tuple[Band, ...] = ()


class Flag(_Part):
    """Something a human must look at when ``when`` is true; ``urgent`` means on the same day."""

    code: LinkId
    display: Text
    level: Literal["info", "warning", "urgent"]
    when: Annotated[str, Field(min_length=1, max_length=2000)]


class Definition(_Part):
    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,63}$")]
    title: Text
    kind: Kind
    # whether people fill it themselves; otherwise only staff do
    self_service: bool = False
    description: str | None = None
    provenance: Provenance | None = None
    item: tuple[Item, ...]
    score: Annotated[tuple[Score, ...], Field(max_length=100)] = ()
    flag: Annotated[tuple[Flag, ...], Field(max_length=100)] = ()

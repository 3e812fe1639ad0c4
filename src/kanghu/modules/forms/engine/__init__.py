"""The pure engine of forms: definitions, their checks, and what given answers mean. No I/O."""

from kanghu.modules.forms.engine.answers import Answers
from kanghu.modules.forms.engine.check import Problem, problems, read_definition
from kanghu.modules.forms.engine.definition import CONTEXT_TYPES, Definition, Item, Kind
from kanghu.modules.forms.engine.evaluate import (
    DefinitionInvalid,
    Evaluation,
    FlagResult,
    Form,
    ScoreResult,
    assess,
    initial_answers,
    prepare,
)

__all__ = [
    "CONTEXT_TYPES",
    "Answers",
    "Definition",
    "DefinitionInvalid",
    "Evaluation",
    "FlagResult",
    "Form",
    "Item",
    "Kind",
    "Problem",
    "ScoreResult",
    "assess",
    "initial_answers",
    "prepare",
    "problems",
    "read_definition",
]

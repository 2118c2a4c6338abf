"""Forms: what people are asked in the field, how their answers are read, what is never asked.

A ``Form`` is a value. Packs hold forms as files; an upload may make one. Every channel shows the
same form and reads its answers by ``read_answers``; ``refusals`` says why one may not be published.
"""

from anoa.forms.answers import Answers, Places, read_answers
from anoa.forms.publishing import (
    NO_FORM_WORDS,
    FormRefused,
    FormWords,
    asks_for,
    check_publishing,
    refusals,
    refused_appearance,
    refused_types,
)
from anoa.forms.values import (
    CHANNELS,
    MOST_FIELDS,
    Audience,
    Becomes,
    Choice,
    Condition,
    Field,
    FieldType,
    Form,
    Screen,
    Texts,
)

__all__ = [
    "CHANNELS", "MOST_FIELDS", "NO_FORM_WORDS", "Answers", "Audience", "Becomes", "Choice",
    "Condition", "Field", "FieldType", "Form", "FormRefused", "FormWords", "Places", "Screen",
    "Texts", "asks_for", "check_publishing", "read_answers", "refusals", "refused_appearance",
    "refused_types",
]  # fmt: skip

"""A form with every type of field, and what a phone makes of it: invented, for the tests."""

import json

from anoa.forms import (
    Audience,
    Becomes,
    Choice,
    Condition,
    Field,
    FieldType,
    Form,
    Screen,
)

LANGUAGES = {"id": "Bahasa Indonesia", "en": "English"}
INSTANCE = "uuid:5d1c2a7e-3f64-4b0e-9a51-0c8d2b7f6e13"


def words(text: str) -> dict[str, str]:
    return {"en": text, "id": f"{text} (kedua)"}


def field(name: str, kind: FieldType, **more) -> Field:
    return Field(name, kind, words(name.title()), **more)


SIGNS = (
    Choice("a.1", words("Sign of a"), "a"),
    Choice("b.1", words("Sign of b"), "b"),
    Choice("other", words("Another sign")),
)
WHERE = (
    field("region", FieldType.REGION, required=True),
    field("sub_district", FieldType.SUB_DISTRICT),
    field("polling_station", FieldType.POLLING_STATION),
)
WHAT = (
    field("threat_type", FieldType.CHOICE,
          choices=(Choice("a", words("A")), Choice("b", words("B")))),
    field("signs", FieldType.CHOICES, choices=SIGNS, by="threat_type", most=2),
    field("count", FieldType.COUNT, when=Condition.parse("threat_type=a"), least=1, most=50),
    field("money", FieldType.AMOUNT, when=Condition.parse("signs=a.1|other")),
    field("words", FieldType.TEXT, hint={"en": "In short"}, most=500),
    field("observed_at", FieldType.TIME),
    field("photo", FieldType.PICTURE),
    field("second_photo", FieldType.PICTURE),
    field("spot", FieldType.POINT),
    Field("thanks", FieldType.NOTE, {"id": "Terima kasih"}),
)  # fmt: skip
FORM = Form(
    id="everything", version="3", title=words("Everything"), audience=(Audience.CITIZEN,),
    becomes=Becomes.REPORT, about=words("All types"),
    screens=(Screen(words("Where"), WHERE), Screen(words("What"), WHAT)),
    sets={"place_class": "x", "obtained": "y", "reliability": "F", "credibility": "6"},
)  # fmt: skip


def filled_in(
    fields: dict[str, str], *, form: str = FORM.id, version: str = FORM.version,
    instance: str = INSTANCE, meta: str = "",
) -> bytes:  # fmt: skip
    """The XML that a phone writes for those answers."""
    answers = "".join(f"<{name}>{text}</{name}>" for name, text in fields.items())
    said = f"<orx:instanceID>{instance}</orx:instanceID>" if instance else ""
    return (
        f'<?xml version=\'1.0\' ?><data id="{form}" version="{version}" '
        'xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa" '
        'xmlns:orx="http://openrosa.org/xforms" xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
        f"<Screen1>{answers}</Screen1><orx:meta>{said}{meta}</orx:meta></data>"
    ).encode()


def form_file(languages: tuple[str, ...]) -> str:
    """The form as the file of a pack that speaks those languages."""
    whole = FORM.as_json() | {"kinds": ["*"], "sets": dict(FORM.sets)}
    for screen in whole["screens"]:
        for one in screen["fields"]:
            if when := one.pop("when", None):
                one["when"] = f"{when['field']}={'|'.join(when['values'])}"
    whole["screens"][1]["fields"][-1]["label"] = words("Thanks")
    return json.dumps(_spoken(whole, languages))


def _spoken(value, languages):
    """The value with the texts of those languages only."""
    if isinstance(value, list):
        return [_spoken(one, languages) for one in value]
    if not isinstance(value, dict):
        return value
    if value and set(value) <= {"en", "id"}:
        return {code: text for code, text in value.items() if code in languages}
    return {name: _spoken(one, languages) for name, one in value.items()}

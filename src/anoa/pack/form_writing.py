"""A ``Form`` as the text of its file ``forms/ID.yaml``."""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML

from anoa.forms import Form

WIDTH = 110  # columns


def form_text(form: Form) -> str:
    """The file of a form; lists of the pack are named, others written out."""
    writer = YAML()
    writer.default_flow_style = None  # innermost values on one line
    writer.width = WIDTH
    text = io.StringIO()
    writer.dump(_form_file(form), text)
    return text.getvalue()


def _form_file(form: Form) -> dict[str, Any]:
    """The form as the file holds it."""
    whole = form.as_json() | {"kinds": list(form.kinds) or ["*"], "handling": form.handling}
    if kind := whole.pop("owner_kind", ""):
        whole["owner"] = {"kind": kind}
    whole |= {"sets": dict(form.sets), "expects": dict(form.expects)}
    for screen in whole["screens"]:
        for one in screen["fields"]:
            if when := one.pop("when", None):
                one["when"] = f"{when['field']}={'|'.join(when['values'])}"
            if "list" in one:
                del one["choices"]
    return {name: value for name, value in whole.items() if value not in ("", [], {})}

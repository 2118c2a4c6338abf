"""The room's own words for labels that a pack leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

LABEL_WORDS: Mapping[str, Any] = {
    "region": _("Region"), "silent": _("no report yet"), "unanswered": _("unanswered"),
    "seal": _("Daily seal of the log"), "coordination_meeting": _("Coordination meeting"),
    "dialogue": _("Dialogue"), "service": _("Service"), "information": _("Information"),
    "polling_stations": _("Polling stations"),
    "protection": _("Protection"), "presence": _("Presence"), "enforcement": _("Enforcement"),
}  # fmt: skip

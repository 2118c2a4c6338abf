"""Daily reports: a frozen document composed from the picture, and printed three ways.

``compose_sitrep`` is pure: the same picture, pack and arguments give an equal document, and every
renderer gives the same bytes for it.
"""

from __future__ import annotations

from anoa.sitrep.compose import INSTITUTIONS, compose_sitrep, next_number
from anoa.sitrep.document import Sitrep
from anoa.sitrep.handover import compose_handover
from anoa.sitrep.render_html import STYLE, render_fragment, render_html
from anoa.sitrep.render_pdf import render_pdf
from anoa.sitrep.render_text import TEXT_LIMIT, render_text
from anoa.sitrep.shift import AHEAD, Shift, shift_of
from anoa.sitrep.situation import Situation, situations

__all__ = [
    "AHEAD",
    "INSTITUTIONS",
    "STYLE",
    "TEXT_LIMIT",
    "Shift",
    "Sitrep",
    "Situation",
    "compose_handover",
    "compose_sitrep",
    "next_number",
    "render_fragment",
    "render_html",
    "render_pdf",
    "render_text",
    "shift_of",
    "situations",
]

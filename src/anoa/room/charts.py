"""Small charts made on the server as SVG, readable without colour."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString

WIDTH, HEIGHT = 120, 10


def score_bar(score: float | None, scale: tuple[float, float]) -> SafeString:
    """A bar of a score on its scale; an unknown score has no bar."""
    if score is None:
        return SafeString("")
    foot, top = scale
    share = (score - foot) / (top - foot)
    return format_html(
        '<svg class="barline" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">'
        '<rect width="{}" height="{}"/></svg>',
        WIDTH, HEIGHT, f"{max(0.0, min(share, 1.0)) * WIDTH:.1f}", HEIGHT,
    )  # fmt: skip


def scale_bar(share: float | None) -> SafeString:
    """A bar of a place between the two ends of an edition's own scale, 0 to 1; None has none."""
    return score_bar(share, (0.0, 1.0))

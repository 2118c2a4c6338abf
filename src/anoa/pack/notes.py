"""What of a new pack still waits for its authors."""

from __future__ import annotations

from anoa.pack.documents import DOCUMENTS
from anoa.pack.schema import Draft
from anoa.pack.skeleton_values import PLACEHOLDER, SOURCE
from anoa.pack.tables import TABLES


def notes_of(draft: Draft) -> tuple[str, ...]:
    """What is left of a new pack, file by file; nothing for a pack that is whole."""
    notes = []
    for table in TABLES:
        rows = draft.rows(table.file)
        left = sum(SOURCE in row.texts("source") or row.text("source") == SOURCE for row in rows)
        if left:
            notes.append(f"{table.file}: {left} of {len(rows)} rows name the source '{SOURCE}'")
    for document in DOCUMENTS:
        row = draft.document(document.file)
        left = sum(PLACEHOLDER in text for name in row for text in row.all_texts(name))
        if left:
            notes.append(f"{document.file}: {left} texts are marked {PLACEHOLDER}")
    return tuple(notes)

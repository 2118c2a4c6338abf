"""The words by which things are found, kept beside the rows that follow from the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from anoa.coordination.values import Item
from anoa.pack import Pack
from anoa.picture import Picture
from anoa.room.models import Operation, SearchRow
from anoa.searching import document

AT_ONCE = 2_000
Changed = Iterable[tuple[str, Item]]
Things = Mapping[str, Mapping[str, Item]]


def keep(operation: Operation, pack: Pack, before: Things, changed: Changed) -> None:
    """Keep the words of changed things; called by ``record`` in the transaction of the change."""
    rows, gone = list[SearchRow](), list[tuple[str, str]]()
    for thing, item in changed:
        if text := document(pack, item):
            rows.append(_row(operation, thing, item, text))
        elif (old := before[thing].get(item.id)) is not None and document(pack, old):
            gone.append((thing, item.id))
    for thing, ident in gone:
        SearchRow.objects.filter(operation=operation, thing=thing, ident=ident).delete()
    if rows:
        SearchRow.objects.bulk_create(
            rows, batch_size=AT_ONCE, update_conflicts=True,
            unique_fields=["operation", "thing", "ident"],
            update_fields=["owner", "handling", "text"],
        )  # fmt: skip


def _row(operation: Operation, thing: str, item: Item, text: str) -> SearchRow:
    return SearchRow(
        operation=operation, thing=thing, ident=item.id, owner=item.owner,
        handling=str(item.handling), text=text,
    )  # fmt: skip


def _documents(pack: Pack, picture: Picture) -> Iterable[tuple[str, Item, str]]:
    for thing, items in picture.things.items():
        for item in items.values():
            if text := document(pack, item):
                yield thing, item, text


def is_missing(operation: Operation) -> bool:
    """Whether nothing is kept for an operation, as in a data folder of an earlier anoa."""
    return not SearchRow.objects.filter(operation=operation).exists()


def make_anew(operation: Operation, pack: Pack, picture: Picture) -> None:
    """Make the rows of an operation from its whole picture."""
    SearchRow.objects.filter(operation=operation).delete()
    SearchRow.objects.bulk_create(
        (_row(operation, *one) for one in _documents(pack, picture)), batch_size=AT_ONCE
    )


def equals_replay(operation: Operation, pack: Pack, picture: Picture) -> bool:
    """Whether the rows are those of the picture that the log gives."""
    wanted = {(thing, item.id): (item.owner, str(item.handling), text)
              for thing, item, text in _documents(pack, picture)}  # fmt: skip
    rows = SearchRow.objects.filter(operation=operation)
    return wanted == {(row.thing, row.ident): (row.owner, row.handling, row.text) for row in rows}

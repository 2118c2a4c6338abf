from typing import Any

from django.db import migrations, models
import django.db.models.deletion

SQLITE = (
    "CREATE VIRTUAL TABLE room_searchtext USING fts5(text, content='room_searchrow',"
    " content_rowid='id', prefix='2 3', tokenize='unicode61 remove_diacritics 0')",
    "CREATE TRIGGER room_searchrow_kept AFTER INSERT ON room_searchrow BEGIN"
    " INSERT INTO room_searchtext(rowid, text) VALUES (new.id, new.text); END",
    "CREATE TRIGGER room_searchrow_gone AFTER DELETE ON room_searchrow BEGIN"
    " INSERT INTO room_searchtext(room_searchtext, rowid, text)"
    " VALUES ('delete', old.id, old.text); END",
    "CREATE TRIGGER room_searchrow_changed AFTER UPDATE ON room_searchrow"
    " WHEN old.text <> new.text OR old.id <> new.id BEGIN"
    " INSERT INTO room_searchtext(room_searchtext, rowid, text)"
    " VALUES ('delete', old.id, old.text);"
    " INSERT INTO room_searchtext(rowid, text) VALUES (new.id, new.text); END",
)
POSTGRESQL = (
    "CREATE INDEX room_searchtext ON room_searchrow"
    " USING gin (array_to_tsvector(string_to_array(text, ' ')))",
)
UNDO = {"sqlite": "DROP TABLE room_searchtext", "postgresql": "DROP INDEX room_searchtext"}


def make(apps: Any, schema_editor: Any) -> None:
    """The index of the words: each database has its own way."""
    sqlite = schema_editor.connection.vendor == "sqlite"
    for statement in SQLITE if sqlite else POSTGRESQL:
        schema_editor.execute(statement)


def undo(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute(UNDO[schema_editor.connection.vendor])


class Migration(migrations.Migration):

    dependencies = [
        ('room', '0010_polling_stations'),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('thing', models.CharField(max_length=40)),
                ('ident', models.CharField(max_length=80)),
                ('owner', models.CharField(max_length=80)),
                ('handling', models.CharField(max_length=40)),
                ('text', models.TextField()),
                ('operation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='room.operation')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('operation', 'thing', 'ident'), name='one_search_row_a_thing')],
            },
        ),
        migrations.RunPython(make, undo),
    ]

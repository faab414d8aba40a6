"""Compares an SQLite database with its copy in PostgreSQL, with none of Holdfast's code.

Usage: compare-copy.py SQLITE_FILE POSTGRES_URL SCHEMA

Prints a JSON object: rows by table, and what differs. Rows are compared as multisets of typed values.
"""

import json
import sqlite3
import struct
import subprocess
import sys
from collections import Counter

sys.dont_write_bytecode = True

from copy_text import quoted, unescaped  # noqa: E402


def double(number):
    return struct.pack(">d", float(number)).hex()


def from_source(value, column_type):
    """What a value of SQLite should be in a column of that type."""
    if value is None:
        return None
    if column_type == "bigint":
        return ("integer", int(value)) if isinstance(value, int) else ("not an integer", repr(value))
    if column_type == "double precision":
        return ("double", double(value))
    if column_type == "bytea":
        return ("bytes", value.hex() if isinstance(value, bytes) else str(value).encode().hex())
    if column_type == "numeric":
        return ("double", double(value)) if isinstance(value, float) else ("integer", value)
    if isinstance(value, float):
        return ("double", double(value))
    return ("text", str(value))


def from_copy(text, column_type, given):
    """What is in PostgreSQL, in the terms of what SQLite has."""
    if text is None:
        return None
    if column_type == "bigint":
        return ("integer", int(text))
    if column_type == "double precision":
        return ("double", double(text))
    if column_type == "bytea":
        return ("bytes", text[2:])
    if given is not None and given[0] == "double":
        return ("double", double(text))
    return ("integer", int(text)) if column_type == "numeric" else ("text", text)


def psql(url, sql):
    command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql, url]
    done = subprocess.run(command, capture_output=True, check=True, env={"PATH": "/usr/bin:/bin", "PGCLIENTENCODING": "UTF8"})
    return done.stdout.decode()


def columns_of(url, schema, table):
    sql = f"""SELECT json_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum)
                FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = $a${schema}$a$ AND c.relname = $a${table}$a$ AND a.attnum > 0"""
    return json.loads(psql(url, sql).strip() or "null") or []


def opened(path):
    """A file in WAL mode cannot be opened in a folder that is not to be written to."""
    source = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        source.execute("SELECT 1 FROM sqlite_master").fetchone()
        return source
    except sqlite3.OperationalError:
        return sqlite3.connect(f"file:{path}?immutable=1", uri=True)


def main(path, url, schema):
    source = opened(path)
    tables = [
        name
        for (name,) in source.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
        )
    ]
    rows, differences = {}, []
    for table in tables:
        columns = columns_of(url, schema, table)
        listed = ", ".join(quoted(name) for name, _ in columns)
        if not columns:
            differences.append(f"{table}: not there")
            continue
        given = [
            tuple(from_source(value, kind) for value, (_, kind) in zip(row, columns))
            for row in source.execute(f"SELECT {listed} FROM {quoted(table)}")
        ]
        text = psql(url, f"COPY (SELECT {listed} FROM {quoted(schema)}.{quoted(table)}) TO STDOUT")
        lines = text.split("\n")[:-1]
        # A text column may hold what was a double: it is compared as the number that it writes.
        doubles = [any(row[at] is not None and row[at][0] == "double" for row in given) for at in range(len(columns))]
        texts = Counter()
        for line in lines:
            fields = [unescaped(field) for field in line.split("\t")]
            texts[tuple(
                from_copy(field, kind, ("double",) if mixed and is_double(field) and kind in ("text", "numeric") else None)
                for field, (_, kind), mixed in zip(fields, columns, doubles)
            )] += 1
        expected = Counter(
            tuple(
                ("double", double(value[1])) if mixed and kind in ("text", "numeric") and value is not None and value[0] in ("text", "integer") and is_double(str(value[1])) else value
                for value, (_, kind), mixed in zip(row, columns, doubles)
            )
            for row in given
        )
        rows[table] = len(given)
        for row, count in (expected - texts).items():
            differences.append(f"{table}: {count} missing of {row!r}")
        for row, count in (texts - expected).items():
            differences.append(f"{table}: {count} too many of {row!r}")
    print(json.dumps({"rows": rows, "differences": differences[:20]}))


def is_double(text):
    try:
        float(text)
        return True
    except (TypeError, ValueError):
        return False


main(*sys.argv[1:])

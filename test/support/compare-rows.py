"""Compares tables of an SQLite database with their copies in PostgreSQL, with none of Holdfast's code.

Usage: compare-rows.py SQLITE_FILE POSTGRES_URL SCHEMA REJECTS_FILE

What is copied plus what is rejected has to be the source: each row has a column "id" that names it, and a
rejected row has to hold something that the type of the rejected column cannot hold. Types are judged here anew.
Prints a JSON array of what differs.
"""

import json
import math
import sqlite3
import struct
import subprocess
import sys
from decimal import Decimal

sys.dont_write_bytecode = True

from copy_text import quoted, unescaped  # noqa: E402


class Unreadable:
    def __init__(self, data):
        self.data = data


def psql(url, sql):
    command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", "-", url]
    done = subprocess.run(
        command, input=sql.encode(), capture_output=True, check=True, env={"PATH": "/usr/bin:/bin", "PGCLIENTENCODING": "UTF8"}
    )
    return done.stdout.decode()


def readable(data, encoding):
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return Unreadable(data)


def bits(number):
    return struct.pack(">d", number)


def digits_of(kind):
    inside = kind[kind.index("(") + 1 : kind.index(")")].split(",") if "(" in kind else []
    return [int(part) for part in inside]


def real_text(number):
    """The shortest text of a double, as ECMAScript writes it."""
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    sign, digits, exponent = Decimal(repr(number)).as_tuple()
    text = "".join(map(str, digits)).rstrip("0") or "0"
    point = len(digits) + exponent
    if number == 0:
        body = "0"
    elif len(text) <= point <= 21:
        body = text.ljust(point, "0")
    elif 0 < point <= 21:
        body = f"{text[:point]}.{text[point:]}"
    elif -6 < point <= 0:
        body = f"0.{'0' * -point}{text}"
    else:
        fraction = f".{text[1:]}" if len(text) > 1 else ""
        body = f"{text[0]}{fraction}e{point - 1:+d}"
    return ("-" if sign else "") + body


def as_text(value):
    if isinstance(value, float):
        return ("real", bits(value))
    return ("text", str(value))


def holds(value, kind):
    """Whether a type can hold a value exactly."""
    if value is None:
        return True
    if isinstance(value, Unreadable):
        return False
    name = kind.split("(")[0]
    if name in ("smallint", "integer", "bigint"):
        if isinstance(value, (str, bytes)) or (isinstance(value, float) and (not value.is_integer() or bits(value) == bits(-0.0))):
            return False
        limit = 2 ** ({"smallint": 16, "integer": 32, "bigint": 64}[name] - 1)
        return -limit <= int(value) < limit
    if name in ("double precision", "real"):
        if isinstance(value, (str, bytes)):
            return False
        try:
            number = float(value)
        except OverflowError:
            return False
        if int(number) != value if isinstance(value, int) else False:
            return False
        if name == "double precision":
            return True
        try:
            return bits(struct.unpack(">f", struct.pack(">f", number))[0]) == bits(number)
        except OverflowError:
            return False
    if name == "numeric":
        if isinstance(value, (str, bytes)) or (isinstance(value, float) and (math.isinf(value) or bits(value) == bits(-0.0))):
            return False
        if "(" not in kind:
            return True
        precision, scale = digits_of(kind)
        number = Decimal(repr(value) if isinstance(value, float) else value)
        return number.scaleb(scale) == int(number.scaleb(scale)) and abs(number) < Decimal(10) ** (precision - scale)
    if name == "boolean":
        return isinstance(value, int) and value in (0, 1)
    if name == "bytea":
        return True
    if isinstance(value, bytes):
        return False
    text = str(value)
    if isinstance(value, float):
        # As among texts: a whole number keeps its point.
        text = real_text(value) + (".0" if value.is_integer() and abs(value) < 1e21 else "")
    return "\0" not in text and (not digits_of(kind) or len(text) <= digits_of(kind)[0])


def class_of(value):
    if isinstance(value, bool) or value is None:
        return None
    return {int: "integer", float: "real", str: "text", bytes: "blob"}.get(type(value))


def looks_like(text):
    """What a text is taken for among numbers."""
    if text.lstrip("-").isascii() and text.lstrip("-").isdigit() and str(int(text)) == text:
        return "integer" if -(2**63) <= int(text) < 2**63 else "text"
    try:
        number = float(text)
    except ValueError:
        return "text"
    if math.isnan(number) or "_" in text:
        return "text"
    return "real" if as_real(number) == text else "text"


def as_real(number):
    return real_text(number) + (".0" if number.is_integer() and abs(number) < 1e21 else "")


def clashes(value, kind, classes):
    """Whether a value looks like one of another class that its column holds, once both are of one type."""
    own = class_of(value)
    if own is None or kind.split("(")[0] not in ("text", "character varying", "bytea"):
        return False
    kinds = {"number" if each in ("integer", "real") else each for each in classes}
    if len(kinds) < 2:
        return False
    text = as_real(value) if own == "real" else str(value) if own != "blob" else None
    if own == "blob":
        text = readable(value, "utf-8")
    apparent = "blob"
    if not isinstance(text, Unreadable):
        apparent = looks_like(text) if "number" in kinds else "text"
        if apparent == "text" and "text" not in kinds:
            apparent = "blob"
    return apparent != own


def expected(value, kind):
    if value is None:
        return None
    name = kind.split("(")[0]
    if name in ("smallint", "integer", "bigint"):
        return int(value)
    if name in ("double precision", "real"):
        return bits(float(value))
    if name == "numeric":
        return bits(value) if isinstance(value, float) else value
    if name == "boolean":
        return "t" if value else "f"
    if name == "bytea":
        if isinstance(value, float):
            return as_text(value)
        return (value if isinstance(value, bytes) else str(value).encode()).hex()
    return as_text(value)


def stored(text, kind, value):
    """What is in PostgreSQL, in the terms of `expected` for that value."""
    if text is None:
        return None
    name = kind.split("(")[0]
    if name in ("smallint", "integer", "bigint"):
        return int(text)
    if name in ("double precision", "real"):
        number = float(text)
        return bits(struct.unpack(">f", struct.pack(">f", number))[0] if name == "real" else number)
    if name == "numeric":
        return bits(float(text)) if isinstance(value, float) else int(Decimal(text))
    if name == "boolean":
        return text
    if name == "bytea":
        if isinstance(value, float):
            return ("real", bits(float(bytes.fromhex(text[2:]))))
        return text[2:]
    return ("real", bits(float(text))) if isinstance(value, float) else ("text", text)


def identity_of(source, table, key):
    """The id of a row that is named by the first part of its key."""
    name, number = key.split(",")[0].split(" ")
    if name == "row":
        return source.execute(f"SELECT id FROM {quoted(table)} LIMIT 1 OFFSET ?", (int(number) - 1,)).fetchone()[0]
    return source.execute(f"SELECT id FROM {quoted(table)} WHERE {name} = ?", (int(number),)).fetchone()[0]


def main(path, url, schema, rejects_file):
    source = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    encoding = {"UTF-8": "utf-8", "UTF-16le": "utf-16-le", "UTF-16be": "utf-16-be"}[source.execute("PRAGMA encoding").fetchone()[0]]
    with open(rejects_file) as lines:
        rejects = [json.loads(line) for line in lines]
    differences = []
    tables = [name for (name,) in source.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    for table in tables:
        if table.startswith("sqlite_"):
            continue
        columns = json.loads(
            psql(
                url,
                f"""SELECT json_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum)
                      FROM pg_attribute a WHERE a.attrelid = $a${quoted(schema)}.{quoted(table)}$a$::regclass AND a.attnum > 0""",
            )
        )
        kinds = dict(columns)
        names = [name for name, _ in columns]
        rows = {}
        parts = ", ".join(f"typeof({quoted(n)}), CASE typeof({quoted(n)}) WHEN 'text' THEN CAST({quoted(n)} AS BLOB) ELSE {quoted(n)} END" for n in names)
        for row in source.execute(f"SELECT {parts} FROM {quoted(table)}"):
            values = {
                name: readable(row[2 * at + 1], encoding) if row[2 * at] == "text" else row[2 * at + 1] for at, name in enumerate(names)
            }
            rows[values["id"]] = values
        gone = {}
        for reject in rejects:
            if reject["table"] == table:
                identity = identity_of(source, table, reject["key"])
                if identity in gone:
                    differences.append(f"{table} {identity}: rejected twice")
                gone[identity] = reject["column"]
        # A text that cannot be read is a text.
        classes = {
            name: {
                "text" if isinstance(row[name], Unreadable) else class_of(row[name]) for row in rows.values() if row[name] is not None
            }
            for name in names
        }
        for identity, values in rows.items():
            bad = [
                name
                for name in names
                if not holds(values[name], kinds[name]) or clashes(values[name], kinds[name], classes[name])
            ]
            if identity in gone and gone[identity] not in bad:
                differences.append(f"{table} {identity}: {gone[identity]} can be held: {values[gone[identity]]!r} in {kinds[gone[identity]]}")
            if identity not in gone and bad:
                differences.append(f"{table} {identity}: {bad} cannot be held")
        there = set()
        listed = ", ".join(quoted(name) for name in names)
        for line in psql(url, f"COPY (SELECT {listed} FROM {quoted(schema)}.{quoted(table)}) TO STDOUT;").split("\n")[:-1]:
            fields = dict(zip(names, (unescaped(field) for field in line.split("\t"))))
            identity = int(Decimal(fields["id"]))
            if identity in there or identity in gone or identity not in rows:
                differences.append(f"{table} {identity}: too many")
                continue
            there.add(identity)
            for name in names:
                value = rows[identity][name]
                if isinstance(value, Unreadable):
                    continue
                if stored(fields[name], kinds[name], value) != expected(value, kinds[name]):
                    differences.append(f"{table} {identity}: {name} is {fields[name]!r}, not {value!r}")
        for identity in rows.keys() - there - gone.keys():
            differences.append(f"{table} {identity}: neither copied nor rejected")
    print(json.dumps(differences[:20]))


main(*sys.argv[1:])

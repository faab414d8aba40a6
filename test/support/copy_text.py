"""What is read from `psql` by the scripts that compare copies."""

ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v"}


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def unescaped(field):
    """A field of COPY's text format; None for NULL."""
    if field == "\\N":
        return None
    parts, at = [], 0
    while at < len(field):
        if field[at] == "\\":
            at += 1
            parts.append(ESCAPES.get(field[at], field[at]))
        else:
            parts.append(field[at])
        at += 1
    return "".join(parts)

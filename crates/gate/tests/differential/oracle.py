"""Asks the GoogleSQL parser (PyPI package zetasql) what two texts are.

Reads one JSON line {"original", "canonical"} after another from standard input and answers each with
{"original": kinds or null, "canonical": kinds or null, "same": bool}: the kinds of the statements in
each text, null for a syntax error, and whether both mean the same. It decides nothing.
"""

import json
import re
import sys

import zetasql.types
from zetasql.api import Parser

NOISE = re.compile(
    r"parse_location_range=ParseLocationRange\([^)]*\)"
    r"|image=(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|is_quoted=(?:True|False)"
)


def options():
    """All features of the language, if this build can name them."""
    made = zetasql.types.LanguageOptions()
    for name in ("maximum_features", "enable_maximum_language_features"):
        enable = getattr(made, name, None) or getattr(zetasql.types.LanguageOptions, name, None)
        if callable(enable):
            result = enable()
            return result if result is not None else made
    return made


def read(parser, text):
    try:
        script = parser.parse_script(text)
    except Exception:  # Any failure to parse is an answer here, not an error.
        return None, None
    statements = script.statement_list_node.statement_list
    return [type(one).__name__ for one in statements], NOISE.sub("", repr(statements))


def main():
    parser = Parser(options())
    for line in sys.stdin:
        pair = json.loads(line)
        original, first = read(parser, pair["original"])
        canonical, second = read(parser, pair["canonical"])
        answer = {"original": original, "canonical": canonical, "same": first == second}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

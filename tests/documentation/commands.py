"""The commands of this project in a bash script, and whether they would be understood: nothing is run."""

import itertools
import re
import shlex
from dataclasses import dataclass

import click

from archbench.cli.main import command

#: Words of bash that a command may come after.
_BEFORE = ("if", "then", "!")

_OURS = ("archbench", "pytest")
_ENDS = re.compile(r"[;&|<>(){}]+")


@dataclass(frozen=True, kw_only=True)
class Command:
    """`program` is archbench or pytest."""

    program: str
    arguments: tuple[str, ...]


def commands_of(script, variables=None):
    """Every call of archbench or pytest in `script`, variables replaced by their values where those are given."""
    found = []
    for line in script.replace("\\\n", " ").splitlines():
        for words in _simple_commands(line):
            call = itertools.dropwhile(lambda word: "=" in word or word in _BEFORE, words)
            program, arguments = _called(list(call))
            if program in _OURS:
                given = (_replaced(word, variables or {}) for word in arguments if word != "$@")
                found.append(Command(program=program, arguments=tuple(given)))
    return found


def _simple_commands(line):
    words = []
    redirected = False
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    for word in lexer:
        if _ENDS.fullmatch(word):
            redirected = word in (">", ">>", "<")
            if not redirected:
                yield words
                words = []
        elif redirected:
            redirected = False
        else:
            words.append(word)
    yield words


def _called(words):
    """Program and arguments; `python -m archbench` is archbench."""
    if not words:
        return "", []
    if words[1:2] == ["-m"]:
        return words[2], words[3:]
    return words[0].rpartition("/")[2], words[1:]


def _replaced(word, variables):
    return re.sub(r"\$\{?(\w+)\}?", lambda found: variables.get(found[1], found[0]), word)


def check_archbench(arguments):
    """Parse the arguments as the command would, converting each.

    Raises:
        click.ClickException: they would be refused.
    """
    entry, names = command, list(arguments)
    context = click.Context(command, info_name="archbench")
    while isinstance(entry, click.Group):
        name = names.pop(0)
        if name.startswith("-"):
            return
        found = entry.get_command(context, name)
        if found is None:
            raise click.UsageError(f"no such command {name!r}")
        entry = found
    with entry.make_context(entry.name, names):
        pass

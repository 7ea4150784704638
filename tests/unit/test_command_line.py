"""The command line: every command has help and stands in the documentation; mistakes are one line and status 2."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bot.cli.main import molva

DOCUMENTATION = (Path(__file__).parents[2] / "docs" / "interfaces.md").read_text(encoding="utf-8")


def commands(group: click.Group = molva, path: str = "molva") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


@pytest.mark.parametrize(("path", "command"), list(commands()))
def test_every_command_has_help_and_is_documented(path: str, command: click.Command) -> None:
    assert command.help
    for parameter in command.params:
        assert not isinstance(parameter, click.Option) or parameter.help, f"{path} {parameter.name}"
    assert f"`{path}`" in DOCUMENTATION


def test_everything_documented_is_there() -> None:
    documented = set(re.findall(r"^\| `(molva [a-z ]+?)`", DOCUMENTATION, re.MULTILINE))
    assert documented == {path for path, _ in commands()}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing"], "No such command 'nothing'"),
        (["digest", "--wek", "1"], "No such option"),
        (["--config", "/no/such/file", "digest"], "there is no file /no/such/file: `molva init` writes one"),
        (["responses", "add", "--score", "5"], "Missing option '--customer'"),
        (["sales", "undo", "9" * 20], "is not in the range"),
        (["responses", "accept", "9" * 20], "is not in the range"),
        (["explain", os.fsdecode(b"\xff7")], r"the argument '\udcff7' is not in UTF-8"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(arguments: list[str], said: str, tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "bot", *arguments], capture_output=True, text=True, check=False, cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "", "PYTHONUTF8": "1"},
    )  # fmt: skip
    assert ran.returncode == 2
    assert said in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert ran.stdout == ""

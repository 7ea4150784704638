"""The command `molva`: its groups, and what its exit status means."""

import errno
import os
import sys

import click

from bot.cli.context import Context, WorkFailed
from bot.cli.lazy import LazyGroup
from bot.cli.output import remark
from bot.config import ConfigError
from storage.full import find_full
from storage.lost import find_lost

AGAIN = "and run it again: what was being written is as it was before."
NO_ROOM = (errno.ENOSPC, errno.EFBIG)
COMMANDS = (
    "init", "check", "run", "worker", "demo",
    "sales", "customers", "pick", "send", "campaigns", "cases", "letters", "links", "mailbox", "staff",
    "explain", "responses", "digest", "updates", "messages",
)  # fmt: skip


@click.group(
    cls=LazyGroup, names=COMMANDS, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.option("--config", metavar="FILE", help="Configuration; else $MOLVA_CONFIG, else ./config.toml.")
@click.version_option(package_name="molva", message="%(package)s %(version)s")
@click.pass_context
def molva(context: click.Context, config: str | None) -> None:
    """Asks a shop's customers whether they would recommend it, and tells the managers every week."""
    context.obj = Context(config)


def main(arguments: list[str] | None = None) -> None:
    """Runs a command line; exit status 0: done, 1: the work failed, 2: wrong usage or configuration, in one line."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        _check_encoding(sys.argv[1:] if arguments is None else arguments)
        molva.main(args=arguments, prog_name="molva", standalone_mode=False)
        sys.stdout.flush()  # what cannot be written is met here, not when the interpreter ends
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(2)
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "molva"
        remark(f"{where}: {error.format_message()} See `{where} --help`.")
        sys.exit(2)
    except (click.ClickException, ConfigError) as error:
        remark(f"molva: {error}")
        sys.exit(2)
    except WorkFailed as error:
        remark(f"molva: {error}")
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        remark("molva: stopped")
        sys.exit(130)
    except BrokenPipeError:
        _drop_output()  # the reader has seen enough
    except Exception as error:
        told = _explain(error)
        if told is None:
            raise
        remark(f"molva: {told}")
        sys.exit(1)


def _check_encoding(arguments: list[str]) -> None:
    """:raises ConfigError: an argument holds bytes that are no UTF-8, and no database would take it"""
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError as error:
            raise ConfigError(
                f"the argument {argument!a} is not in UTF-8: write it in UTF-8, or rename the file"
            ) from error


def _drop_output() -> None:
    """What still waits in the buffer can't be written any more: the interpreter shall not try at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _explain(error: Exception) -> str | None:
    """What to do about a database that is full or away; None: it is something else."""
    if isinstance(error, OSError) and error.errno in NO_ROOM and error.filename is None:
        _drop_output()
        return f"the output could not be written ({error.strerror}): make space where it goes. The work itself is done."
    full, lost = find_full(error), find_lost(error)
    if full is not None:
        return f"{full}. Make space there {AGAIN}"
    return f"the database went away ({lost}). See that it is back (`molva check`) {AGAIN}" if lost else None

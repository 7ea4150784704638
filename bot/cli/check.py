"""`molva check`: tells a new owner what is still wrong."""

import os

import click

from bot.checks import Check, run_checks
from bot.cli.context import Context, json_option, pass_context, run
from bot.cli.output import print_json
from bot.config import find_config


@click.command()
@json_option
@pass_context
def check(context: Context, as_json: bool) -> None:
    """Try everything a run needs, one line each with what to do. Exit status 1 where something is wrong."""
    path = str(find_config(context.config, os.environ)[0])
    settings = context.settings

    async def work() -> list[Check]:
        done = []
        async for tried in run_checks(settings, path):
            if not as_json:
                click.echo(f"{'✓' if tried.ok else '✗'} {tried.name}: {tried.detail}")
            done.append(tried)
        return done

    done = run(work())
    if as_json:
        print_json({"checks": [{"name": tried.name, "ok": tried.ok, "detail": tried.detail} for tried in done]})
    if not all(tried.ok for tried in done):
        raise SystemExit(1)

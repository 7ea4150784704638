"""`molva init`: the configuration from the example, the database created or upgraded."""

import os
from pathlib import Path

import click

from bot.cli.context import Context, json_option, pass_context, run
from bot.cli.output import print_json, remark
from bot.config import ConfigError, find_config
from bot.texts import translator
from storage.database import Database, DatabaseUnavailable


@click.command()
@json_option
@pass_context
def init(context: Context, as_json: bool) -> None:
    """Write config.toml from the example where there is none, create or upgrade the database."""
    path = find_config(context.config, os.environ)[0]
    if not path.exists():
        _write_example(path)
        _ = translator(context.settings.company.language)
        remark(_("wrote {path}: open it and fill in [company], then [telegram] or [email]").format(path=path))
    shown, revision = run(_upgrade(context.settings.database.url))
    if as_json:
        print_json({"database": shown, "revision": revision, "config": str(path)})
    else:
        _ = translator(context.settings.company.language)
        click.echo(
            _("{database} is ready (revision {revision}). Next: molva check").format(database=shown, revision=revision)
        )


async def _upgrade(url: str) -> tuple[str, str]:
    try:
        database = Database(url)
        try:
            revision = await database.upgrade()
        finally:
            await database.close()
    except DatabaseUnavailable as error:
        raise ConfigError(str(error)) from error
    return database.shown, revision


def _write_example(path: Path) -> None:
    here = Path(__file__).resolve().parents[1]
    example = next(
        file for file in (here / "config.example.toml", here.parent / "config.example.toml") if file.exists()
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(example.read_text(encoding="utf-8"), encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from error

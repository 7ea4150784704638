"""`molva demo`: the whole main job, shown with no account anywhere."""

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import click

from bot.cli.context import WorkFailed, json_option
from bot.cli.context import run as run_work
from bot.cli.output import print_json
from bot.config import ConfigError
from bot.demo.play import Play, Round, open_play
from bot.demo.stage import Stage, open_stage
from bot.reports.rendering import Rendered, render_digest
from scheduler.figures.digest import Digest

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the demonstration came to."""

    sent: int
    answered: int
    digest: Digest
    rendered: Rendered
    files: dict[str, Path]


@click.command()
@click.option("--out", default="molva-demo", show_default=True, metavar="DIR", help="Where its files are left.")
@json_option
def demo(out: str, as_json: bool) -> None:
    """Show the main job from sales to digest: no account, no configuration, ends by itself.

    A Bot API server and a mail server on this machine stand in for Telegram and your mail provider; simulated customers
    tap, click, comment, ignore, block and unsubscribe. Nothing leaves the machine.
    """
    logging.getLogger().addHandler(logging.NullHandler())
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"--out {folder} cannot be written: {error.strerror}") from error
    say: Say = (lambda line: click.echo(line, err=True)) if as_json else click.echo
    try:
        shown = run_work(_show(folder.resolve(), say))
    except TimeoutError as error:
        raise WorkFailed("the demonstration got stuck; please report it with the files in the folder") from error
    _finish(shown, say, as_json=as_json)


async def _show(folder: Path, say: Say) -> Shown:
    started = monotonic()
    async with open_stage(folder) as stage, open_play(stage) as play:
        say(f"{stage.settings.company.name}: a shop that exists only here. Its Bot API is {stage.api.url}, its mail")
        say(f"server {stage.mail.host}:{stage.mail.port}, its pages {stage.settings.web.base}.\n")
        sales, customers = await play.bring_sales_in()
        say(f"{sales} sales of {customers} customers came in from {stage.samples / 'sales.csv'}.\n")
        sent, answered = await _play_rounds(play, say)
        digest = await play.post_digest()
        rendered = await render_digest(digest, stage.settings.company)
        files = _leave_files(stage, rendered, folder)
        say(f"\n{sent} questions sent, {answered} answered; the digest stands in the managers' channel")
        say(f"({play.channel_posts()} messages) and went by e-mail. All in {monotonic() - started:.0f} seconds.\n")
    return Shown(sent=sent, answered=answered, digest=digest, rendered=rendered, files=files)


async def _play_rounds(play: Play, say: Say) -> tuple[int, int]:
    sent = answered = 0
    async for week in play.rounds():
        say(_line(week))
        sent, answered = sent + week.sent, answered + week.answered
    return sent, answered


def _line(week: Round) -> str:
    bounced = f", {week.undeliverable} could not be delivered" if week.undeliverable else ""
    return f"{week.week}: {week.picked} customers picked, {week.sent} asked{bounced}, {week.answered} answered"


def _leave_files(stage: Stage, rendered: Rendered, folder: Path) -> dict[str, Path]:
    files = {
        "database": folder / "molva.db",
        "letter": folder / "letter.eml",
        "letter_page": folder / "letter.html",
        "text": folder / "digest.txt",
        "picture": folder / "digest.png",
        "page": folder / "digest.html",
    }
    letter = stage.mail.letters[0]
    body = letter.message.get_body(("html",))
    files["letter"].write_bytes(letter.raw)
    files["letter_page"].write_text(body.get_content() if body else "", encoding="utf-8")
    files["text"].write_text(rendered.text + "\n", encoding="utf-8")
    files["picture"].write_bytes(rendered.png)
    files["page"].write_text(rendered.page, encoding="utf-8")
    return files


def _finish(shown: Shown, say: Say, *, as_json: bool) -> None:
    width = min(shutil.get_terminal_size().columns, 100)
    say("─" * width)
    say(shown.rendered.text)
    say("─" * width)
    say("\nLook at:")
    for name, path in shown.files.items():
        say(f"  {name:12} {path}")
    if as_json:
        files = {name: str(path) for name, path in shown.files.items()}
        nps = shown.digest.now.counts.nps
        print_json({"sent": shown.sent, "answered": shown.answered, "nps": nps, "files": files})

"""`molva letters`: the letter looked at before customers get it."""

from datetime import UTC, datetime
from pathlib import Path

import click

from bot.channels.envelope import enclose
from bot.channels.mailer import open_mailer
from bot.cli.context import Context, WorkFailed, json_option, pass_context, run
from bot.cli.output import print_json
from bot.cli.unknown_words import say_no_customer
from bot.config import ConfigError
from bot.letters.trying import ENDINGS, Reader, compose_trial, shown_as
from bot.links import TEST_TOKEN
from bot.texts import LANGUAGES, Translator, translator
from scheduler.channel import TryLater, Undeliverable, Unknown
from storage.personal import find_customer, find_email
from storage.sources.problems import RowRejected
from storage.sources.values import read_email

language_option = click.option("--language", type=click.Choice(LANGUAGES), help="Instead of the customer's.")
reminder_option = click.option("--reminder", is_flag=True, help="The reminder instead of the question.")


@click.group()
def letters() -> None:
    """The letter with the question: preview it, send it to yourself. Nobody is asked by that."""


@letters.command()
@click.argument("customer")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE",
              help="Where to: .html, .txt (the plain-text part) or .eml (the whole letter).")  # fmt: skip
@language_option
@reminder_option
@json_option
@pass_context
def preview(context: Context, customer: str, *, out: Path, language: str | None, reminder: bool, as_json: bool) -> None:
    """Write the letter that a customer would get. CUSTOMER is the shop's number."""
    _ = translator(context.settings.company.language)
    ending = out.suffix.lower()
    if ending not in ENDINGS:
        raise ConfigError(_("{path} must end with .html, .txt or .eml").format(path=out))
    reader: Reader = run(_find(context, customer, language, _))
    try:
        letter = compose_trial(context.settings, reader, datetime.now(UTC), is_reminder=reminder)
    except UnicodeError as error:
        raise WorkFailed(_("{address} is no address").format(address=reader.address)) from error
    style = context.settings.letters
    try:
        out.write_bytes(shown_as(letter, ending, style.logo if style.has_file else ""))
    except OSError as error:
        raise WorkFailed(f"{out}: {error.strerror or error}") from error
    if as_json:
        print_json({"file": str(out)})
    else:
        click.echo(_("The letter to customer {customer} is in {path}; its links lead nowhere").format(
            customer=customer, path=out
        ))  # fmt: skip


@letters.command()
@click.argument("address")
@click.option("--customer", metavar="ID", help="Greet this customer in it (the shop's number).")
@language_option
@reminder_option
@json_option
@pass_context
def test(
    context: Context, address: str, *, customer: str | None, language: str | None, reminder: bool, as_json: bool
) -> None:
    """Send a real letter, marked as a test, to ADDRESS. Its links store nothing."""
    settings = context.settings
    _ = translator(settings.company.language)
    if settings.email is None:
        raise ConfigError(_("there is no [email] in the configuration: it names the mail server"))
    email = settings.email
    try:
        read_email(address.strip())
    except RowRejected as error:
        raise WorkFailed(_("{address} is no address").format(address=address)) from error

    async def work() -> str:
        known = await _find(context, customer, language, _) if customer else Reader(language=language)
        reader = Reader(address=address.strip(), name=known.name, language=known.language)
        letter = compose_trial(settings, reader, datetime.now(UTC), is_reminder=reminder, is_test=True)
        letter.replace_header("Message-ID", f"<test.{datetime.now(UTC).timestamp():.6f}.{letter['Message-ID'][1:]}")
        async with open_mailer(email) as mailer:
            return await mailer.deliver(enclose(letter, email.sender, reader.address or ""))

    try:
        reference: str = run(work())
    except (UnicodeError, Undeliverable) as error:
        raise WorkFailed(_("{address} was refused ({error})").format(address=address, error=error)) from error
    except (TryLater, Unknown) as error:
        said = _("the mail server did not take it ({error}): see `molva check`")
        raise WorkFailed(said.format(error=error)) from error
    if as_json:
        print_json({"address": address, "message_id": reference, "token": TEST_TOKEN})
    else:
        click.echo(_("A test letter is on its way to {address}").format(address=address))


async def _find(context: Context, number: str, language: str | None, _: Translator) -> Reader:
    async with context.database() as database, database.read() as connection:
        customer = await find_customer(connection, number)
        if customer is None:
            raise WorkFailed(say_no_customer(number, context.settings.company.language))
        address = await find_email(connection, customer.id)
    return Reader(address=address, name=customer.name, language=language or customer.language)

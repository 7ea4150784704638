"""`python -m bot.loopback`: both servers as a process of their own, until it is interrupted."""

import argparse
import asyncio
import json
import signal

from bot.loopback.bot_api import BotApiServer
from bot.loopback.control import control_routes
from bot.loopback.mail_server import MailServer


def main() -> None:
    options = _read_options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        asyncio.run(_serve(options))
    except KeyboardInterrupt:
        return


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bot.loopback", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="both servers listen there (%(default)s)")
    parser.add_argument("--port", type=int, default=0, help="of the Bot API; 0 takes a free one")
    parser.add_argument("--mail-port", type=int, default=0, help="of the mail server; 0 takes a free one")
    parser.add_argument("--token", help="of the bot; a random one otherwise")
    parser.add_argument("--rate", type=float, help="messages per second above which the Bot API answers 429")
    return parser.parse_args()


async def _serve(options: argparse.Namespace) -> None:
    """Prints where the servers are, as one line of JSON, and serves for ever."""
    api = BotApiServer(host=options.host, port=options.port, token=options.token, rate_per_second=options.rate)
    async with MailServer(host=options.host, port=options.mail_port) as mail:
        api.app.router.routes.extend(control_routes(api, mail))
        async with api:
            place = {"url": api.url, "token": api.token, "smtp_host": mail.host, "smtp_port": mail.port}
            print(json.dumps(place), flush=True)
            await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    main()

"""Postfix and Dovecot from Debian on loopback ports, with a configuration and queues that are thrown away.

Needs root, as Postfix does. Customers live at example.test, behind a server of the test's own; we live at shop.test.
"""

import asyncio
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

CERTIFICATE = Path(__file__).parent.parent / "data" / "loopback_mail.pem"
USER, PASSWORD = "answers@shop.test", "секрет"
SECONDS = 30.0  # that the servers may take to answer

DOVECOT = """
base_dir = {root}/run
log_path = {root}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{certificate}
disable_plaintext_auth = yes
login_trusted_networks =
auth_mechanisms = plain login
mail_location = maildir:{root}/mail/%u
first_valid_uid = 1
recipient_delimiter = +
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={root}/mail/%u allow_all_users=yes
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service auth {{
  inet_listener {{
    port = {auth}
  }}
}}
"""
MAIN = """
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
maillog_file = {root}/postfix.log
maillog_file_prefixes = {root}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.shop.test
mydestination =
alias_maps =
local_recipient_maps =
mynetworks =
recipient_delimiter = +
virtual_mailbox_domains = shop.test
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
transport_maps = inline:{{ {{ example.test = smtp:[127.0.0.1]:{sink} }} }}
smtp_host_lookup = native
smtpd_tls_security_level = encrypt
smtpd_tls_chain_files = {certificate}
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
smtputf8_enable = yes
maximal_queue_lifetime = 0
bounce_queue_lifetime = 0
notify_classes =
"""
MASTER = """
127.0.0.1:{smtp} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, kw_only=True)
class MailStack:
    """Ports of the running servers; what they say is in `root`."""

    root: Path
    smtp: int  # STARTTLS and a login required
    imap: int  # STARTTLS before the login
    imaps: int
    lmtp: int
    sink: int  # where customers' server has to listen

    @property
    def trusting(self) -> ssl.SSLContext:
        """For who takes the servers' certificate for good."""
        return ssl.create_default_context(cafile=str(CERTIFICATE))

    def log(self) -> str:
        """What the servers have said."""
        logs = [self.root / name for name in ("postfix.log", "dovecot.log")]
        return "\n".join(log.read_text(encoding="utf-8", errors="replace") for log in logs if log.exists())


@contextmanager
def run_mail_stack() -> Iterator[MailStack]:
    """Both servers, until the block ends."""
    names = ("smtp", "imap", "imaps", "lmtp", "auth", "sink")
    root = Path(tempfile.mkdtemp(prefix="molva-mail-"))
    root.chmod(0o755)  # Postfix and Dovecot go in under names of their own
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, root, ignore_errors=True)
        ports = dict(zip(names, _free_ports(len(names)), strict=True))
        _configure(root, ports)
        stack.enter_context(_dovecot(root))
        stack.enter_context(_postfix(root))
        for name in ("smtp", "imap", "lmtp"):
            _await_port(ports[name])
        yield MailStack(root=root, **{name: port for name, port in ports.items() if name != "auth"})


def _configure(root: Path, ports: dict[str, int]) -> None:
    for name, owner in (("mail", "dovecot"), ("data", "postfix"), ("queue", "root"), ("run", "root"), ("etc", "root")):
        (root / name).mkdir()
        shutil.chown(root / name, owner)
    user = pwd.getpwnam("dovecot")
    values = {
        **ports, "root": root, "certificate": CERTIFICATE, "password": PASSWORD, "uid": user.pw_uid, "gid": user.pw_gid,
    }  # fmt: skip
    (root / "dovecot.conf").write_text(DOVECOT.format(**values), encoding="utf-8")
    (root / "etc" / "main.cf").write_text(MAIN.format(**values), encoding="utf-8")
    (root / "etc" / "master.cf").write_text(MASTER.format(**values), encoding="utf-8")


@contextmanager
def _dovecot(root: Path) -> Iterator[None]:
    server = subprocess.Popen(["dovecot", "-F", "-c", str(root / "dovecot.conf")])
    try:
        yield
    finally:
        server.terminate()
        server.wait(SECONDS)


@contextmanager
def _postfix(root: Path) -> Iterator[None]:
    command = ["postfix", "-c", str(root / "etc")]
    with (root / "postfix.out").open("wb") as said:
        subprocess.run([*command, "start"], check=True, stdout=said, stderr=said, timeout=SECONDS)
        try:
            yield
        finally:
            subprocess.run([*command, "stop"], check=True, stdout=said, stderr=said, timeout=SECONDS)


def _free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _await_port(port: int) -> None:
    async def connect() -> None:
        async with asyncio.timeout(SECONDS):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.05)
                    continue
                writer.close()
                return

    asyncio.run(connect())

"""Where the pages are served, and under which address customers see them."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class WebSettings:
    """`[web]`."""

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = "http://localhost:8080"
    metrics_token: str = ""  # whoever reads /metrics must bear it; empty: only this machine and its network read it
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")  # addresses or networks whose X-Forwarded-For is believed
    address_limit: str = "30000/minute"  # requests of one address; several, with ; between; "": any number
    token_limit: str = "600/minute"  # posted forms of one link
    counter_limit: str = "10/hour"  # answers by a public link from one address that are above doubt; "": any number

    site_origins: tuple[str, ...] = ()  # of the shop's pages that may show the question: https://shop.example.com

    @property
    def base(self) -> str:
        """public_url without a slash at its end."""
        return self.public_url.rstrip("/")

"""Where the pages are served, and under which address customers see them."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class WebSettings:
    """`[web]`."""

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = "http://localhost:8080"
    metrics_token: str = ""  # whoever reads /metrics must bear it; empty: only this machine and its network read it

    @property
    def base(self) -> str:
        """public_url without a slash at its end."""
        return self.public_url.rstrip("/")

"""Where the pages are served, and under which address customers see them."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class WebSettings:
    """`[web]`."""

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = "http://localhost:8080"

    @property
    def base(self) -> str:
        """public_url without a slash at its end."""
        return self.public_url.rstrip("/")

"""QR codes of links: as a picture, in a terminal, as modules to draw."""

import io

import segno

ERROR_LEVEL = "m"  # a code on a crumpled receipt loses some of itself
PNG_SCALE = 8  # pixels a module


def draw_png(url: str) -> bytes:
    """The link's QR code as a picture."""
    written = io.BytesIO()
    make_code(url).save(written, kind="png", scale=PNG_SCALE)
    return written.getvalue()


def draw_for_terminal(url: str) -> str:
    """The link's QR code in half blocks."""
    written = io.StringIO()
    make_code(url).terminal(written, compact=True)
    return written.getvalue()


def make_code(url: str) -> segno.QRCode:
    """Black on white, of the size that its words need."""
    return segno.make(url, error=ERROR_LEVEL, micro=False)

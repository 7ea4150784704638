"""The shape in which everything crosses the wire."""

from typing import Any

Json = dict[str, Any]
"""A JSON object."""

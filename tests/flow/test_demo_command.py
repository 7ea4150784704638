"""`molva demo`: the whole main job with no account, and its files."""

import json
from pathlib import Path

from tests.flow.command import molva

PNG = b"\x89PNG\r\n\x1a\n"


async def test_the_demo_shows_the_main_job_and_leaves_its_files(tmp_path: Path) -> None:
    shown = await molva(tmp_path / "config.toml", "demo", "--out", str(tmp_path / "out"), "--json")
    assert shown.status == 0, shown.stderr
    document = json.loads(shown.stdout)
    assert document["sent"] >= 100
    assert 0 < document["answered"] < document["sent"]
    assert -100 <= document["nps"] <= 100
    files = {name: Path(path) for name, path in document["files"].items()}
    assert files["picture"].read_bytes().startswith(PNG)
    assert "NPS" in files["text"].read_text(encoding="utf-8")
    assert b"List-Unsubscribe" in files["letter"].read_bytes()
    assert files["database"].stat().st_size > 0
    assert not (tmp_path / "config.toml").exists()

"""`aicost export`, for real: a file that finance tools read."""

import csv
import io
import os
from collections.abc import Mapping

from commands import aicost
from corpora import Scenario


def test_it_prints_days_as_focus(claude_lab: Mapping[str, Scenario]) -> None:
    env = {**os.environ, "CLAUDE_CONFIG_DIR": str(claude_lab["01_plain"].home)}
    ended = aicost("export", "--format", "focus", env=env)
    assert ended.returncode == 0, ended.stderr
    rows = list(csv.DictReader(io.StringIO(ended.stdout)))
    assert rows
    assert {row["ChargeCategory"] for row in rows} == {"Usage"}
    none = aicost("export", "--since", "2199-01-01", env=env)
    assert none.stdout == ended.stdout.splitlines()[0] + "\n"


def test_a_range_without_a_day_is_said() -> None:
    ended = aicost("export", "--since", "2026-11-02", "--until", "2026-11-01")
    assert ended.returncode == 3
    assert "try: aicost export --since 2026-11-01 --until 2026-11-02" in ended.stderr

"""Two processes on one batch are one run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")

MEMBER = """
import sys
from pathlib import Path
import torch
from core.embed.tower.team import Team
team = Team(Path(sys.argv[1]), int(sys.argv[2]), 2)
weights, shift = torch.full((2, 2), float(team.rank)), torch.tensor([4.0 * team.rank])
team.average([weights, shift])
print(weights.sum().item(), shift.item(), team.any(team.rank == 1), team.any(False))
team.leave()
"""


def test_a_team_averages_and_stops_together(tmp_path: Path):
    command = [sys.executable, "-c", MEMBER, str(tmp_path / "meeting")]
    root = Path(__file__).resolve().parents[2]
    members = [
        subprocess.Popen([*command, str(rank)], cwd=root, stdout=subprocess.PIPE, text=True) for rank in range(2)
    ]
    said = [member.communicate(timeout=120)[0].split() for member in members]
    assert said == [["2.0", "2.0", "True", "False"]] * 2
    assert not (tmp_path / "meeting").exists()

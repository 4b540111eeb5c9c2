"""A short form of the campaign of kills, on the first stages: `python tests/stages/kills.py` is the long one."""

from pathlib import Path

from kills import KINDS, Campaign

FIRST = ("python", "tools/engine.py", "train_classifier@digits")


def test_nothing_is_lost_where_the_first_stages_are_killed(tmp_path: Path) -> None:
    campaign = Campaign(tmp_path, FIRST, latest=5)
    campaign.run(len(KINDS))
    assert campaign.killed == dict.fromkeys(KINDS, 1)
    assert campaign.faults() == []

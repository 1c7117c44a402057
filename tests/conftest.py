"""Where the real tables are, and what happens where they are not at hand."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("unhurried", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("unhurried")

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("KLASTERNET_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def shared():
    """Folder of the real tables; the test skips without them, or fails where they are required."""
    if SHARED.is_dir():
        return SHARED
    reason = f"the real tables are not at hand ({SHARED}); set KLASTERNET_DATA to their folder"
    if os.environ.get("KLASTERNET_REQUIRE_DATA"):
        pytest.fail(reason)
    pytest.skip(reason)

from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def valid_files() -> list[Path]:
    return sorted((HERE / "shapes" / "valid").glob("*.ttl"))

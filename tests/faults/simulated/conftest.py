"""Which seeds are run: `--seed N` one of them, told as it happens; `--seeds N` so many."""

import pytest

SEEDS = 50


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; they are known when this folder is named on the command line."""
    parser.addoption("--seed", type=int, help="run this seed alone and print its whole trace")
    parser.addoption("--seeds", type=int, help=f"how many seeds to run (default: {SEEDS})")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that takes a `seed` all of them."""
    if "seed" in metafunc.fixturenames:
        one = metafunc.config.getoption("--seed", None)
        seeds = range(metafunc.config.getoption("--seeds", None) or SEEDS) if one is None else [one]
        metafunc.parametrize("seed", seeds)


@pytest.fixture
def loudly(request: pytest.FixtureRequest) -> bool:
    """Whether the trace is printed as it grows."""
    return request.config.getoption("--seed", None) is not None

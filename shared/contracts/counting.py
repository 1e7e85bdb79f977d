"""How denunciations are counted wherever they are: never in cells so small that one of them shows."""

CELL_MIN = 5
"""The least number of denunciations of which anything is told in a statistic; an empty cell tells of nobody."""


def is_small(count: int) -> bool:
    """Whether a cell of denunciations is too small to be told."""
    return 0 < count < CELL_MIN

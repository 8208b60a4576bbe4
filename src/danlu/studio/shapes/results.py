"""What a job made, as it is sent."""

from danlu.studio.shapes.common import Shape
from danlu.studio.shapes.recipes import Values


class ResultShape(Shape):
    """A file that a job has made for whoever asked."""

    name: str
    size_bytes: int
    url: str


class FoundRate(Shape):
    """What a search for the learning rate came to, for one optimizer."""

    kind: str
    lr: float
    optimizer: Values
    """The recipe's table `optimizer` with it."""


class ResultList(Shape):
    """What a job has made."""

    files: list[ResultShape]
    rates: list[FoundRate]
    """Of a search for the learning rate."""

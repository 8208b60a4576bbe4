"""Which of a component's tensors an adapter is put beside, told from names and shapes alone."""

from collections.abc import Mapping


def layer_shapes(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """Weight shapes of a component's linear layers and convolutions (embeddings are among them) and, with one side, of
    its norms, by their path among its modules.
    """
    return {
        name.removesuffix(".weight"): shape
        for name, shape in shapes.items()
        if name.endswith(".weight") and len(shape) in (1, 2, 4)
    }

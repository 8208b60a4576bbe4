"""Which of a component's tensors an adapter is put beside, told from names and shapes alone."""

from collections.abc import Mapping


def adaptable_shapes(shapes: Mapping[str, tuple[int, ...]], component: str) -> list[tuple[int, ...]]:
    """Weight shapes of the layers that an adapter is put beside: the linear layers and 1×1 convolutions of the U-Net's
    transformer blocks, or the linear layers of the text encoder's blocks (see `adapters.targets`).
    """
    inside = ".attentions." if component == "unet" else ".layers."
    return [
        shape
        for name, shape in shapes.items()
        if inside in f".{name}" and name.endswith(".weight") and (len(shape) == 2 or shape[2:] == (1, 1))
    ]

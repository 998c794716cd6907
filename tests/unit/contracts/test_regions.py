"""The regions that the layers accept are those of the simulation: each is the only one of its side."""

from identity_layer.kit.regions import REGIONS
from sandbox.cloud import places


def test_the_layers_and_the_simulation_have_the_same_regions() -> None:
    assert set(places.REGIONS) == REGIONS

"""A share of the changed bundles of tests/torture: none of them is accepted."""

from itertools import islice

import pytest

from speedcam.seal.bundle import MANIFEST, SIGNATURE, pack_bundle, unpack_bundle
from tests.torture.bundle import accepted, drawn, every_bit, exchanged, some_bundles


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    return some_bundles(tmp_path_factory.mktemp("bundles"))


def test_the_unchanged_ones_are_accepted(bundles):
    for members in (bundles.one, bundles.other):
        assert accepted(("whole", lambda m=members: unpack_bundle(pack_bundle(m))), bundles.trust)


@pytest.mark.parametrize(
    "share",
    [
        lambda b: islice(every_bit(b.one, MANIFEST), 0, None, 67),
        lambda b: islice(every_bit(b.one, SIGNATURE), 0, None, 3),
        exchanged,
        lambda b: islice(drawn(b, seed=1), 80),
    ],
    ids=["manifest", "signature", "exchanged", "drawn"],
)
def test_no_changed_bundle_is_accepted(bundles, share):
    mutants = list(share(bundles))
    assert len(mutants) > 5
    assert [about for about, made in mutants if accepted((about, made), bundles.trust)] == []

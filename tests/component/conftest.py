"""An identity provider that every component test may use."""

from collections.abc import Iterator

import pytest

from shared.testing.issuer import KeyIssuer, serving_issuer


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeyIssuer]:
    with serving_issuer(tmp_path_factory.mktemp("issuer")) as served:
        yield served

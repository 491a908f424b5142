"""One browser for all tests of this folder: each opens a page of its own in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.browser import Page, browsing


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A headless browser, held open."""
    with browsing(tmp_path_factory.mktemp("browser") / "profile") as page:
        yield page

"""What axe finds on every tab, in light and dark: nothing serious."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.demo.browsing import needs_chromium, visit

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    needs_chromium,
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(served, scheme):
    found = []
    with visit(served.url, color_scheme=scheme) as visitor:
        for tab in ("Chat", "Create", "Edit", "Reconstruct", "Compare"):
            visitor.open_tab(tab)
            for violation in Axe().run(visitor.page).response["violations"]:
                if violation["impact"] in ("serious", "critical"):
                    places = {" ".join(node["target"]): node["failureSummary"] for node in violation["nodes"]}
                    found.append((tab, violation["id"], places))
    assert found == [], "\n".join(map(str, found))

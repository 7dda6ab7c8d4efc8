"""The pictures that are shown at once are those that plotly.js draws of the same figures."""

import base64
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.visits import A_MOMENT, MARCH, Visit

DIFFERING = """async (pictures) => {
  const [one, other] = await Promise.all(pictures.map(async (picture) => {
    const bytes = Uint8Array.from(atob(picture), (each) => each.charCodeAt(0));
    const whole = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const half = { resizeWidth: whole.width / 2, resizeHeight: whole.height / 2, resizeQuality: 'high' };
    const image = await createImageBitmap(whole, half);
    const pen = new OffscreenCanvas(image.width, image.height).getContext('2d');
    pen.drawImage(image, 0, 0);
    return pen.getImageData(0, 0, image.width, image.height).data;
  }));
  if (one.length !== other.length) return 1;
  const pixels = one.length / 4;
  const differs = (pixel) => [0, 1, 2].some((part) => Math.abs(one[4 * pixel + part] - other[4 * pixel + part]) > 24);
  return Array.from({ length: pixels }, (_, pixel) => pixel).filter(differs).length / pixels;
}"""
"""Which share of the pixels of two pictures differs by more than the smoothing of an edge.

They are compared at half their size, for a text may stand half a pixel beside the other."""

MOST = 0.006
"""The edge of a pattern, or of a bar that is thinner than a pixel, may fall into the next one."""


def taken(picture: Locator) -> str:
    return base64.b64encode(picture.screenshot()).decode()


def differing(page: Page, one: str, other: str) -> float:
    share = page.evaluate(DIFFERING, [one, other])
    return float(share)


@pytest.mark.parametrize(
    ("query", "graphs"),
    [
        (f"user=ann&{MARCH}", 4),
        (f"user=rev&{MARCH}&theme=dark", 2),
        ("user=ann&from=2024-03-04&to=2024-03-04&tz=UTC&statistic=median", 4),
        ("user=ann&from=2024-01-01&to=2025-06-30&tz=UTC&grain=day", 4),  # with bars thinner than a pixel
        ("user=busy&from=2024-01-01&to=2026-06-30&tz=UTC&grain=month", 4),
        (f"user=ann&user=boss&user=rev&{MARCH}", 6),  # a line each
        ("user=boss&user=m1&user=m2&user=spread&from=2024-03-25&to=2024-04-03&tz=UTC&theme=dark", 4),
        ("user=spread&from=2024-04-01&to=2024-04-08&tz=UTC", 4),  # with an outlier, and bars in place of the ring
    ],
)
def test_a_sketch_is_what_plotly_draws(visit: Callable[..., Visit], query: str, graphs: int) -> None:
    boss = visit(viewport={"width": 1000, "height": 2000})
    page = boss.go(query)
    names = [
        (picture.get_attribute("id") or "").removesuffix("-graph")
        for picture in page.locator(".picture:has(.sketch)").all()
    ]
    assert len(names) == graphs
    for name in names:
        picture = page.locator(f"#{name}-graph")
        sketched = taken(picture)
        boss.graph(name)
        page.mouse.move(0, 0)
        expect(picture.locator(".hoverlayer > *")).to_have_count(0)
        page.evaluate(A_MOMENT)
        share = differing(page, sketched, taken(picture))
        assert share <= MOST, name

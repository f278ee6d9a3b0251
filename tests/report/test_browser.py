"""The page in a real browser, at the width of a desk and of a telephone, in light and dark."""

import http.server
import json
import shutil
import threading

import pytest

from archbench.pages.build import page_of, page_of_two
from archbench.pages.record_set import read_set
from archbench.report.page import write_page
from tests.pages.night import write_baselines, write_night
from tests.pages.test_page import sources

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
WIDTHS = {"desk": 1280, "telephone": 390}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None or DRIVER is None, reason="chromium and chromedriver are not installed"),
]

#: Words of one picture whose boxes share more than a hair; rotated ones are compared as they lie.
OVERLAPS = """
const found = [];
for (const svg of document.querySelectorAll('figure svg')) {
  if (!svg.getBoundingClientRect().width) continue;
  const boxes = [...svg.querySelectorAll('text')].map(text => {
    const box = text.getBBox(), place = text.getScreenCTM();
    const [right, bottom] = [box.x + box.width, box.y + box.height];
    const corners = [[box.x, box.y], [right, box.y], [right, bottom], [box.x, bottom]]
      .map(([x, y]) => new DOMPoint(x, y).matrixTransform(place));
    return {words: text.textContent, corners};
  });
  const axes = polygon => polygon.map((point, index) => {
    const next = polygon[(index + 1) % polygon.length];
    const [x, y] = [next.y - point.y, point.x - next.x], size = Math.hypot(x, y) || 1;
    return [x / size, y / size];
  });
  const span = (polygon, [x, y]) => {
    const values = polygon.map(point => point.x * x + point.y * y);
    return [Math.min(...values), Math.max(...values)];
  };
  for (let i = 0; i < boxes.length; i++) for (let j = i + 1; j < boxes.length; j++) {
    const [a, b] = [boxes[i].corners, boxes[j].corners];
    const depth = Math.min(...[...axes(a), ...axes(b)].map(axis => {
      const [low, high] = span(a, axis), [from, to] = span(b, axis);
      return Math.min(high, to) - Math.max(low, from);
    }));
    if (depth > 1.5) found.push(`${svg.getAttribute('aria-label').slice(0, 40)}: ${boxes[i].words} | ${boxes[j].words}`);
  }
  const frame = svg.getBoundingClientRect();
  for (const text of svg.querySelectorAll('text')) {
    const box = text.getBoundingClientRect();
    if (box.left < frame.left - 2 || box.right > frame.right + 2 || box.top < frame.top - 2 || box.bottom > frame.bottom + 2)
      found.push(`${svg.getAttribute('aria-label').slice(0, 40)}: ${text.textContent} leaves its picture`);
  }
}
return found;
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A folder that is served, with the page of one night and of two."""
    root = tmp_path_factory.mktemp("pages")
    records = read_set(write_night(root / "night"))
    known = sources(write_baselines(root, root / "history.sqlite"), root / "history.sqlite")
    (root / "served").mkdir()
    write_page(root / "served" / "one.html", page_of(records, known))
    write_page(root / "served" / "two.html", page_of_two(records, records, known))
    return root / "served"


@pytest.fixture(scope="module")
def server(pages):
    """(address, paths that were asked for)."""
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(pages))

        def log_message(self, *_):
            asked.append(self.path)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{made.server_address[1]}", asked
        made.shutdown()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=DRIVER))
    yield driver
    driver.quit()


def opened(browser, address, width, scheme):
    """The page as wide as that, in that colour scheme, every folded table open."""
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    )
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    browser.get(address)
    browser.execute_script("document.querySelectorAll('details').forEach(entry => { entry.open = true; });")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("name", ["one.html", "two.html"])
def test_the_page_is_whole_quiet_and_readable(name, width, scheme, browser, server):
    address, asked = server
    asked.clear()
    browser.get_log("performance")
    opened(browser, f"{address}/{name}", width, scheme)

    assert browser.execute_script(OVERLAPS) == []
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert browser.get_log("browser") == []
    assert set(asked) <= {f"/{name}"}
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    requests = [entry["params"]["request"]["url"] for entry in messages if entry["method"] == "Network.requestWillBeSent"]
    assert set(requests) <= {f"{address}/{name}", "data:,"}
    background = browser.execute_script("return getComputedStyle(document.documentElement).backgroundColor")
    assert (background == "rgb(254, 254, 253)") is (scheme == "light")


def test_words_have_contrast_in_either_scheme(browser, server):
    address, _ = server
    luminance = """
    const light = colour => { const [r, g, b] = colour.match(/\\d+/g).map(value => { const share = value / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4; });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const paper = light(getComputedStyle(document.documentElement).backgroundColor);
    return [...document.querySelectorAll('p, td, th, summary, figcaption, .mark, figure text')].slice(0, 4000).map(entry => {
      const style = getComputedStyle(entry), own = light(entry.tagName === 'text' ? style.fill : style.color);
      return (Math.max(own, paper) + 0.05) / (Math.min(own, paper) + 0.05); }).sort((a, b) => a - b)[0];
    """
    for scheme in ("light", "dark"):
        opened(browser, f"{address}/one.html", WIDTHS["desk"], scheme)
        assert browser.execute_script(luminance) >= 4.5

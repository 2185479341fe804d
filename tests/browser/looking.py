"""What may be wrong with a page that a window shows, whoever opened it."""

from typing import Any, Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize

from tests.browser.conftest import SIZES

AXE: Final = Axe()
# All of axe's rules of WCAG 2.2 A and AA and its best practices; `target-size` it leaves out until asked.
EVERY_RULE: Final = {
    "resultTypes": ["violations"],
    "rules": {"target-size": {"enabled": True}},
    "selectors": False,
    "preload": False,
    "iframes": False,
}
# What else than the light can change in the dark.
COLOURS: Final = {
    **EVERY_RULE,
    "rules": {},
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}

# The places, and whose sign-in it is, that stand on one another, out of the window, or cut short.
CROWDED: Final = """() => {
  const signs = ".places > ul > li > a, .places > ul > li > details > summary, .whoami > summary";
  const seen = [...document.querySelectorAll(signs)].filter((each) => each.checkVisibility());
  const boxes = seen.map((each) => each.getBoundingClientRect());
  const apart = (a, b) => a.right < b.left + 1 || a.bottom < b.top + 1;
  const meet = (a, b) => !apart(a, b) && !apart(b, a);
  const cut = (each) => [...each.querySelectorAll("span:not(.count, .count *, .whoami *)")]
    .some((word) => word.scrollWidth > word.clientWidth + 1 && getComputedStyle(word).overflowX === "hidden");
  const crowded = (each, place) =>
    boxes[place].right > innerWidth + 1 || cut(each)
    || boxes.some((box, other) => other > place && meet(box, boxes[place]));
  return seen.filter(crowded).map((each) => each.innerText);
}"""
# What reaches furthest to the right of a page that scrolls sideways.
WIDEST: Final = """() => {
  if (document.documentElement.scrollWidth <= innerWidth + 1) return "";
  const reach = (each) => each.getBoundingClientRect().right;
  const all = [...document.body.querySelectorAll("*")].filter((each) => each.checkVisibility());
  const widest = all.reduce((a, b) => (reach(b) > reach(a) ? b : a));
  return widest.outerHTML.slice(0, 140) || "something";
}"""
# The words that stand on two lines, cut through because their place is too narrow for them.
CUT_THROUGH: Final = """() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const cut = [];
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    if (!text.data.trim() || !text.parentElement.checkVisibility()) continue;
    const look = getComputedStyle(text.parentElement);
    const onlyHeard = look.clipPath !== "none";
    if (onlyHeard || (look.overflowWrap === "normal" && look.wordBreak === "normal")) continue;
    for (const { 0: word, index } of text.data.matchAll(/(?<!\\S)\\p{L}{3,15}(?![^\\s.,;:!?)])/gu)) {
      const range = document.createRange();
      range.setStart(text, index);
      range.setEnd(text, index + word.length);
      if (new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1) cut.push(word);
    }
  }
  return cut;
}"""
HEADINGS: Final = """() => [...document.querySelectorAll("h1")]
  .filter((each) => each.checkVisibility()).map((each) => each.innerText.trim())"""
# What is wrong with where the focus is; empty for nothing.
FOCUS: Final = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return "Tab leads nowhere";
  const sign = at.outerHTML.slice(0, 100);
  const look = getComputedStyle(at);
  const outlined = look.outlineStyle !== "none" && parseFloat(look.outlineWidth) > 0;
  if (!outlined && look.boxShadow === "none") return `the focus isn't seen on ${sign}`;
  const box = at.getBoundingClientRect();
  const inside = box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight;
  return inside ? "" : `the focus is out of the window on ${sign}`;
}"""


def violations(page: Page, rules: dict[str, Any] = EVERY_RULE) -> list[str]:
    """What axe finds in a window as tall as the page: what sticks to its edge lies over nothing else then.

    A page gets the half megabyte of axe once, however often it is looked at.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.axe_script)
    was = window(page)
    tall = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": was["width"], "height": max(tall, was["height"])})
    found: dict[str, Any] = page.evaluate("rules => axe.run(rules)", rules)
    page.set_viewport_size(was)
    return [
        f"{each['id']}, {len(each['nodes'])} times: {each['nodes'][0]['html'][:140]}"
        for each in found["violations"]
    ]


def room(page: Page) -> list[str]:
    """What has no room at the window's width."""
    wrong = []
    if widest := page.evaluate(WIDEST):
        wrong.append(f"it scrolls sideways: {widest}")
    if crowded := page.evaluate(CROWDED):
        wrong.append(f"the frame has no room for {crowded}")
    if cut := page.evaluate(CUT_THROUGH):
        wrong.append(f"words are cut through: {cut}")
    return wrong


def look_at(page: Page) -> list[str]:
    """What is wrong with the page that is open, as wide and in the colours that it has."""
    return room(page) + violations(page)


def head(page: Page) -> list[str]:
    """Whether the page says what it is, and lets somebody without a mouse begin."""
    wrong = []
    headings = page.evaluate(HEADINGS)
    if len(headings) != 1 or not headings[0]:
        wrong.append(f"its first headings are {headings}")
    page.keyboard.press("Tab")
    if lost := page.evaluate(FOCUS):
        wrong.append(lost)
    return wrong


def look_once(page: Page) -> list[str]:
    """For its room at every width; with every rule in the light, and with those of colours in the dark."""
    wrong = violations(page)
    page.emulate_media(color_scheme="dark")
    wrong += [f"dark: {fault}" for fault in violations(page, COLOURS)]
    page.emulate_media(color_scheme="light")
    was = window(page)
    for name, size in SIZES.items():
        resize(page, size)
        wrong += [f"{name}: {fault}" for fault in room(page)]
    page.set_viewport_size(was)
    return wrong


def look_everywhere(page: Page) -> list[str]:
    """With every rule at every width, in the light and in the dark."""
    wrong = []
    was = window(page)
    for name, size in SIZES.items():
        resize(page, size)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            wrong += [f"{name} {scheme}: {fault}" for fault in look_at(page)]
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(was)
    return wrong


def window(page: Page) -> ViewportSize:
    size = page.viewport_size
    assert size is not None
    return size


def resize(page: Page, size: tuple[int, int]) -> None:
    width, height = size
    page.set_viewport_size({"width": width, "height": height})

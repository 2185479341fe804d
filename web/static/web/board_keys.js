// The day board by arrow keys: Left and Right to what is before and after in the same chair, Up and Down to the same
// time in the chair above and below, Home and End to the chair's first and last. Every visit and every free time
// stays a stop of Tab, too: whoever hears the page has its headings, and without this file nothing is missing.
"use strict";

const STOPS = ".block-face, .block form button, .gap-face, .gap-fits";
let aim = null; // where on the line of time somebody goes up and down, in pixels; they may come by shorter visits

const stopsOf = (row) => [...row.querySelectorAll(STOPS)].filter((stop) => stop.checkVisibility());
const start = (stop) => stop.getBoundingClientRect().left;

/** Of a row's stops the one in which this point of time is, or the nearest. */
function at(stops, x) {
  const off = (stop) => {
    const { left, right } = stop.getBoundingClientRect();
    return Math.max(left - x, x - right, 0);
  };
  return stops.reduce((best, stop) => (off(stop) < off(best) ? stop : best));
}

function beside(stop, key) {
  const row = stop.closest(".board-row");
  const stops = stopsOf(row);
  const place = stops.indexOf(stop);
  if (key === "Home") return stops[0];
  if (key === "End") return stops.at(-1);
  if (key === "ArrowLeft") return stops[place - 1];
  if (key === "ArrowRight") return stops[place + 1];
  const rows = [...row.parentElement.querySelectorAll(".board-row")].filter((each) => stopsOf(each).length);
  const next = rows[rows.indexOf(row) + (key === "ArrowUp" ? -1 : 1)];
  aim ??= start(stop) + 1;
  return next && at(stopsOf(next), aim);
}

document.addEventListener("keydown", (event) => {
  const held = event.ctrlKey || event.metaKey || event.altKey || event.shiftKey;
  const stop = event.target.closest?.(`#board :is(${STOPS})`);
  const steers = /^(Arrow(Left|Right|Up|Down)|Home|End)$/.test(event.key);
  if (!steers || !stop || held || event.defaultPrevented) return;
  event.preventDefault(); // at an edge of the board, too: the page doesn't jump
  const upOrDown = event.key === "ArrowUp" || event.key === "ArrowDown";
  if (!upOrDown) aim = null;
  beside(stop, event.key)?.focus();
});

// Whoever came to a stop by other ways goes on from there.
document.addEventListener("keydown", (event) => {
  if (event.key === "Tab") aim = null;
});
document.addEventListener("pointerdown", () => {
  aim = null;
});

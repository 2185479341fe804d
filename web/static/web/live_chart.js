// The live chart: what is under the pointer is said above it, and the arrow keys go from one mark to the next.
// Without this every mark has its own words (a title), and Tab goes through them.
const around = document.querySelector("[data-chart]");
let reading; // the words of the mark that has the focus while the chart is replaced
const marksOf = (chart) =>
  [...chart.querySelectorAll("[data-mark]")].sort((one, other) => one.dataset.mark - other.dataset.mark);

function say(mark) {
  mark.closest("#live-chart").querySelector("[data-readout]").textContent = mark.getAttribute("aria-label");
}

// One mark at a time takes part in Tab: the newest, or the one that was chosen.
function choose(mark, marks) {
  for (const each of marks) each.setAttribute("tabindex", each === mark ? "0" : "-1");
}

// A chart that has just come: its newest part in view, and whether its record is newer than the tables'.
function begin() {
  const chart = document.getElementById("live-chart");
  const marks = marksOf(chart);
  if (!marks.length) return;
  choose(marks.at(-1), marks);
  const scroll = chart.querySelector("[data-scroll]");
  scroll.scrollLeft = scroll.scrollWidth;
  const read = marks.find((mark) => mark.getAttribute("aria-label") === reading);
  reading = undefined;
  if (read) {
    choose(read, marks);
    read.focus({ preventScroll: true });
  }
  const tables = document.querySelector("[data-lines-revision]");
  chart.querySelector("[data-newer]").hidden = !tables || tables.dataset.linesRevision === chart.dataset.revision;
}

for (const looking of ["pointerover", "pointerdown", "focusin"]) {
  around.addEventListener(looking, (event) => {
    const mark = event.target.closest("[data-mark]");
    if (mark) say(mark);
  });
}
around.addEventListener("keydown", (event) => {
  const mark = event.target.closest("[data-mark]");
  if (!mark) return;
  const marks = marksOf(around);
  const to = { ArrowLeft: marks.indexOf(mark) - 1, ArrowRight: marks.indexOf(mark) + 1, Home: 0, End: marks.length - 1 };
  const next = marks[to[event.key]];
  if (!next) return;
  event.preventDefault();
  choose(next, marks);
  next.focus();
});
// Whoever reads a mark while the chart is renewed goes on reading it.
around.addEventListener("htmx:beforeSwap", () => {
  reading = document.activeElement.closest("[data-mark]")?.getAttribute("aria-label");
});
new MutationObserver(begin).observe(around, { childList: true });
begin();

// What the day board does beyond HTML and htmx: it waits while somebody moves a block, books where free
// time is pressed, and prints. It knows no rule; without it the page is whole.

const board = () => document.getElementById("board");

// While a block is being moved (board_move.js), the ground stays under it.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target === board() && "moving" in board().dataset) event.preventDefault();
});

// Free time is booked from where it was pressed, to the board's step; by keyboard from its start.
const pointed = (face, x) => {
  const gap = face.closest(".gap");
  const box = gap.getBoundingClientRect();
  const step = Number(board().dataset.stepMinutes);
  const share = Math.min(Math.max((x - box.left) / box.width, 0), 1);
  const steps = Math.min(Math.floor((share * gap.dataset.minutes) / step), gap.dataset.minutes / step - 1);
  return new Date(Date.parse(gap.dataset.start) + steps * step * 60_000);
};
const onTheWall = (moment) =>
  new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: board().dataset.zone }).format(moment);
document.addEventListener("pointermove", (event) => {
  const face = event.target.closest?.(".gap-face");
  if (!face) return;
  const box = face.getBoundingClientRect();
  face.style.setProperty("--at", `${Math.min(event.clientX - box.left + 8, Math.max(box.width - 64, 4))}px`);
  face.querySelector("[data-gap-time]").textContent = onTheWall(pointed(face, event.clientX));
});
const aim = (event) => {
  const face = event.target.closest(".gap-face");
  if (!face) return;
  const byKeyboard = event.detail === 0;
  const start = byKeyboard ? face.closest(".gap").dataset.start : pointed(face, event.clientX).toISOString();
  const address = new URL(face.href);
  address.searchParams.set("start", start);
  face.href = address;
};
document.addEventListener("click", aim, { capture: true }); // before whoever opens the address

const printer = document.querySelector("[data-print]");
if (printer) {
  printer.hidden = false;
  printer.addEventListener("click", () => window.print());
}

// Where the board is wider than its frame, now comes into view, with an hour of what was.
const frame = document.querySelector(".board-frame");
const now = frame?.querySelector(".board-now");
if (now && frame.scrollWidth > frame.clientWidth) frame.scrollLeft = now.offsetLeft - frame.clientWidth / 5;

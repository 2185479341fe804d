// The day board: a visit is taken, by pointer or by keyboard, moved or kept longer, and put down; pressed, it opens
// the menu of what can be done with it.
//
// Nothing is decided here. Each place at which a block rests is asked of the server, and its answer stands
// beside the block; a drop opens the page that would move the visit, as a dialog. Until that is sent, nothing
// has changed, and the block goes back to where it was.

const BOARD = "[data-opens][data-columns]";
const BLOCK = "[data-visit]";
const ROW = "[data-chair]:not([data-visit])";
const REST_MS = 150;
const LONG_PRESS_MS = 450;
const SLOP_PIXELS = 6; // as far as a hand trembles
const END_PIXELS = 10; // the edge by which a block is made longer
const EDGE_PIXELS = 48; // near a side of the board, the board goes on
const NOBODY = "00000000-0000-0000-0000-000000000000";

const desk = document.querySelector("#board-moving");
const hint = desk?.querySelector("[data-hint]");
const help = desk?.querySelector("[data-help]");
const dialog = desk?.querySelector("dialog");
const answered = dialog?.querySelector("[data-answer]");

let taken = null; // the block that is moved, by whom, and how far from its place it is
let pressed = null; // a pointer that is down on a block and may yet be a click, or scrolling
let asked = null; // the question that is under way

const movable = (block) => "movable" in block.dataset;
const stretchable = (block) => "extra" in block.dataset;
const stepOf = (board) => Number(board.dataset.stepMinutes);

// --- Where a block is, and where it would be -------------------------------------------------------------

/** How many pixels a column takes: a lane is as wide as all of them. */
const columnWidth = (board, block) =>
  block.parentElement.getBoundingClientRect().width / Number(board.dataset.columns);

/** What takes the focus for a block: the link to its visit. */
const faceOf = (block) => block.querySelector("a[href]");

const columnsFromOpening = (board, moment) =>
  (Date.parse(moment) - Date.parse(board.dataset.opens)) / 60000 / stepOf(board);

/** How far it may go: no further than the board, and no shorter than its protocol says. */
function bounded(columns) {
  const { board, block, resizing } = taken;
  const step = stepOf(board);
  const start = columnsFromOpening(board, block.dataset.start);
  const end = start + Number(block.dataset.minutes) / step;
  const least = resizing ? -Number(block.dataset.extra) / step : -start;
  return Math.max(least, Math.min(columns, Number(board.dataset.columns) - end));
}

function addressOf(kind) {
  const { board, block, columns, row, resizing } = taken;
  const minutes = columns * stepOf(board);
  const template = desk.dataset[(resizing ? "lengthen" : "move") + kind];
  const address = new URL(template.replace(NOBODY, block.dataset.visit), location.href);
  if (resizing) {
    address.searchParams.set("extra_recovery_minutes", Number(block.dataset.extra) + minutes);
  } else {
    const start = new Date(Date.parse(block.dataset.start) + minutes * 60000);
    address.searchParams.set("start", start.toISOString());
    address.searchParams.set("chair", row.dataset.chair);
    address.searchParams.set("was", block.dataset.start);
  }
  address.searchParams.set("board", desk.dataset.day);
  return address;
}

// --- Taken, carried, put back ----------------------------------------------------------------------------

function take(block, { by, resizing = false }) {
  const board = block.closest(BOARD);
  const rows = [...board.querySelectorAll(ROW)];
  const home = rows.find((row) => row.dataset.chair === block.dataset.chair);
  if (!home) return;
  const width = columnWidth(board, block);
  taken = { board, block, by, rows, home, row: home, columns: 0, width, resizing };
  taken.wide = block.getBoundingClientRect().width;
  board.dataset.moving = "";
  block.classList.add("taken");
  block.classList.toggle("taken-by-its-end", resizing);
  if (by === "keyboard") {
    hint.replaceChildren(help.content.cloneNode(true));
    show();
    faceOf(block)?.focus({ preventScroll: true });
  }
}

function carry(columns, row) {
  const at = bounded(columns);
  if (at === taken.columns && row === taken.row) return;
  taken.columns = at;
  taken.row = row;
  show();
  rest();
}

function show() {
  const { block, columns, width, home, row, resizing, wide } = taken;
  if (resizing) {
    block.style.width = `${wide + columns * width}px`;
  } else {
    const down = row.getBoundingClientRect().top - home.getBoundingClientRect().top;
    block.style.transform = `translate(${columns * width}px, ${down}px)`;
  }
  if (hint.childElementCount) beside(block);
}

/** The words stand below the block, above it where there is no room, and never off the screen. */
function beside(block) {
  hint.hidden = false;
  const at = block.getBoundingClientRect();
  const size = hint.getBoundingClientRect();
  const room = document.documentElement;
  const below = at.bottom + 8;
  const top = below + size.height > room.clientHeight ? at.top - size.height - 8 : below;
  hint.style.top = `${Math.max(8, top)}px`;
  hint.style.left = `${Math.max(8, Math.min(at.left, room.clientWidth - size.width - 8))}px`;
}

function putBack({ focus = false } = {}) {
  if (!taken) return;
  const { board, block } = taken;
  taken = null;
  stopAsking();
  hint.hidden = true;
  hint.replaceChildren();
  block.style.removeProperty("transform");
  block.style.removeProperty("width");
  block.classList.remove("taken", "taken-by-its-end");
  delete block.dataset.verdict;
  delete board.dataset.moving;
  if (focus && block.isConnected) faceOf(block)?.focus({ preventScroll: true });
}

const atHome = () => taken.columns === 0 && taken.row === taken.home;

// --- Asked while it rests, and when it is put down -------------------------------------------------------

function stopAsking() {
  clearTimeout(asked?.timer);
  asked?.abort.abort();
  asked = null;
}

/** One question at a time, once the block has rested; the newest counts. */
function rest() {
  stopAsking();
  delete taken.block.dataset.verdict;
  hint.classList.add("outdated");
  if (atHome()) {
    hint.replaceChildren();
    hint.hidden = true;
    return;
  }
  const abort = new AbortController();
  asked = { abort, timer: setTimeout(() => ask(abort.signal), REST_MS) };
}

async function ask(signal) {
  const answer = await fetched(addressOf("Check"), signal);
  if (!answer || signal.aborted || !taken) return;
  hint.replaceChildren(answer.words);
  hint.classList.remove("outdated");
  const verdict = hint.querySelector("[data-verdict]")?.dataset.verdict;
  taken.block.dataset.verdict = answer.ok && verdict ? verdict : "refused";
  beside(taken.block);
}

/** The server's words, or nothing where the question was given up or the sign-in has run out. */
async function fetched(address, signal) {
  let answer, text;
  try {
    answer = await fetch(address, { headers: { "HX-Request": "true" }, signal });
    text = await answer.text();
  } catch (error) {
    if (error.name === "AbortError") return null;
    return { lost: true, words: desk.querySelector("[data-unreachable]").content.cloneNode(true) };
  }
  const elsewhere = answer.headers.get("HX-Redirect");
  if (elsewhere) {
    location.assign(elsewhere);
    return null;
  }
  const page = document.createElement("template");
  page.innerHTML = text;
  return { ok: answer.ok, words: page.content };
}

/** What would become of the visit is shown, or what stands against it and where else it could be. */
async function drop() {
  if (atHome()) {
    putBack({ focus: taken.by === "keyboard" });
    return;
  }
  stopAsking();
  taken.dropped = true;
  await open(addressOf("Page"), { dropped: taken });
}

/** The page at this address as a dialog; not any more where `dropped` was put back before it came. `opener` is
    the block, or the row of the list, that it is about. */
async function open(address, { dropped = null, opener = null } = {}) {
  const answer = await fetched(address);
  if (dropped && dropped !== taken) return;
  if (!answer) {
    putBack({ focus: true });
    return;
  }
  answered.replaceChildren(answer.words);
  // A visit that is elsewhere by now: whoever reads the sentence wants the board as it is.
  const stale = !answer.ok && !answer.lost && !answered.querySelector("form");
  dialog.classList.toggle("stale", stale);
  dialog.classList.toggle("bare", stale || Boolean(answer.lost));
  if (opener) dialog.opener = opener;
  if (taken && answered.querySelector("[data-refused]")) {
    const { block } = taken;
    putBack();
    dialog.opener = block;
  } else if (taken) {
    hint.hidden = true;
    dialog.opener = taken.block;
  }
  if (!dialog.open) dialog.showModal();
  const next = ["[data-first]", "[type=submit]", ".starts a", "[data-close]"].map((each) => dialog.querySelector(each));
  (next.find(Boolean) ?? dialog).focus();
}

dialog?.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (event.target.closest("[data-close]")) {
    event.preventDefault();
    dialog.close();
  } else if (link?.matches(".starts a, [data-in-dialog]") && plain(event)) {
    event.preventDefault();
    const address = new URL(link.href);
    address.searchParams.set("board", desk.dataset.day);
    if (link.closest(".starts")) address.searchParams.set("was", dialog.opener.dataset.start);
    open(address);
  }
});
dialog?.addEventListener("close", () => {
  const stale = dialog.classList.contains("stale");
  const face = dialog.opener && faceOf(dialog.opener);
  putBack();
  answered.replaceChildren();
  if (stale) location.assign(`?visit=${dialog.opener.dataset.of}`);
  // The board may have been brought anew meanwhile: then it is the one that stands in its place.
  else if (face) (document.getElementById(face.id) ?? face).focus({ preventScroll: true });
});

// --- What can be done with a visit ------------------------------------------------------------------------

/** Pressed to be followed here: not into another tab or window. */
const plain = (event) => event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;

/** The visit's page as a menu; a server that doesn't answer, or has no menu for this person, has the page. */
async function openMenu(link) {
  const address = new URL(link.href);
  address.searchParams.set("board", desk.dataset.day);
  await open(address, { opener: link.closest("[data-start]") });
}
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-menu]");
  if (!link || !desk || taken || !plain(event)) return;
  event.preventDefault();
  openMenu(link);
});
document.addEventListener("keydown", (event) => {
  const asks = event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey);
  const link = asks && event.target.closest?.("a[data-menu]");
  if (!link || !desk || taken || dialog.open) return;
  event.preventDefault();
  openMenu(link);
});

// An answer to the board's own asking that was under way when a block was taken comes too late.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (taken && event.detail.target?.contains(taken.board)) event.preventDefault();
});

// --- By keyboard -----------------------------------------------------------------------------------------

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

document.addEventListener(
  "keydown",
  (event) => {
    if (!desk || dialog.open || event.ctrlKey || event.metaKey || event.altKey) return;
    const block = event.target.closest?.(`${BOARD} ${BLOCK}`);
    if (!taken) {
      if (event.key.toLowerCase() === "m" && block) {
        event.preventDefault();
        takeByKeyboard(block);
      }
      return;
    }
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      putBack({ focus: true });
    } else if (taken.by === "keyboard" && steered(event)) {
      event.preventDefault();
      event.stopPropagation();
    }
  },
  true,
);

function takeByKeyboard(block) {
  if (movable(block)) take(block, { by: "keyboard" });
  else if (stretchable(block)) take(block, { by: "keyboard", resizing: true });
}

/** Whether this key meant the block that is taken. */
function steered(event) {
  if (taken.dropped) return true;
  if (event.key === "Enter" || event.key === " ") {
    drop();
    return true;
  }
  if ("+=-".includes(event.key)) {
    if (!taken.resizing && atHome() && stretchable(taken.block)) taken.resizing = true;
    if (taken.resizing) carry(taken.columns + (event.key === "-" ? -1 : 1), taken.home);
    return true;
  }
  const arrow = ARROWS[event.key];
  if (!arrow) return event.key === "Tab" && (putBack(), false);
  const [across, down] = arrow;
  const far = event.shiftKey ? 30 / stepOf(taken.board) : 1;
  const place = taken.rows.indexOf(taken.row) + (taken.resizing ? 0 : down);
  carry(taken.columns + across * far, taken.rows[Math.max(0, Math.min(place, taken.rows.length - 1))]);
  taken.block.scrollIntoView({ block: "nearest", inline: "nearest" });
  return true;
}

// --- By pointer ------------------------------------------------------------------------------------------

/** Whether the pointer is at the edge by which the block is made longer, or on the turnover behind it. */
function atEnd(block, event) {
  if (!stretchable(block)) return false;
  const { right } = block.firstElementChild.getBoundingClientRect();
  return right - event.clientX <= END_PIXELS;
}

document.addEventListener("pointerdown", (event) => {
  if (!desk || dialog.open || event.button !== 0) return;
  if (taken) putBack(); // taken by keyboard, and now the pointer goes elsewhere
  const block = event.target.closest(`${BOARD} ${BLOCK}`);
  if (!block || event.target.closest("button")) return;
  const resizing = atEnd(block, event);
  if (!resizing && !movable(block)) return;
  const scroller = scrollerOf(block);
  pressed = { id: event.pointerId, block, resizing, x: event.clientX, y: event.clientY, scroller };
  pressed.from = event.clientX + scroller.scrollLeft;
  if (event.pointerType === "touch") {
    pressed.waits = setTimeout(() => pressed && lift(), LONG_PRESS_MS);
  }
});

function lift() {
  take(pressed.block, { by: "pointer", resizing: pressed.resizing });
  pressed.lifted = Boolean(taken);
  if (taken) taken.block.setPointerCapture?.(pressed.id);
}

function scrollerOf(block) {
  for (let node = block.parentElement; node; node = node.parentElement) {
    if (node.scrollWidth > node.clientWidth && /auto|scroll/.test(getComputedStyle(node).overflowX)) return node;
  }
  return document.scrollingElement;
}

document.addEventListener("pointermove", (event) => {
  if (!desk) return;
  if (!pressed || event.pointerId !== pressed.id) {
    const block = !taken && event.target.closest?.(`${BOARD} ${BLOCK}`);
    if (block) block.classList.toggle("at-end", atEnd(block, event));
    return;
  }
  if (!taken) {
    if (pressed.lifted) return; // Escape has put it back, and the pointer is still down
    const far = Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > SLOP_PIXELS;
    if (!far) return;
    if (pressed.waits) {
      letGo(); // a finger that moves before it has rested scrolls
      return;
    }
    lift();
    if (!taken) return;
  }
  goOn(event);
  const across = event.clientX + pressed.scroller.scrollLeft - pressed.from;
  const under = taken.rows.find((row) => {
    const { top, bottom } = row.getBoundingClientRect();
    return top <= event.clientY && event.clientY < bottom;
  });
  carry(Math.round(across / taken.width), taken.resizing ? taken.home : (under ?? taken.row));
});

/** Near a side of what scrolls, it scrolls on. */
function goOn(event) {
  const { left, right } = pressed.scroller.getBoundingClientRect();
  if (event.clientX > Math.min(right, innerWidth) - EDGE_PIXELS) pressed.scroller.scrollLeft += 12;
  if (event.clientX < Math.max(left, 0) + EDGE_PIXELS) pressed.scroller.scrollLeft -= 12;
}

function letGo() {
  clearTimeout(pressed?.waits);
  pressed = null;
}

document.addEventListener("pointerup", (event) => {
  if (!pressed || event.pointerId !== pressed.id) return;
  const { lifted } = pressed;
  letGo();
  if (!lifted) return;
  // What follows a drag is no click on the visit.
  const swallow = (click) => {
    click.preventDefault();
    click.stopPropagation();
  };
  document.addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => document.removeEventListener("click", swallow, true));
  if (taken) drop();
});
document.addEventListener("pointercancel", (event) => {
  if (!pressed || event.pointerId !== pressed.id) return;
  letGo();
  if (taken?.by === "pointer" && !taken.dropped) putBack();
});
document.addEventListener("dragstart", (event) => {
  if (desk && event.target.closest?.(`${BOARD} ${BLOCK}`)) event.preventDefault();
});
document.addEventListener("contextmenu", (event) => {
  if (pressed?.waits && taken) event.preventDefault();
});
document.addEventListener(
  "touchmove",
  (event) => {
    if (taken?.by === "pointer") event.preventDefault();
  },
  { passive: false },
);

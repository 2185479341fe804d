// While vital signs are typed the server says beside each box what its value would meet. Nothing is recorded by
// that, and nothing waits for it: without a connection, or without this file, the form is sent as ever.
"use strict";

const PAUSE = 600; // ms without a key after which a value is taken as typed
const PATIENCE = 8_000; // ms after which an answer comes too late to help

class LiveChecks {
  constructor(boxes) {
    this.boxes = boxes;
    this.form = boxes.closest("form");
    boxes.addEventListener("input", (event) => this.typed(event.target));
    boxes.addEventListener("change", () => this.ask());
    this.form.addEventListener("reset", () => this.forget());
    this.form.addEventListener("submit", () => this.forget());
    if (this.form.elements.device_id?.value) this.ask(); // taken from the monitor: nobody has typed it
  }

  typed(control) {
    const place = control.type === "checkbox" ? "symptoms" : control.name;
    this.boxes.querySelector(`[data-met="${place}"]`)?.replaceChildren();
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.ask(), PAUSE);
  }

  anything() {
    const values = this.boxes.querySelectorAll(".box input, input[type=checkbox]:checked");
    return [...values].some((control) => control.value !== "");
  }

  async ask() {
    clearTimeout(this.waiting);
    this.asked?.abort();
    if (this.form.inert || !navigator.onLine || !this.anything()) {
      this.show("");
      return;
    }
    const asked = new AbortController();
    this.asked = asked;
    const late = setTimeout(() => asked.abort(), PATIENCE);
    try {
      const answer = await fetch(this.boxes.dataset.checks, {
        method: "POST",
        body: this.values(),
        signal: asked.signal,
        redirect: "error",
      });
      if (this.asked === asked) this.show(answer.ok ? await answer.text() : "");
    } catch {
      if (this.asked === asked) this.show("");
    } finally {
      clearTimeout(late);
    }
  }

  // What was measured, and no more than that: who signs an amendment proves it when it is sent.
  values() {
    const values = new FormData(this.form);
    for (const secret of ["password", "code"]) values.delete(secret);
    return values;
  }

  show(fragment) {
    const met = new DOMParser().parseFromString(fragment, "text/html");
    for (const place of this.boxes.querySelectorAll("[data-met]")) {
      place.replaceChildren(...met.querySelectorAll(`[data-at="${place.dataset.met}"]`));
    }
  }

  forget() {
    clearTimeout(this.waiting);
    this.asked?.abort();
    this.asked = null;
    this.show("");
  }
}

// Enter goes on to the next box, as the key on a tablet's keypad does; after the last one to the button.
function goOn(event) {
  if (event.key !== "Enter" || !event.target.matches(".box input")) return;
  event.preventDefault();
  const form = event.target.form;
  const stops = [...form.querySelectorAll(".box input, button[type=submit]")];
  const next = stops.slice(stops.indexOf(event.target) + 1).find((each) => each.checkVisibility());
  next?.focus();
  if (next?.matches("input")) next.select();
}

// A keypad of digits has no minus: a tap turns the sign.
function turn(button) {
  const box = button.parentElement.querySelector("input");
  button.hidden = false;
  box.inputMode = "numeric";
  button.addEventListener("click", () => {
    const value = Number(box.value);
    if (value) box.value = String(-value);
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
  });
}

function checkWhatIsTyped(root) {
  for (const boxes of root.querySelectorAll("[data-checks]")) new LiveChecks(boxes);
  for (const button of root.querySelectorAll("[data-turn-sign]")) turn(button);
}

checkWhatIsTyped(document);
document.addEventListener("renewed", (event) => checkWhatIsTyped(event.target));
document.addEventListener("keydown", goOn);

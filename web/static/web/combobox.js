// A search box with a list below it (ARIA combobox): the list comes from the server while somebody types, arrows
// go through it, Enter takes what is marked, Escape closes it. Without this script the form is sent as it is.
"use strict";

const PAUSE_MS = 120; // between two letters of somebody who types
const LEAST_LETTERS = 2;

const parts = new WeakMap(); // form -> what goes on in it

function setUp(form) {
  const box = form.querySelector("input[type=search]");
  const list = form.querySelector("[role=listbox]");
  box.setAttribute("role", "combobox");
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-controls", list.id);
  box.setAttribute("aria-expanded", "false");
  const state = { box, list, said: form.querySelector("[role=status]"), asked: 0, shown: "", timer: 0 };
  parts.set(form, state);
  return state;
}

function of(element) {
  const form = element.closest?.("form[data-combobox]");
  return form ? [form, parts.get(form) ?? setUp(form)] : [null, null];
}

const options = (state) => [...state.list.querySelectorAll("[role=option]")];
const marked = (state) => state.list.querySelector("[aria-selected=true]");

function mark(state, option) {
  marked(state)?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) state.box.setAttribute("aria-activedescendant", option.id);
  else state.box.removeAttribute("aria-activedescendant");
}

function close(state) {
  state.list.hidden = true;
  state.box.setAttribute("aria-expanded", "false");
  mark(state, null);
}

function open(state) {
  state.list.hidden = false;
  state.box.setAttribute("aria-expanded", "true");
  // The best match is marked; where nobody fits, Enter alone makes no new patient.
  mark(state, options(state).length > 1 ? options(state)[0] : null);
  const found = options(state).length - 1; // the last one is a new patient
  state.said.textContent = found > 0 ? `${found} found` : "Nobody fits. Try fewer letters, or the birth date.";
}

async function ask(form, state) {
  const text = state.box.value.trim();
  const turn = ++state.asked;
  if (text.length < LEAST_LETTERS) {
    state.shown = "";
    state.said.textContent = "";
    close(state);
    return;
  }
  let answer;
  try {
    answer = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { "X-Chairside-Options": "1", "HX-Request": "true", "HX-Current-URL": window.location.href },
    });
  } catch {
    state.said.textContent = "No connection. Press Enter to try again.";
    return;
  }
  if (turn !== state.asked) return; // more was typed meanwhile
  const signIn = answer.headers.get("HX-Redirect");
  if (signIn) {
    window.location.assign(signIn);
    return;
  }
  if (!answer.ok) return;
  state.list.innerHTML = await answer.text();
  window.htmx?.process(state.list);
  state.shown = text;
  open(state);
}

document.addEventListener("input", (event) => {
  const [form, state] = of(event.target);
  if (!state || event.target !== state.box) return;
  clearTimeout(state.timer);
  state.timer = setTimeout(() => ask(form, state), PAUSE_MS);
});

document.addEventListener("keydown", (event) => {
  const [form, state] = of(event.target);
  if (!state || event.target !== state.box || event.isComposing) return;
  const shown = options(state);
  const at = shown.indexOf(marked(state));
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (state.list.hidden) {
      if (shown.length && state.shown === state.box.value.trim()) open(state);
      else ask(form, state);
      return;
    }
    const step = event.key === "ArrowDown" ? 1 : -1;
    mark(state, shown[at < 0 ? 0 : (at + step + shown.length) % shown.length]);
  } else if (event.key === "Enter" && state.box.value.trim().length >= LEAST_LETTERS) {
    event.preventDefault();
    const current = !state.list.hidden && state.shown === state.box.value.trim();
    if (!current) {
      // Faster than the answer: nobody is taken who wasn't seen.
      clearTimeout(state.timer);
      ask(form, state);
    } else if (!event.repeat) {
      marked(state)?.click();
    }
  } else if (event.key === "Escape" && !state.list.hidden) {
    event.preventDefault(); // the dialog stays
    close(state);
  }
});

const setUpAll = (root) => root.querySelectorAll("form[data-combobox]").forEach(of);
setUpAll(document);
document.addEventListener("htmx:load", (event) => setUpAll(event.target));
document.addEventListener("focusout", (event) => {
  const [form, state] = of(event.target);
  if (state && !form.contains(event.relatedTarget)) close(state);
});
// The box keeps the focus while the list is pointed at.
document.addEventListener("mousedown", (event) => {
  if (event.target.closest("[role=option]")) event.preventDefault();
});
document.addEventListener("mousemove", (event) => {
  const option = event.target.closest?.("[role=option]");
  const [, state] = option ? of(option) : [];
  if (state && option.getAttribute("aria-selected") !== "true") mark(state, option);
});

// A form with `data-checked` is looked through by the server while somebody types: each fault stands below its
// box, and the part `#touches` tells what the change would touch. Nothing is kept by that, and nothing waits for
// it: without a connection, or without this file, there is the Check button.
"use strict";

const PAUSE = 500; // ms without a key after which what stands there is taken as typed
const PATIENCE = 10_000; // ms after which an answer comes too late to help

class LiveForm {
  constructor(form) {
    this.form = form;
    this.visited = new Set(); // boxes that somebody has been in: an empty one is told of no sooner
    this.told = form.querySelector("[data-told]") ?? form.appendChild(silentStatus());
    form.addEventListener("input", (event) => this.typed(event.target));
    form.addEventListener("change", (event) => {
      this.visited.add(event.target.name);
      this.ask();
    });
    form.addEventListener("focusout", (event) => this.visited.add(event.target.name));
    form.addEventListener("submit", () => this.forget());
  }

  typed(control) {
    if (control.name) this.visited.add(control.name);
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.ask(), PAUSE);
  }

  async ask() {
    clearTimeout(this.waiting);
    this.asked?.abort();
    if (!navigator.onLine) return;
    const asked = new AbortController();
    this.asked = asked;
    const late = setTimeout(() => asked.abort(), PATIENCE);
    try {
      const values = new FormData(this.form);
      values.set("check", "typing");
      const answer = await fetch(this.form.getAttribute("action") || location.href, {
        method: "POST",
        headers: { Accept: "text/html, application/problem+json" },
        body: values,
        signal: asked.signal,
        redirect: "error",
      });
      if (this.asked !== asked) return;
      if (answer.ok) this.show(await answer.text());
      else this.say(await answer.json());
    } catch {
      // Nothing was lost: what is asked next, or sent, is asked of the same form.
    } finally {
      clearTimeout(late);
    }
  }

  show(fragment) {
    const answer = new DOMParser().parseFromString(fragment, "text/html");
    this.clear();
    for (const note of answer.querySelectorAll("[data-note]")) this.below(this.box(note.dataset.note), note);
    for (const mend of answer.querySelectorAll("[data-at]")) this.place(mend);
    const touches = answer.getElementById("touches");
    const here = document.getElementById("touches");
    if (!touches || !here) return;
    here.replaceChildren(...touches.childNodes);
    const summary = here.querySelector("[data-summary]")?.dataset.summary ?? "";
    if (this.told.textContent !== summary) this.told.textContent = summary;
  }

  /** Refused as a whole, such as by a sign-in that ran out or a clinic that isn't open any more: saving says
      how it goes on, and keeps what was typed. */
  say(problem) {
    const refused = document.createElement("p");
    refused.className = "mend";
    refused.textContent = `${problem.detail} What you type isn’t looked through now, and isn’t lost: saving says how it goes on.`;
    this.clear();
    (this.form.querySelector("[data-form-faults]") ?? this.form).prepend(refused);
    this.told.textContent = refused.textContent;
  }

  clear() {
    for (const said of this.form.querySelectorAll(".mend, .was, .banner-error")) said.remove();
    for (const wrong of this.form.querySelectorAll(".field-wrong")) wrong.classList.remove("field-wrong");
    for (const box of this.form.querySelectorAll("[aria-invalid]")) box.removeAttribute("aria-invalid");
  }

  place(mend) {
    const name = mend.dataset.at;
    const box = this.box(name);
    if (!box || box.type === "hidden") {
      this.form.querySelector("[data-form-faults]")?.append(mend);
      return;
    }
    const unfilled = "unfilled" in mend.dataset;
    if (unfilled && (!this.visited.has(name) || box === document.activeElement)) return;
    mend.id = `${box.id}_error`;
    box.setAttribute("aria-invalid", "true");
    const described = new Set((box.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
    box.setAttribute("aria-describedby", [...described.add(mend.id)].join(" "));
    this.below(box, mend);
  }

  box(name) {
    const found = this.form.elements.namedItem(name);
    return found instanceof RadioNodeList ? found[0] : found;
  }

  below(box, words) {
    const choices = box?.closest(".field")?.querySelector("fieldset");
    if (choices) choices.append(words);
    else (box?.closest(".with-unit") ?? box)?.after(words);
  }

  forget() {
    clearTimeout(this.waiting);
    this.asked?.abort();
    this.asked = null;
  }
}

// Where the page has no room for it, what changed is told to whoever listens.
function silentStatus() {
  const status = document.createElement("p");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  return status;
}

for (const form of document.querySelectorAll("form[data-checked]")) new LiveForm(form);

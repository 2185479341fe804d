// Keeps what is entered on the nurse's pages until the server has stored it, and shows what still waits
// (docs/decisions/0012-unsent-entries.md). Without this file every form is sent by the browser itself.
"use strict";

class UnsentPage {
  static DOUBLE_PRESS = 700; // ms in which a second press of the same button is none
  static SOON = 1_500; // ms after which a form is free again, though its entry has no answer yet

  constructor(card) {
    this.card = card;
    this.here = card.dataset;
    this.ahead = Date.parse(this.here.now) - Date.now(); // of the server's clock before the tablet's
    this.outcome = "done";
    this.shown = []; // what waited when the page was drawn last
    this.sent = new Map(); // what of this session was stored since this page was loaded
    this.otherTabs = new BroadcastChannel("chairside-unsent");
    this.ready = this.open().catch(() => null); // without a store every form is sent by the browser

    document.addEventListener("submit", (event) => this.submitted(event));
    for (const change of ["online", "offline"]) window.addEventListener(change, () => this.look());
    document.addEventListener("visibilitychange", () => document.hidden || this.look());
    this.otherTabs.addEventListener("message", () => this.draw());
    this.part("try").addEventListener("click", async () => (await this.ready).sender.send(true));
    window.addEventListener("beforeunload", (event) => {
      if (this.outcome === "away") event.preventDefault();
    });
    setInterval(() => (this.outcome === "away" ? this.look() : this.draw()), 30_000);
    this.begin();
  }

  async open() {
    const { user, name, clinic, keys, writer, connection } = this.here;
    const store = await UnsentStore.open({ user, name, clinic }, keys.split(" "));
    const token = document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";
    const sender = new UnsentSender({ store, writer, connection, token, told: (outcome) => this.told(outcome) });
    return { store, sender };
  }

  async begin() {
    const opened = await this.ready;
    if (!opened) return;
    const { mine } = await opened.store.look();
    for (const entry of mine.filter(({ anew }) => anew)) emptyWhatMeansNow(entry);
    for (const entry of mine.filter(({ state }) => state === "opened")) {
      // It was sent from here as a form. The page that came back shows it refused; if it doesn't, the entry was
      // stored, and asking once more is answered so.
      await opened.store.change(entry.id, { state: formOf(entry) ? "refused" : "waiting" });
    }
    await this.draw();
    if (mine.length) await opened.sender.send();
  }

  async look() {
    const opened = await this.ready;
    if (!opened) return;
    if (thoseToSend((await opened.store.look()).mine).length) await opened.sender.send();
    else await this.told((await opened.sender.connect()).outcome);
  }

  async told(outcome) {
    this.outcome = outcome;
    this.otherTabs.postMessage("changed");
    await this.draw();
  }

  // --- From a form to an entry --------------------------------------------------------------------------

  submitted(event) {
    const form = event.target;
    const { kept, needsConnection } = form.dataset;
    if (event.defaultPrevented || (kept === undefined && needsConnection === undefined)) return;
    event.preventDefault();
    form.querySelector("[data-said]")?.remove();
    // Whatever the form says of itself: a secret is never kept.
    if (kept === undefined || form.querySelector("input[type=password]")) this.sendIfConnected(form);
    else if (!form.inert) this.take(form);
  }

  async take(form) {
    form.inert = true;
    const pressed = Date.now();
    const opened = await this.ready;
    let entry;
    try {
      entry = this.entryOf(form);
      await this.placeAfter(entry, opened.store);
      await opened.store.keep(entry);
    } catch {
      form.submit();
      return;
    }
    navigator.storage?.persist?.();
    const slow = setTimeout(() => {
      this.free(form);
      this.draw();
    }, UnsentPage.SOON);
    await opened.sender.send(true);
    clearTimeout(slow);
    const left = await opened.store.find(entry.id);
    if (!left) {
      this.sent.set(entry.id, entry);
      await this.freshen();
    } else if (left.state === "refused" && form.inert) {
      await this.correct(left, { anew: true });
      return;
    } else if (form.inert && isIncomplete(form)) {
      await opened.store.remove(entry.id); // the server would refuse it, too: it can be said now
      form.inert = false;
      typed.add(form);
      form.reportValidity();
      return;
    }
    setTimeout(() => form.inert && this.free(form, Boolean(left)), UnsentPage.DOUBLE_PRESS - (Date.now() - pressed));
  }

  entryOf(form) {
    const enteredAt = new Date(Date.now() + this.ahead).toISOString();
    const sent = [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken");
    const meansNow = ([name, value]) => value === "" && form.elements[name].dataset?.nowIfEmpty !== undefined;
    return {
      id: form.elements.id.value,
      session: this.here.session,
      patient: this.here.patient,
      action: form.getAttribute("action"), // a form's own property yields to a field of that name
      fields: sent.map(([name, value]) => [name, meansNow([name, value]) ? enteredAt : value]),
      moments: sent.filter(meansNow).map(([name]) => name), // that nobody typed
      label: form.dataset.kept,
      unchecked: form.dataset.unchecked ?? "",
      moves: form.closest("[data-moves]")?.dataset.moves ?? "",
      values: valuesOf(form),
      enteredAt,
    };
  }

  // What this entry follows: a step names the entries of its session that its page doesn't show, and presupposes
  // those that move the infusion; a correction presupposes an earlier one of its line. What was refused by then
  // is presupposed by nothing.
  async placeAfter(entry, store) {
    const { mine } = await store.look();
    const waiting = thoseToSend(mine.filter(({ session, id }) => session === entry.session && id !== entry.id));
    const after = entry.fields.find(([name]) => name === "after");
    if (after) {
      const known = after[1].split(" ").filter(Boolean);
      after[1] = [...new Set([...known, ...this.sent.keys(), ...waiting.map(({ id }) => id)])].join(" ");
    }
    const line = valueOf(entry, "corrects");
    const presupposed = (other) => (after && changesState(other)) || (line && valueOf(other, "corrects") === line);
    entry.presupposes = waiting.filter(presupposed).map(({ id }) => id);
  }

  // The form says what became of its entry and is for the next one. One that corrected a line, told what stood
  // before its entry, or came back refused, has said its all. What was filled in for this one entry alone, such
  // as a monitor's values, is nobody's measurement a second time.
  free(form, waits = true) {
    if (waits) form.append(copyOf("unsent-was-kept"));
    if (form.elements.corrects?.value || isForOneEntry(form)) return;
    for (const control of form.querySelectorAll("[data-of-one-entry]")) control.setAttribute("value", "");
    form.reset();
    form.elements.id.value = crypto.randomUUID();
    form.inert = false;
  }

  async sendIfConnected(form) {
    const opened = await this.ready;
    const { outcome } = opened ? await opened.sender.connect(true) : {};
    if (outcome === "away") {
      form.append(copyOf("unsent-needs-connection"));
      if (guarded(form)) typed.add(form);
      return;
    }
    this.outcome = "done";
    form.submit();
  }

  // A refused entry comes back as any refused form does: the browser sends it, the server shows it. While another
  // form is being typed in, only this one takes its place. One that is refused at the press is measured or done
  // `anew`: what meant now means now again.
  async correct(entry, { anew = false } = {}) {
    const { store, sender } = await this.ready;
    const { outcome, token } = await sender.connect(true);
    if (outcome !== "here") {
      await this.told(outcome);
      return;
    }
    await store.change(entry.id, { state: "opened", anew });
    this.outcome = "done";
    const fields = [...entry.fields, ["csrfmiddlewaretoken", token]];
    const place = formOf(entry) ?? emptyFormFor(entry);
    if (beingTyped() && place && !typed.has(place)) {
      await this.correctInPlace(entry, place, fields);
      return;
    }
    const form = Object.assign(document.createElement("form"), { method: "post", action: entry.action, hidden: true });
    for (const [name, value] of fields) {
      form.append(Object.assign(document.createElement("textarea"), { name, value }));
    }
    document.body.append(form);
    form.submit();
  }

  async correctInPlace(entry, place, fields) {
    const { store, sender } = await this.ready;
    const page = await this.read(entry.action, { method: "POST", body: new URLSearchParams(fields) });
    const refused = page && formOf(entry, page);
    if (!refused || !this.show(page)) {
      // Stored after all, or not heard: asking once more is answered so.
      await store.change(entry.id, { state: "waiting" });
      await sender.send(true);
      return;
    }
    await store.change(entry.id, { state: "refused" });
    if (place.isConnected) renewForm(place, refused);
    else if (refused.ownerDocument !== document) bringPartOf(refused);
    if ((await store.find(entry.id)).anew) emptyWhatMeansNow(entry);
    typed.add(refused);
    const fault = refused.querySelector(".field-wrong, .mend, .banner-error");
    fault?.scrollIntoView({ block: "center" });
    fault?.querySelector("input, select, textarea")?.focus({ preventScroll: true });
    await this.draw();
  }

  // --- What the page shows ------------------------------------------------------------------------------

  part(name) {
    return this.card.querySelector(`[data-${name}]`);
  }

  // The record as it stands: the whole page, or around what somebody is typing.
  async freshen() {
    const { store } = await this.ready;
    if (thoseToSend((await store.look()).mine).length) {
      await this.draw();
    } else if (beingTyped()) {
      await this.renew();
      await this.draw();
    } else if (this.here.address) window.location.assign(this.here.address);
    else window.location.reload();
  }

  async renew() {
    const page = this.here.address && (await this.read(this.here.address, { headers: { "X-Chairside-Poll": "1" } }));
    if (page) this.show(page); // without it the link to the record stands in the banner
  }

  // The page that the server gives for this address; null where it can't be had.
  async read(address, asked) {
    try {
      const answer = await fetch(address, { ...asked, cache: "no-store", signal: AbortSignal.timeout(UnsentSender.PATIENCE) });
      return new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch {
      return null;
    }
  }

  // What the page shows of the record is replaced; its forms, and what is typed in them, stay. A form whose refused
  // entry was mended and stored is for the next one. False for a page of something else.
  show(page) {
    const now = page.getElementById("unsent")?.dataset;
    if (now?.session !== this.here.session || now.user !== this.here.user) return false;
    for (const part of document.querySelectorAll("[data-record]")) {
      const newer = page.querySelector(`[data-record="${part.dataset.record}"]`);
      if (newer && !isTypedIn(part)) part.replaceWith(newer);
    }
    for (const form of [...document.querySelectorAll("form[inert]")].filter(isForOneEntry)) {
      const part = partOf(form);
      const newer = page.querySelector(`form[action="${CSS.escape(form.getAttribute("action"))}"]`);
      if (part && !page.getElementById(part.id)) part.remove(); // it came for that entry alone
      else if (newer && !form.elements.corrects?.value) renewForm(form, newer);
    }
    for (const said of document.querySelectorAll("#refused, main > .notes")) said.remove();
    this.card.before(...page.querySelectorAll("#refused, main > .notes")); // what the server says was done, or not
    for (const given of document.querySelectorAll("[data-infusion]")) countOn(given);
    this.here.state = now.state;
    for (const entry of this.sent.values()) entry.moves = ""; // the state has it in it
    this.renewed = true;
    return true;
  }

  async draw() {
    const opened = await this.ready;
    if (!opened) return;
    const found = await opened.store.look();
    const ofThisSession = found.mine.filter((entry) => entry.session === this.here.session);
    const gone = this.shown.filter((entry) => !found.mine.some(({ id }) => id === entry.id));
    for (const entry of gone) if (entry.session === this.here.session) this.sent.set(entry.id, entry);
    this.shown = found.mine;
    if (gone.length && !thoseToSend(found.mine).length) {
      await this.freshen();
      return;
    }
    const [title, words] = this.headline(found.mine);
    const others = aboutOthers(found);
    setText(document.getElementById("unsent-title"), title);
    setText(this.part("words"), words);
    setText(this.part("others"), others);
    this.card.hidden = !title && !others;
    this.part("others").hidden = !others;
    this.part("try").hidden = this.outcome !== "away" || !found.mine.length;
    this.part("sign-in").hidden = !["signed_out", "other_sign_in"].includes(this.outcome) || !found.mine.length;
    this.part("show").hidden = !this.sent.size;
    if (!thoseToSend(found.mine).length) for (const note of document.querySelectorAll("[data-was-kept]")) note.remove();
    this.drawRefusals(found.mine);
    this.drawEntries(found.mine);
    this.drawReadings(ofThisSession);
    this.drawSteps([...this.sent.values(), ...thoseToSend(ofThisSession)].filter((entry) => entry.moves));
    // A step that the server doesn't know, a refused one too, isn't in the total.
    if (ofThisSession.some((entry) => entry.moves)) document.querySelector("[data-infusion]")?.setAttribute("data-held", "");
  }

  // In red at the top and where the thumb is, until a person has decided.
  drawRefusals(mine) {
    const said = refusalsOf(mine);
    this.card.classList.toggle("banner-error", Boolean(said));
    this.card.classList.toggle("banner-info", !said);
    this.part("calm").hidden = Boolean(said);
    this.part("alarm").hidden = !said;
    const atHand = document.querySelector("[data-refusals]");
    if (!atHand) return;
    atHand.hidden = !said;
    setText(atHand.querySelector("span"), said);
  }

  headline(mine) {
    if (!mine.length && this.outcome === "away") {
      return ["There is no connection.", "What you enter is kept on this tablet and sent by itself."];
    }
    if (!mine.length) return this.sent.size ? ["Everything is stored.", ""] : ["", ""];
    const waits = mine.filter(({ state }) => state === "waiting").length;
    const unsent = waits === 1 ? "1 entry is not sent yet." : `${waits} entries are not sent yet.`;
    const title = [refusalsOf(mine), waits && unsent].filter(Boolean).join(" ");
    if (this.outcome === "signed_out") return [title, "Kept on this tablet. Sign in again, and sending goes on by itself."];
    if (this.outcome === "other_sign_in") {
      const back = `sending goes on when ${this.here.name} signs in again.`;
      return [title, `Kept on this tablet. Somebody else is signed in by now, or another clinic is chosen: ${back}`];
    }
    if (!thoseToSend(mine).length) {
      const held = waits ? " What was entered on top of it waits for that." : "";
      return [title, `The record doesn't have it: correct it or throw it away.${held}`];
    }
    const blind = "Until then the server knows nothing of this, and may call for a reading that is kept here.";
    return [title, `Kept on this tablet; sending goes on by itself when the connection is back. ${blind}`];
  }

  // An item stays while its entry stands as it did, so that nobody loses the place in the list.
  drawEntries(mine) {
    const list = this.part("entries");
    const drawn = new Map([...list.children].map((item) => [item.dataset.key, item]));
    const keys = mine.map((entry) => `${entry.id} ${entry.state} ${entry.why}`);
    for (const [key, item] of drawn) if (!keys.includes(key)) item.remove();
    mine.forEach((entry, place) => {
      const item = drawn.get(keys[place]) ?? this.itemOf(entry, keys[place]);
      setText(item.querySelector("[data-when]"), `entered ${this.clock(entry.enteredAt)}, ${this.age(entry.enteredAt)}`);
      if (list.children[place] !== item) list.insertBefore(item, list.children[place] ?? null);
    });
  }

  itemOf(entry, key) {
    const item = copyOf("unsent-entry");
    const at = (name) => item.querySelector(`[data-${name}]`);
    item.dataset.key = key;
    item.classList.toggle("refused", entry.state !== "waiting");
    setText(at("label"), entry.label);
    setText(at("patient"), entry.session === this.here.session ? "" : `for ${entry.patient}`);
    setText(at("unchecked"), entry.unchecked);
    at("why").hidden = at("refused").hidden = entry.state !== "refused";
    setText(at("reason"), entry.why);
    for (const [label, value] of entry.values) {
      const pair = [document.createElement("dt"), document.createElement("dd")];
      [pair[0].textContent, pair[1].textContent] = [label, value];
      at("values").append(...pair);
    }
    item.addEventListener("click", (event) => this.decide(entry, item, event.target.closest("[data-do]")?.dataset.do));
    return item;
  }

  // What a person decides about a refused entry.
  async decide(entry, item, what) {
    const { store, sender } = await this.ready;
    if (what === "correct") {
      const form = formOf(entry);
      if (form) form.scrollIntoView({ block: "center" });
      else await this.correct(entry);
    } else if (what === "discard" || what === "leave") {
      item.querySelector("[data-sure]").hidden = what === "leave";
      item.querySelector("[data-refused]").hidden = what === "discard";
    } else if (what === "again" || what === "surely") {
      if (what === "again") await store.change(entry.id, { state: "waiting" });
      else await store.remove(entry.id);
      await sender.send(true);
    }
  }

  // Readings stand in the flowsheet, marked.
  drawReadings(mine) {
    const table = document.querySelector("[data-flowsheet]");
    if (!table) return;
    table.querySelectorAll(".unsent-row").forEach((row) => row.remove());
    for (const entry of mine.filter(({ action }) => action.endsWith("/vitals/"))) {
      const values = Object.fromEntries(entry.fields);
      const row = copyOf("unsent-reading");
      row.querySelector(entry.state === "waiting" ? "[data-refused]" : "[data-waits]").remove();
      setText(row.querySelector("[data-when]"), this.clock(values.measured_at));
      for (const cell of row.querySelectorAll("[data-signs]")) {
        const measured = cell.dataset.signs.split(" ").map((sign) => values[sign]);
        setText(cell, measured.filter(Boolean).join("/") || "–");
      }
      table.prepend(row);
    }
  }

  // The steps of the infusion that are possible after those that the page doesn't know; nor does the total. One
  // that was refused didn't happen for the record: it takes no step away.
  drawSteps(steps) {
    if (!steps.length && !this.renewed) return;
    const after = (state, moves) => new Map(moves.split(" ").map((move) => move.split(":"))).get(state);
    const state = steps.reduce((before, { moves }) => after(before, moves) ?? before, this.here.state);
    for (const step of document.querySelectorAll("[data-moves]")) {
      step.hidden = after(state, step.dataset.moves) === undefined && !isTypedIn(step);
    }
    if (steps.length) document.querySelector("[data-infusion]")?.setAttribute("data-held", "");
  }

  // 09:25 on the clinic's wall; what was typed is that already.
  clock(moment) {
    if (!moment.endsWith("Z")) return moment.slice(11, 16);
    const wall = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: this.here.zone };
    return new Intl.DateTimeFormat("en-GB", wall).format(new Date(moment));
  }

  age(moment) {
    const minutes = Math.floor((Date.now() + this.ahead - Date.parse(moment)) / 60_000);
    return minutes < 1 ? "just now" : `${minutes} min ago`;
  }
}

function aboutOthers({ others, elsewhere, unreadable }) {
  const entries = (count) => (count === 1 ? "1 unsent entry" : `${count} unsent entries`);
  const said = [...others].map(
    ([name, count]) => `${entries(count)} of ${name} on this tablet: only ${name} can sign in and send it.`,
  );
  if (elsewhere) said.push(`${entries(elsewhere)} of yours for another clinic: choose it, and it is sent.`);
  if (unreadable) said.push(`${entries(unreadable)} of yours can no longer be read on this tablet.`);
  return said.join(" ");
}

// What was entered, in the words of the form.
function valuesOf(form) {
  const spoken = (control) => {
    if (control.type === "hidden") return "";
    if (["checkbox", "radio"].includes(control.type)) return control.checked && control.closest("label").textContent.trim();
    if (control.matches("select")) return control.value && control.selectedOptions[0].text;
    const unit = control.parentElement.querySelector(":scope > .unit")?.textContent ?? "";
    return control.value && `${control.value.replace("T", " ")} ${unit}`.trim();
  };
  const labelled = [...form.querySelectorAll(".field")].map((field) => [
    field.querySelector("legend, label").firstChild.textContent.trim() || "Ticked",
    [...field.querySelectorAll("input, select, textarea")].map(spoken).filter(Boolean).join(", "),
  ]);
  return labelled.filter(([, value]) => value);
}

function refusalsOf(entries) {
  const count = entries.filter(({ state }) => state !== "waiting").length;
  if (!count) return "";
  return count === 1 ? "1 entry was refused: mend it." : `${count} entries were refused: mend them.`;
}

function valueOf(entry, field) {
  return entry.fields.find(([name]) => name === field)?.[1] ?? "";
}

// Whether an entry takes the session from one state to another: a pause does, a new rate or a reading doesn't.
function changesState({ moves }) {
  return moves !== "" && moves.split(" ").some((move) => move.split(":")[0] !== move.split(":")[1]);
}

function isTypedIn(part) {
  const focused = document.activeElement?.matches("input, select, textarea") && part.contains(document.activeElement);
  return focused || [...typed].some((form) => part.contains(form));
}

// Whether a form shows what the record has, or what it refused, and is for no other entry.
function isForOneEntry(form) {
  return form.dataset.forOneEntry !== undefined || form.querySelector(".mend") !== null;
}

function isIncomplete(form) {
  return [...form.elements].some((control) => control.validity?.valueMissing);
}

function formOf(entry, page = document) {
  return page.querySelector(`form input[name="id"][value="${CSS.escape(entry.id)}"]`)?.form;
}

// The page's form for such entries, of the same line if they correct or continue one; best one that nobody types in.
function emptyFormFor(entry) {
  const isSame = (form) => ["corrects", "effect"].every((line) => (form.elements[line]?.value ?? "") === valueOf(entry, line));
  const forms = [...document.querySelectorAll("form[data-kept]")].filter(
    (form) => form.getAttribute("action") === entry.action && isSame(form),
  );
  return forms.find((form) => !typed.has(form)) ?? forms[0];
}

// The scripts of single forms hear of it by the event.
function renewForm(form, newer) {
  form.replaceWith(newer);
  newer.dispatchEvent(new CustomEvent("renewed", { bubbles: true }));
}

// A tap has no boxes: what is mended is a form that this page didn't have.
function bringPartOf(form) {
  document.querySelector(".session > .stack").prepend(partOf(form));
  form.dispatchEvent(new CustomEvent("renewed", { bubbles: true }));
}

function partOf(form) {
  return form.closest("[id^=part-]");
}

// The next press is its own moment, unless somebody has typed one by now.
function emptyWhatMeansNow(entry) {
  const form = formOf(entry);
  for (const name of form ? entry.moments : []) {
    const control = form.elements[name];
    if (control.value === control.defaultValue) control.value = "";
  }
}

function copyOf(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

// A text that stays is not said again to who listens.
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

if (UnsentStore.usable()) new UnsentPage(document.getElementById("unsent"));

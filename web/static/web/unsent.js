// Keeps what is entered on the nurse's pages until the server has stored it, and lets a person mend what it refused
// (docs/decisions/0012-unsent-entries.md). Without this file every form is sent by the browser itself.
"use strict";

class UnsentPage {
  static DOUBLE_PRESS = 700; // ms in which a second press of the same button is none
  static SOON = 1_500; // ms after which a form is free again, though its entry has no answer yet

  constructor(card) {
    this.card = card;
    this.here = card.dataset;
    this.ahead = Date.parse(this.here.now) - Date.now(); // of the server's clock before the tablet's
    this.list = new UnsentList(card, { ahead: this.ahead, decided: (...choice) => this.decide(...choice) });
    this.outcome = "done";
    this.shown = []; // what waited when the page was drawn last
    this.sent = new Map(); // what of this session was stored since this page was loaded
    this.coming = new Map(); // refused entries whose forms are on their way into the page
    this.otherTabs = new BroadcastChannel("chairside-unsent");
    this.ready = this.open().catch(() => null); // without a store every form is sent by the browser

    document.addEventListener("submit", (event) => this.submitted(event));
    for (const change of ["online", "offline"]) window.addEventListener(change, () => this.look());
    document.addEventListener("visibilitychange", () => document.hidden || this.look());
    // A look of the page's own that got no answer, such as the chart's: is it the connection?
    for (const silence of ["sendError", "responseError"]) document.addEventListener(`htmx:${silence}`, () => this.look());
    this.otherTabs.addEventListener("message", () => this.draw());
    this.list.part("try").addEventListener("click", async () => (await this.ready).sender.send(true));
    window.addEventListener("beforeunload", (event) => {
      if (this.outcome === "away") event.preventDefault();
    });
    setInterval(() => (UnsentSender.HOLDS.includes(this.outcome) ? this.look() : this.draw()), 30_000);
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
    if (thoseToSend((await opened.store.look()).mine).length) {
      await opened.sender.send();
      return;
    }
    const { outcome } = await opened.sender.connect();
    // What others wrote, and what was raised, while the server wasn't heard.
    if (outcome === "here" && UnsentSender.HOLDS.includes(this.outcome)) await this.renew();
    await this.told(outcome);
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
    } else if (left.state === "refused" && left.kind === "wrong_state" && form.inert) {
      // Nothing to mend: the record has gone on. The list says what can become of it.
      this.free(form, false);
      await this.freshen();
      return;
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
      tells: form.dataset.tells?.split(" ") ?? [], // of refused entries, which go once this is stored
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
    delete form.dataset.tells;
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
  // `anew`: what meant now means now again. However often it is asked for, its form comes once.
  correct(entry, { anew = false } = {}) {
    if (!this.coming.has(entry.id)) {
      const brought = this.bring(entry, anew).finally(() => this.coming.delete(entry.id));
      this.coming.set(entry.id, brought);
    }
    return this.coming.get(entry.id);
  }

  async bring(entry, anew) {
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

  // --- The page as the record stands --------------------------------------------------------------------

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
    const gone = this.shown.filter((entry) => !found.mine.some(({ id }) => id === entry.id));
    for (const entry of gone) if (entry.session === this.here.session) this.sent.set(entry.id, entry);
    this.shown = found.mine;
    if (gone.length && !thoseToSend(found.mine).length) {
      await this.freshen();
      return;
    }
    if (!thoseToSend(found.mine).length) for (const note of document.querySelectorAll("[data-was-kept]")) note.remove();
    const { outcome, renewed } = this;
    this.list.draw({ found, outcome, sent: [...this.sent.values()], renewed });
  }

  // What can't be recorded any more is told in a note, in which its person can still say more.
  tellInNote(entry) {
    const form = document.getElementById("note");
    const text = form.elements.text;
    text.value = [text.value, this.list.wordsOf(entry)].filter(Boolean).join("\n");
    form.dataset.tells = [form.dataset.tells, entry.id].filter(Boolean).join(" ");
    typed.add(form);
    form.closest("details").open = true;
    form.scrollIntoView({ block: "center" });
    text.focus({ preventScroll: true });
  }

  // What a person decides about a refused entry.
  async decide(entry, item, what) {
    const { store, sender } = await this.ready;
    if (what === "correct") {
      // One that is inert is still as it was pressed: what the server says of it has not come into the page.
      const form = formOf(entry);
      if (form && !form.inert) form.scrollIntoView({ block: "center" });
      else await this.correct(entry);
    } else if (what === "note") {
      this.tellInNote(entry);
    } else if (what === "discard" || what === "leave") {
      item.querySelector("[data-sure]").hidden = what === "leave";
      item.querySelector("[data-refused]").hidden = what === "discard";
    } else if (what === "again" || what === "surely") {
      if (what === "again") await store.change(entry.id, { state: "waiting" });
      else await store.remove(entry.id);
      await sender.send(true);
    }
  }
}

if (UnsentStore.usable()) new UnsentPage(document.getElementById("unsent"));

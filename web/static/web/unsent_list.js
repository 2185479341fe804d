// What the nurse sees of entries that wait: the banner with its list, rows in the flowsheet, which steps are possible
// after them (docs/decisions/0012-unsent-entries.md). What becomes of an entry is decided in unsent.js.
"use strict";

class UnsentList {
  // `ahead` is how many ms the server's clock is before the tablet's; `decided(entry, item, what)` hears what a
  // person has chosen for a refused entry.
  constructor(card, { ahead, decided }) {
    this.card = card;
    this.here = card.dataset;
    this.ahead = ahead;
    this.decided = decided;
  }

  part(name) {
    return this.card.querySelector(`[data-${name}]`);
  }

  // `found` is what the store holds, `sent` what of this session was stored since the page was loaded; `renewed`
  // says that the page shows the record of a later moment.
  draw({ found, outcome, sent, renewed }) {
    const { mine } = found;
    const [title, words] = this.headline(mine, outcome, sent);
    const others = aboutOthers(found);
    setText(document.getElementById("unsent-title"), title);
    setText(this.part("words"), words);
    setText(this.part("others"), others);
    this.card.hidden = !title && !others;
    this.part("others").hidden = !others;
    this.part("try").hidden = outcome !== "away" || !mine.length;
    this.part("sign-in").hidden = !["signed_out", "other_sign_in"].includes(outcome) || !mine.length;
    this.part("show").hidden = !sent.length;
    this.drawRefusals(mine);
    this.drawEntries(mine);
    const ofThisSession = mine.filter(({ session }) => session === this.here.session);
    this.drawReadings(ofThisSession);
    this.drawSteps([...sent, ...thoseToSend(ofThisSession)].filter(({ moves }) => moves), renewed);
    // A step that the server doesn't know, a refused one too, isn't in the total.
    if (ofThisSession.some(({ moves }) => moves)) document.querySelector("[data-infusion]")?.setAttribute("data-held", "");
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

  headline(mine, outcome, sent) {
    if (!mine.length && outcome === "away") {
      return ["There is no connection.", "What you enter is kept on this tablet and sent by itself."];
    }
    if (!mine.length) return sent.length ? ["Everything is stored.", ""] : ["", ""];
    const waits = mine.filter(({ state }) => state === "waiting").length;
    const unsent = waits === 1 ? "1 entry is not sent yet." : `${waits} entries are not sent yet.`;
    const title = [refusalsOf(mine), waits && unsent].filter(Boolean).join(" ");
    if (outcome === "signed_out") return [title, "Kept on this tablet. Sign in again, and sending goes on by itself."];
    if (outcome === "other_sign_in") {
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
    item.addEventListener("click", (event) => this.decided(entry, item, event.target.closest("[data-do]")?.dataset.do));
    return item;
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
  drawSteps(steps, renewed) {
    if (!steps.length && !renewed) return;
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

function refusalsOf(entries) {
  const count = entries.filter(({ state }) => state !== "waiting").length;
  if (!count) return "";
  return count === 1 ? "1 entry was refused: mend it." : `${count} entries were refused: mend them.`;
}

function copyOf(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

// A text that stays is not said again to who listens.
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

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
    const here = mine.filter(({ session }) => session === this.here.session);
    const elsewhere = mine.filter((entry) => !here.includes(entry));
    const [title, words] = this.headline(here, elsewhere, outcome, sent);
    const others = aboutOthers(found);
    setText(document.getElementById("unsent-title"), title);
    setText(this.part("words"), words);
    setText(this.part("others"), others);
    this.card.hidden = !title && !others;
    this.part("others").hidden = !others;
    this.part("try").hidden = outcome !== "away" || !mine.length;
    this.part("sign-in").hidden = !["signed_out", "other_sign_in"].includes(outcome) || !mine.length;
    this.part("show").hidden = !sent.length;
    const unheard = whyUnheard(here, outcome);
    this.drawWhatIsKnown(unheard);
    this.part("nobody-called").hidden = !thoseToSend(mine).length;
    this.drawRefusals(here, Boolean(unheard) || thoseToSend(mine).length > 0);
    this.drawEntries(here);
    this.drawElsewhere(elsewhere);
    this.drawReadings(here);
    this.drawSteps([...sent, ...thoseToSend(here)].filter(({ moves }) => moves), renewed);
    // A step that the server doesn't know, a refused one too, isn't in the total.
    if (here.some(({ moves }) => moves)) document.querySelector("[data-infusion]")?.setAttribute("data-held", "");
  }

  // The limits are the server's to know: what the page said when it was loaded is no answer about what it hasn't
  // heard. An alert that was open by then stays in view.
  drawWhatIsKnown(unheard) {
    for (const part of document.querySelectorAll("[data-as-of], [data-alerts-unknown]")) part.hidden = !unheard;
    for (const part of document.querySelectorAll("[data-no-alerts]")) part.hidden = Boolean(unheard);
    for (const part of document.querySelectorAll("[data-unheard-why]")) setText(part, unheard);
  }

  // What was refused stands in red, what is asked, or nobody has checked, in yellow, at the top and where the thumb
  // is, until a person has decided.
  drawRefusals(here, unchecked) {
    const [refused, said] = [saidOf(here, REFUSED), saidOf(here, [...REFUSED, "asked"])];
    const warned = !refused && (said || unchecked);
    const look = { "banner-error": refused, "banner-warning": warned, "banner-info": !refused && !warned };
    for (const [name, holds] of Object.entries(look)) this.card.classList.toggle(name, Boolean(holds));
    this.part("calm").hidden = Boolean(refused || unchecked);
    this.part("alarm").hidden = !(refused || unchecked);
    const atHand = document.querySelector("[data-refusals]");
    if (!atHand) return;
    atHand.hidden = !said;
    atHand.classList.toggle("asks", !refused);
    setText(atHand.querySelector("span"), said);
  }

  headline(here, elsewhere, outcome, sent) {
    if (!here.length && outcome === "away") {
      const blind = "Until then nobody checks it against the limits, and nobody is called.";
      return ["There is no connection.", `What you enter is kept on this tablet and sent by itself. ${blind}`];
    }
    if (!here.length && sent.length) return ["Everything is stored.", ""];
    if (!here.length) return [elsewhere.length ? "On this tablet, not on this page:" : "", ""];
    const title = saidOf(here);
    if (outcome === "signed_out") return [title, "Kept on this tablet. Sign in again, and sending goes on by itself."];
    if (outcome === "other_sign_in") {
      const back = `sending goes on when ${this.here.name} signs in again.`;
      return [title, `Kept on this tablet. Somebody else is signed in by now, or another clinic is chosen: ${back}`];
    }
    if (!thoseToSend(here).length) {
      const held = saidOf(here, ["waiting"]) ? " What was entered on top of it waits for that." : "";
      const decide = saidOf(here, REFUSED) ? "correct it or throw it away" : "say whether it is so";
      return [title, `The record doesn't have it: ${decide}.${held}`];
    }
    const blind = "Until then the server knows nothing of this, and may call for a reading that is kept here.";
    return [title, `Kept on this tablet; sending goes on by itself when the connection is back. ${blind}`];
  }

  // An item stays while its entry stands as it did, so that nobody loses the place in the list.
  drawEntries(here) {
    const list = this.part("entries");
    const drawn = new Map([...list.children].map((item) => [item.dataset.key, item]));
    const keys = here.map((entry) => `${entry.id} ${entry.state} ${entry.why} ${entry.again ?? ""}`);
    for (const [key, item] of drawn) if (!keys.includes(key)) item.remove();
    here.forEach((entry, place) => {
      const item = drawn.get(keys[place]) ?? this.itemOf(entry, keys[place]);
      setText(item.querySelector("[data-when]"), `entered ${this.clock(entry.enteredAt)}, ${this.age(entry.enteredAt)}`);
      if (list.children[place] !== item) list.insertBefore(item, list.children[place] ?? null);
    });
  }

  itemOf(entry, key) {
    const item = copyOf("unsent-entry");
    const at = (name) => item.querySelector(`[data-${name}]`);
    item.dataset.key = key;
    const kind = kindOf(entry);
    item.classList.toggle("refused", REFUSED.includes(kind));
    setText(at("label"), entry.label);
    setText(at("unchecked"), entry.unchecked);
    at("refused").hidden = entry.state !== "refused";
    at("why").hidden = entry.state !== "refused" || kind === "asked";
    at("asks").hidden = entry.state !== "refused" || kind !== "asked";
    for (const place of ["reason", "question"]) setText(at(place), entry.why);
    for (const part of item.querySelectorAll("[data-for]")) {
      if (entry.state !== "refused" || !part.dataset.for.split(" ").includes(entry.kind ?? "refused")) part.remove();
    }
    at("again").hidden = !entry.again;
    if (entry.again) at("refused").prepend(item.querySelector("[data-do=discard]")); // the record has it by now
    if (!document.getElementById("note")) item.querySelector("[data-do=note]")?.remove(); // signed: an amendment tells it
    for (const [label, value] of entry.values) {
      const pair = [document.createElement("dt"), document.createElement("dd")];
      [pair[0].textContent, pair[1].textContent] = [label, value];
      at("values").append(...pair);
    }
    item.addEventListener("click", (event) => this.decided(entry, item, event.target.closest("[data-do]")?.dataset.do));
    return item;
  }

  // One quiet line for each other session, with the way to it: what is about another patient is mended there.
  drawElsewhere(elsewhere) {
    const sessions = new Map(elsewhere.map((entry) => [entry.session, entry]));
    const lines = [...sessions.values()].map((one) => {
      const line = copyOf("unsent-elsewhere");
      const where = line.querySelector("[data-where]");
      where.href = new URL("..", new URL(one.action, window.location)).pathname; // its act is below its page
      where.textContent = one.patient;
      line.querySelector("[data-counts]").textContent = saidOf(elsewhere.filter(({ session }) => session === one.session));
      return line;
    });
    const list = this.part("elsewhere");
    if (list.textContent !== lines.map(({ textContent }) => textContent).join("")) list.replaceChildren(...lines);
  }

  // Readings stand in the flowsheet, marked.
  drawReadings(mine) {
    const table = document.querySelector("[data-flowsheet]");
    if (!table) return;
    table.querySelectorAll(".unsent-row").forEach((row) => row.remove());
    for (const entry of mine.filter(({ action }) => action.endsWith("/vitals/"))) {
      const values = Object.fromEntries(entry.fields);
      const row = copyOf("unsent-reading");
      const said = { waiting: "waits", asked: "asked" }[kindOf(entry)] ?? "refused";
      for (const other of ["waits", "refused", "asked"]) if (other !== said) row.querySelector(`[data-${other}]`).remove();
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

  // An entry in a sentence, with why the record doesn't have it.
  wordsOf({ label, enteredAt, values, why }) {
    const details = values.map(([name, value]) => `${name} ${value}`).join(", ");
    return `${label} at ${this.clock(enteredAt)}${details && ` (${details})`}, not recorded: ${why}`;
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

const REFUSED = ["over", "refused"];
const SAID = {
  over: ["1 entry can't be recorded any more: decide about it.", "# entries can't be recorded any more: decide about them."],
  refused: ["1 entry was refused: mend it.", "# entries were refused: mend them."],
  asked: ["1 entry asks whether it is so: answer it.", "# entries ask whether they are so: answer them."],
  waiting: ["1 entry is not sent yet.", "# entries are not sent yet."],
};

// Why the server can't say how this session stands; empty when it can.
function whyUnheard(here, outcome) {
  const held = { away: "no connection", signed_out: "signed out", other_sign_in: "somebody else is signed in" }[outcome];
  return held ?? (thoseToSend(here).length ? "not sent yet" : "");
}

// What the server's verdict makes of an entry. A question is no refusal.
function kindOf({ state, kind }) {
  if (state === "waiting") return "waiting";
  return { confirm: "asked", wrong_state: "over" }[kind] ?? "refused";
}

// How many entries there are of these kinds, in words.
function saidOf(entries, kinds = Object.keys(SAID)) {
  const counts = kinds.map((kind) => [kind, entries.filter((entry) => kindOf(entry) === kind).length]);
  const told = counts.filter(([, count]) => count).map(([kind, count]) => SAID[kind][Number(count > 1)].replace("#", count));
  return told.join(" ");
}

function copyOf(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

// A text that stays is not said again to who listens.
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

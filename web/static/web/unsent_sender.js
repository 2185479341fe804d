// Sends what waits in the store: one tab at a time, one entry after the other, and says what came of it. Only an
// answer of the record's own counts (docs/decisions/0012-unsent-entries.md).
"use strict";

class UnsentSender {
  static PATIENCE = 15_000; // ms for one answer
  static PAUSES = [2_000, 4_000, 8_000, 15_000]; // ms between tries; the last one stays
  // What may come of a try besides "stored" and "refused"; "done" when nothing is left that can be sent.
  static HOLDS = ["away", "signed_out", "other_sign_in"];

  // `writer` names the person and the clinic; `told(outcome)` hears of each try.
  constructor({ store, writer, connection, token, told }) {
    this.store = store;
    this.writer = writer;
    this.connection = connection;
    this.token = token;
    this.told = told;
    this.tries = 0;
  }

  // Sends until nothing is left that can be sent. `pressed`: a person has just done something; what goes by
  // itself must not keep an abandoned screen signed in.
  async send(pressed = false) {
    clearTimeout(this.timer);
    const outcome = await navigator.locks.request("chairside-unsent", () => this.drain(pressed));
    clearTimeout(this.timer);
    if (outcome === "done") {
      this.tries = 0;
    } else {
      const pause = UnsentSender.PAUSES[Math.min(this.tries, UnsentSender.PAUSES.length - 1)];
      this.tries += 1;
      this.timer = setTimeout(() => this.send(), pause);
    }
    await this.told(outcome);
  }

  async drain(pressed) {
    for (;;) {
      const next = thoseToSend((await this.store.look()).mine)[0];
      if (!next) return "done";
      const { outcome, why, kind } = await this.post(next, pressed);
      if (UnsentSender.HOLDS.includes(outcome)) return outcome;
      if (outcome !== "stored") {
        await this.store.change(next.id, { state: "refused", why, kind });
        continue;
      }
      for (const id of [next.id, ...(next.tells ?? [])]) await this.store.remove(id);
      await this.letBehindKnow(next);
    }
  }

  // What stayed behind knows of the entry that went past it: mended, it isn't stale by its own person's doing.
  async letBehindKnow(stored) {
    const { mine } = await this.store.look();
    const goOn = thoseToSend(mine);
    for (const entry of mine.filter((other) => other.session === stored.session && !goOn.includes(other))) {
      const known = ([name, value]) => [name, name === "after" ? `${value} ${stored.id}`.trim() : value];
      const again = entry.again || (entry.state === "refused" && isTheSame(entry, stored));
      await this.store.change(entry.id, { fields: entry.fields.map(known), again });
    }
  }

  async post(entry, pressed) {
    const send = () =>
      this.ask(entry.action, pressed, {
        method: "POST",
        body: new URLSearchParams(entry.fields),
        headers: { "X-CSRFToken": this.token, "X-Chairside-Entered-At": entry.enteredAt },
      });
    const answer = await send();
    if (answer.outcome !== "csrf_failed") return answer;
    // The page's token is as old as its sign-in.
    const renewed = await this.connect(pressed);
    if (renewed.outcome !== "here") return renewed;
    const again = await send();
    return again.outcome === "csrf_failed" ? { outcome: "signed_out" } : again;
  }

  // Whether the server answers and the same person is signed in: "here"; brings the token that a form needs.
  async connect(pressed = false) {
    const answer = await this.ask(this.connection, pressed, {});
    if (answer.outcome === "here") this.token = answer.token;
    return answer;
  }

  async ask(address, pressed, { headers = {}, ...request }) {
    const ours = { "X-Chairside-Entered-By": this.writer, ...(pressed ? {} : { "X-Chairside-Poll": "1" }) };
    try {
      const answer = await fetch(address, {
        ...request,
        headers: { ...headers, ...ours },
        redirect: "manual",
        cache: "no-store",
        signal: AbortSignal.timeout(UnsentSender.PATIENCE),
      });
      return await meaningOf(answer);
    } catch {
      return { outcome: "away" };
    }
  }
}

// The entries that may go, in order: all but the refused ones, and those that presuppose one that can't go.
function thoseToSend(entries) {
  const behind = new Set();
  return entries.filter(({ id, state, presupposes = [] }) => {
    const goes = state === "waiting" && !presupposes.some((other) => behind.has(other));
    if (!goes) behind.add(id);
    return goes;
  });
}

// The same act with the same values: what was refused, entered anew.
function isTheSame(entry, other) {
  const said = ({ action, values }) => JSON.stringify([action, values]);
  return said(entry) === said(other);
}

// What a form has made of an entry (`SessionForm.verdict`). What is refused before any form looks at it, as by a fault of
// the server's, may be sent again as it is: "refused".
const VERDICTS = ["confirm", "stale", "wrong_state", "refused"];

// What an answer says. A sign-in page, a captive portal's or a proxy's says nothing about the entry.
async function meaningOf(answer) {
  if (answer.type === "opaqueredirect") return { outcome: "signed_out" };
  const ours = (answer.headers.get("Content-Type") ?? "").includes("json");
  const said = ours ? await answer.json() : {};
  if (answer.ok && said.stored === true) return { outcome: "stored" };
  if (answer.ok && said.token) return { outcome: "here", token: said.token };
  if (["signed_out", "other_sign_in", "csrf_failed"].includes(said.code)) return { outcome: said.code };
  if (!said.code || [429, 503].includes(answer.status)) return { outcome: "away" };
  return { outcome: "refused", why: said.detail, kind: VERDICTS.includes(said.code) ? said.code : "refused" };
}

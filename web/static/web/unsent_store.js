// The entries that wait in this browser: one row each, sealed for its person, in the order in which they were
// entered. Sending them is unsent_sender.js, showing them unsent_list.js (docs/decisions/0012-unsent-entries.md).
"use strict";

class UnsentStore {
  static SECRETS = ["password", "code"];

  // A page over plain HTTP from elsewhere has neither WebCrypto nor locks, an old browser lacks the rest: there
  // every form is sent as it is.
  static usable() {
    const ofThePage = window.isSecureContext && window.crypto?.subtle && navigator.locks && window.indexedDB;
    return Boolean(ofThePage && window.BroadcastChannel && AbortSignal.timeout && "inert" in HTMLElement.prototype);
  }

  // `owner`: { user, name, clinic } stand open in every row; `keys` are base64, the current one first.
  static async open(owner, keys) {
    const opening = indexedDB.open("chairside", 1);
    opening.onupgradeneeded = () => {
      const rows = opening.result.createObjectStore("unsent", { keyPath: "place", autoIncrement: true });
      rows.createIndex("id", "id", { unique: true });
    };
    const database = await answerOf(opening);
    database.onversionchange = () => database.close();
    const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const usages = ["encrypt", "decrypt"];
    const opened = keys.map((key) => crypto.subtle.importKey("raw", bytes(key), "AES-GCM", false, usages));
    return new UnsentStore(database, owner, await Promise.all(opened));
  }

  constructor(database, owner, keys) {
    this.database = database;
    this.owner = owner;
    this.keys = keys;
  }

  // Keeps an entry { id, session, fields, … }. One that was refused is replaced and keeps its place; one that
  // waits already was pressed twice: false.
  async keep(entry) {
    if (entry.fields.some(([name]) => UnsentStore.SECRETS.includes(name))) throw new Error("A secret is never kept.");
    const known = await this.find(entry.id);
    if (known && known.state === "waiting") return false;
    try {
      await this.write({ ...entry, state: "waiting", why: "" }, known?.place);
      return true;
    } catch (error) {
      if (error.name === "ConstraintError") return false;
      throw error;
    }
  }

  async change(id, changes) {
    const known = await this.find(id);
    if (known) await this.write({ ...known, ...changes }, known.place);
  }

  async remove(id) {
    const known = await this.find(id);
    if (known) await this.inOne((rows) => rows.delete(known.place));
  }

  async find(id) {
    return (await this.look()).mine.find((entry) => entry.id === id);
  }

  // What waits: `mine` of this clinic in order, how many are mine in another clinic, how many no key opens, and
  // how many of each other person by name.
  async look() {
    const found = { mine: [], elsewhere: 0, unreadable: 0, others: new Map() };
    for (const row of await this.inOne((rows) => rows.getAll(), "readonly")) {
      if (row.user !== this.owner.user) found.others.set(row.name, (found.others.get(row.name) ?? 0) + 1);
      else if (row.clinic !== this.owner.clinic) found.elsewhere += 1;
      else {
        const entry = await this.unseal(row);
        if (entry) found.mine.push({ ...entry, id: row.id, session: row.session, place: row.place });
        else found.unreadable += 1;
      }
    }
    return found;
  }

  async write({ id, session, place: _, ...content }, place) {
    const row = { id, session, ...this.owner, iv: crypto.getRandomValues(new Uint8Array(12)) };
    const text = new TextEncoder().encode(JSON.stringify(content));
    row.sealed = await crypto.subtle.encrypt(sealOf(row), this.keys[0], text);
    if (place !== undefined) row.place = place;
    await this.inOne((rows) => rows.put(row));
  }

  async unseal(row) {
    for (const key of this.keys) {
      try {
        return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(sealOf(row), key, row.sealed)));
      } catch {
        // Another key, or bytes that were changed: the next key may open it.
      }
    }
    return null;
  }

  // One transaction; what it wrote is on the disk when this returns.
  inOne(work, mode = "readwrite") {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction("unsent", mode, { durability: "strict" });
      const request = work(transaction.objectStore("unsent"));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error ?? request.error);
    });
  }
}

// The open columns are bound to the sealed part: a row under another name or session doesn't open.
function sealOf({ iv, id, session, user, clinic }) {
  return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode([id, session, user, clinic].join(" ")) };
}

function answerOf(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

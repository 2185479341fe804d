// The station looks again by itself. This says when it couldn't, and what is new: aloud to who listens to the
// page, and as a sound on the tablets where somebody switched it on.
const SECOND = 1000;
const UNHEARD = 35 * SECOND; // three looks at the server without an answer
const KEPT = "chairside-sound-for-alerts"; // a preference of this browser: nothing about anybody

// --- No answer ------------------------------------------------------------------------------------------------
let heard = performance.now();

function tick() {
  const banner = document.querySelector("[data-unheard]");
  if (banner) banner.hidden = performance.now() - heard < UNHEARD;
}

// --- New alerts -----------------------------------------------------------------------------------------------
// Those that nobody has acknowledged.
const waiting = () => [...document.querySelectorAll("[data-alert]")];
const known = new Set(waiting().map((alert) => alert.dataset.alert));

function lookForNew() {
  const fresh = waiting().filter((alert) => !known.has(alert.dataset.alert));
  for (const alert of fresh) known.add(alert.dataset.alert);
  if (!fresh.length) return;
  const said = fresh.map((alert) => `${alert.closest("[data-call]").querySelector("[data-of]").textContent.trim()}: ${alert.dataset.said}`);
  document.querySelector("[data-alert-told]").textContent = `New alert. ${said.join(" ")}`;
  bell?.ring(fresh.some((alert) => alert.dataset.level !== "caution"));
}

// --- Sound ----------------------------------------------------------------------------------------------------
class Bell {
  constructor(button) {
    this.button = button;
    this.is = button.querySelector("[data-sound-is]");
    this.on = remembered() === "on";
    button.hidden = false;
    button.addEventListener("click", () => this.toggle());
    // A browser lets no page sound before somebody has touched it.
    for (const touch of ["pointerdown", "keydown"]) document.addEventListener(touch, () => this.wake(), true);
    this.wake();
  }

  toggle() {
    this.on = !this.on;
    remember(this.on ? "on" : "off");
    this.wake();
    if (this.on) this.ring(false); // so that whoever switches it on hears what it will be
  }

  async wake() {
    if (this.on) {
      this.audio ??= new AudioContext();
      if (this.audio.state === "suspended") this.audio.resume().then(() => this.draw());
    }
    this.draw();
  }

  draw() {
    this.button.setAttribute("aria-pressed", String(this.on));
    const silent = this.on && this.audio?.state !== "running";
    this.is.textContent = silent ? "on after a touch of this page" : this.on ? "on" : "off";
  }

  // One tone asks to look; three asks to come.
  ring(urgent) {
    if (!this.on || this.audio?.state !== "running") return;
    this.rung = (this.rung ?? 0) + 1;
    this.button.dataset.rung = this.rung;
    const notes = urgent ? [880, 660, 880, 660, 880, 660] : [660];
    notes.forEach((pitch, place) => this.note(pitch, this.audio.currentTime + place * 0.22));
  }

  note(pitch, at) {
    const [tone, loudness] = [this.audio.createOscillator(), this.audio.createGain()];
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0, at);
    loudness.gain.linearRampToValueAtTime(0.3, at + 0.02);
    loudness.gain.linearRampToValueAtTime(0, at + 0.2);
    tone.connect(loudness).connect(this.audio.destination);
    tone.start(at);
    tone.stop(at + 0.2);
  }
}

// A browser that keeps nothing starts without sound.
function remembered() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

function remember(value) {
  try {
    localStorage.setItem(KEPT, value);
  } catch {
    // It holds for as long as the page is open.
  }
}

const button = document.querySelector("[data-sound]");
const bell = "AudioContext" in window ? new Bell(button) : null;
document.addEventListener("htmx:afterSwap", () => {
  heard = performance.now();
  lookForNew();
  tick();
});
setInterval(tick, SECOND);

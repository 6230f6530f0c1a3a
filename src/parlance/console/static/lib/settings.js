// What stands beside a phone: the sandbox's clock, how the phone behaves, who the customer is.

import { attempt, get, put as set, sandbox } from "./api.js";
import { move, offset, setBack } from "./clock.js";
import { choices, field, h, icon, put } from "./dom.js";
import { clock, day, length, shift } from "./time.js";

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
const MOVES = [
  ["+1 min", MINUTE],
  ["+1 h", HOUR],
  ["+23 h 59 min", DAY - MINUTE],
  ["+24 h", DAY],
];
const UNITS = [
  ["minutes", MINUTE],
  ["hours", HOUR],
  ["days", DAY],
];
const DELIVERS = [
  ["auto", "At once"],
  ["never", "Never"],
];
const READS = [
  ["manual", "When opened"],
  ["auto", "At once"],
  ["never", "Never"],
];

// Numbers that misbehave on purpose, by their last six digits (docs/sandbox.md).
const TEMPERS = {
  "000131": "Not on WhatsApp: every message fails with 131026",
  "000429": "Busy twice, then takes the message",
  "000503": "Refuses the connection, again and again",
  "000504": "Takes the message and never answers: unsure, then settled after 2 s",
  "000408": "Out of reach: sent, never delivered",
};

const profileKey = (number) => `parlance.name.${number}`;

// The name that the customer of this phone was given here; empty: none.
export const profileName = (number) => localStorage.getItem(profileKey(number)) ?? "";

const label = (words, inside) => h("div", { class: "field" }, h("span", { class: "label" }, words), inside);

export class Settings {
  // `moved` is called when the clock was moved from here.
  constructor(number, moved) {
    this.number = number;
    this.moved = moved;
    this.habits = {};
    this.badge = h("span", { id: "armed", role: "status" });
    this.faults = h("div", { class: "faults" });
    this.face = h("div", { class: "clock-face" });
    this.day = h("div", { class: "dim small" });
    this.shifted = h("div", { class: "row" });
    this.whose = h("select", { "aria-label": "Whose clock" });
    this.element = h("aside", { class: "side tune", "aria-label": "Phone settings" });
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.element.classList.contains("open")) this.toggle();
    });
  }

  async load() {
    this.habits = await get(sandbox(`phones/${this.number}`));
    put(this.element, this.head(), this.clock(), h("hr"), this.behaviour(), h("hr"), this.customer());
    this.drawFaults();
  }

  // On narrow screens the settings lie over the chat when they are asked for.
  toggle() {
    this.element.classList.toggle("open");
    if (this.element.classList.contains("open")) this.element.querySelector("button").focus();
  }

  head() {
    const close = { "aria-label": "Close the settings", onclick: () => this.toggle() };
    return h(
      "div",
      { class: "split only-narrow" },
      h("strong", {}, "Phone settings"),
      h("button", { type: "button", class: "plain icon", ...close }, icon("close")),
    );
  }

  // ---- the clock

  clock() {
    const amount = h("input", { type: "number", min: "1", step: "1", value: "30", "aria-label": "How much" });
    const units = UNITS.map(([word, size]) => h("option", { value: size }, word));
    const unit = h("select", { "aria-label": "Unit" }, units);
    const submit = (event) => {
      event.preventDefault();
      this.move(Number(amount.value) * Number(unit.value));
    };
    return h(
      "section",
      { "aria-label": "Clock" },
      h("h2", {}, icon("clock"), "Sandbox clock"),
      h("div", { class: "split" }, h("div", {}, this.face, this.day), this.shifted),
      this.whose,
      h(
        "div",
        { class: "moves" },
        MOVES.map(([words, millis]) =>
          h("button", { type: "button", class: "small", onclick: () => this.move(millis) }, words),
        ),
      ),
      h(
        "form",
        { class: "row", onsubmit: submit },
        h("div", { class: "grow" }, amount),
        h("div", { class: "grow" }, unit),
        h("button", { class: "small" }, "Move"),
      ),
    );
  }

  async move(millis) {
    await move(millis, this.whose.value);
    this.moved();
  }

  // Show the time by the clock of `sender`, whose chat is open, or by everybody's; `now` is the gateway's real time.
  draw(now, clocks, sender) {
    const kept = this.whose.value;
    put(
      this.whose,
      h("option", { value: "" }, "Every sandbox sender"),
      sender?.writable ? h("option", { value: sender.id }, `Only ${sender.name || `+${sender.number}`}`) : null,
    );
    if ([...this.whose.options].some((each) => each.value === kept)) this.whose.value = kept;
    const shifted = offset(clocks, sender?.id);
    this.face.textContent = clock(now + shifted);
    this.day.textContent = day(now + shifted, now);
    put(
      this.shifted,
      shifted
        ? [
            h("span", { class: "chip warn" }, icon("clock"), shift(shifted)),
            h("button", { type: "button", class: "small", onclick: () => setBack("") }, "Set back"),
          ]
        : h("span", { class: "dim small" }, "Real time"),
    );
  }

  // ---- behaviour

  behaviour() {
    const { delivers, reads, delay_ms: delayed } = this.habits;
    const range = { type: "number", min: "0", max: "86400", step: "0.1" };
    const delay = h("input", {
      ...range,
      value: String(delayed / 1000),
      onchange: () => this.change({ delay_ms: Math.round(Math.max(0, Number(delay.value) || 0) * 1000) }),
    });
    return h(
      "section",
      { "aria-label": "Behaviour" },
      h("h2", {}, icon("tune"), "Behaviour"),
      this.faults,
      label(
        "Messages are delivered",
        choices("Messages are delivered", DELIVERS, delivers, (chosen) => this.change({ delivers: chosen })),
      ),
      label(
        "Messages are read",
        choices("Messages are read", READS, reads, (chosen) => this.change({ reads: chosen })),
      ),
      field("Delay before each status, in seconds", delay),
    );
  }

  async change(changes) {
    this.habits = (await attempt(() => set(sandbox(`phones/${this.number}`), changes))) ?? this.habits;
    this.drawFaults();
  }

  drawFaults() {
    const { delivers, reads, delay_ms: delayed } = this.habits;
    const armed = [
      TEMPERS[this.number.slice(-6)],
      delivers === "never" && "Out of reach: nothing is delivered",
      reads === "never" && "Never reads",
      delayed > 0 && `Answers after ${length(delayed)} each`,
    ].filter(Boolean);
    const words = armed.length === 1 ? "Fault armed" : `${armed.length} faults armed`;
    const chip = (...inside) => h("span", { class: "chip bad", title: armed.join("; ") }, icon("bolt"), inside);
    put(
      this.faults,
      armed.map((each) => chip(each)),
    );
    put(this.badge, armed.length ? chip(words) : null);
    document.body.classList.toggle("armed", armed.length > 0);
  }

  // ---- the customer

  customer() {
    const name = h("input", {
      dir: "auto",
      value: profileName(this.number),
      placeholder: "as before",
      autocomplete: "off",
      onchange: () => localStorage.setItem(profileKey(this.number), name.value.trim()),
    });
    return h(
      "section",
      { "aria-label": "Customer" },
      h("h2", {}, icon("contact"), "Customer"),
      field("Profile name", name, "Sent with what the customer writes; empty: the name used before."),
      h("a", { class: "button small", href: "/console/phone" }, "Another phone"),
    );
  }
}

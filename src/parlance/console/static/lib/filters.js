// What is looked for among messages: fields that stand in the page's address too, so that a search can be kept.

import { query } from "./api.js";
import { field, h, icon, put } from "./dom.js";
import { STAGES } from "./words.js";

const NAMES = ["text", "customer", "sender", "stage", "direction", "dialect", "carrier", "until"];
const DIRECTIONS = [
  ["out", "sent by us"],
  ["in", "received"],
];

// A number as people write it, as digits.
const digits = (text) => (/^[\d\s+().-]+$/.test(text) ? text.replace(/\D/g, "") : text);

const moment = (text) => {
  const at = new Date(text);
  return text && !Number.isNaN(at.getTime()) ? at.toISOString() : "";
};

export class Filters {
  // `changed` is called when anything is looked for.
  constructor(changed) {
    this.changed = changed;
    const asked = new URLSearchParams(location.search);
    this.values = Object.fromEntries(NAMES.map((each) => [each, asked.get(each) ?? ""]));
    this.text = this.input("text", {
      type: "search",
      placeholder: "Search in texts, names and numbers of contacts",
      "aria-label": "Search in what messages say",
      dir: "auto",
      maxlength: "200",
    });
    this.more = h("div", { class: "filters", id: "filters" });
    this.toggle = h(
      "button",
      {
        type: "button",
        class: "filter-toggle",
        "aria-expanded": "false",
        "aria-controls": "filters",
        onclick: () => this.fold(),
      },
      icon("tune"),
      h("span", {}, "Filters"),
    );
    this.clear = h(
      "button",
      { type: "button", class: "plain", hidden: true, onclick: () => this.wipe() },
      icon("close"),
      "Clear",
    );
    this.senders = h("datalist", { id: "senders" });
    this.element = h(
      "search",
      { class: "card finder" },
      h(
        "div",
        { class: "find-row" },
        h("div", { class: "find-text" }, icon("search"), this.text),
        this.toggle,
        this.clear,
      ),
      this.more,
    );
  }

  input(name, attributes) {
    const made = h("input", { autocomplete: "off", value: this.values[name], ...attributes });
    made.addEventListener("input", () => this.set(name, made.value.trim()));
    return made;
  }

  select(name, options) {
    const made = h(
      "select",
      {},
      h("option", { value: "" }, "any"),
      options.map(([value, words]) => h("option", { value }, words)),
    );
    made.value = this.values[name];
    made.addEventListener("change", () => this.set(name, made.value));
    return made;
  }

  // Draw the fields of these carriers and dialects, each [name, title].
  draw(carriers, dialects) {
    put(
      this.more,
      field(
        "Customer",
        this.input("customer", { type: "search", inputmode: "tel", placeholder: "+972 55 000 0222", dir: "ltr" }),
      ),
      field(
        "Sender",
        this.input("sender", {
          type: "search",
          inputmode: "tel",
          list: "senders",
          dir: "ltr",
          placeholder: "number or id",
        }),
      ),
      this.senders,
      field(
        "Stage",
        this.select(
          "stage",
          Object.entries(STAGES).map(([value, [, words]]) => [value, words]),
        ),
      ),
      field("Direction", this.select("direction", DIRECTIONS)),
      field("API it came by", this.select("dialect", dialects)),
      field("Carrier", this.select("carrier", carriers)),
      field("Before", this.input("until", { type: "datetime-local" })),
    );
    if (this.used()) this.fold();
    this.count();
  }

  // Offer these senders by number.
  offer(senders) {
    put(
      this.senders,
      senders.map((each) => h("option", { value: each.sender }, each.name)),
    );
  }

  fold() {
    this.toggle.setAttribute("aria-expanded", String(this.more.classList.toggle("open")));
  }

  used() {
    return NAMES.filter((each) => each !== "text" && this.values[each]).length;
  }

  count() {
    const used = this.used();
    const words = used ? `Filters (${used})` : "Filters";
    this.toggle.lastChild.textContent = words;
    // On narrow screens the word is not shown.
    this.toggle.setAttribute("aria-label", words);
    this.toggle.classList.toggle("used", used > 0);
    this.clear.hidden = !used && !this.values.text;
  }

  set(name, value) {
    if (this.values[name] === value) return;
    this.values[name] = value;
    this.keep();
  }

  wipe() {
    for (const each of NAMES) this.values[each] = "";
    for (const each of [this.text, ...this.more.querySelectorAll("input, select")]) each.value = "";
    this.keep();
    this.text.focus();
  }

  keep() {
    history.replaceState(null, "", query(this.values) || location.pathname);
    this.count();
    this.changed();
  }

  // What to ask the gateway for.
  get asks() {
    const { customer, sender, until } = this.values;
    return { ...this.values, customer: digits(customer), sender: digits(sender), until: moment(until) };
  }

  // Whether few of many messages may fit, so that a look can end before it has found any.
  get isNarrow() {
    return NAMES.some((each) => each !== "sender" && each !== "until" && this.values[each]);
  }

  get isUsed() {
    return NAMES.some((each) => this.values[each]);
  }

  // Whether messages may come to fit after they were stored.
  get fitsLater() {
    return Boolean(this.values.stage || this.values.carrier);
  }

  get isPast() {
    return Boolean(this.values.until);
  }
}

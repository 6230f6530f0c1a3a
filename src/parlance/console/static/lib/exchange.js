// A request as it is written, the answer as it came, and the message with its history in words.

import { ticks } from "./bubble.js";
import { copyButton, h } from "./dom.js";
import { clock, exact, length } from "./time.js";

const SHOWN = ["content-type", "retry-after"];

// The lines of a text as header names and values.
export const headersOf = (text) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    })
    .filter(([name]) => name);

const pretty = (text) => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};

// An answer with its body `text`, which took so many milliseconds.
export const answered = (said, text, took) => [
  h(
    "div",
    { class: "row" },
    h("span", { class: `chip ${said.ok ? "ok" : "bad"} num` }, `${said.status} ${said.statusText}`),
    h("span", { class: "dim small num" }, length(took)),
    h("span", { class: "grow" }),
    copyButton(text),
  ),
  h("pre", { tabindex: "0", dir: "auto" }, pretty(text) || "(no body)"),
  h(
    "dl",
    { class: "facts small" },
    [...said.headers]
      .filter(([name]) => name.startsWith("parlance-") || SHOWN.includes(name))
      .map(([name, value]) => [h("dt", {}, name), h("dd", { class: "mono" }, value)]),
  ),
];

const last = (kind) => kind.split(".").pop();

const WORDS = {
  accepted: ({ dialect }) => `Accepted (${dialect})`,
  received: () => "Received",
  attempt: ({ carrier, outcome, status, detail }) => [
    `Tried through ${carrier}: ${outcome}`,
    status && `HTTP ${status}`,
    detail,
  ],
  event: ({ kind, failure }) => [last(kind).replace(/^./, (letter) => letter.toUpperCase()), failure],
  delivery: ({ kind, url, state }) => [`Webhook for ${last(kind)}: ${state}`, url],
  try: ({ state, status, error }) => [`Webhook tried: ${state}`, status && `HTTP ${status}`, error],
};

// One moment of a message's history.
const moment = ({ at, what, detail }) =>
  h(
    "li",
    {},
    h("time", { class: "num dim", datetime: new Date(at).toISOString(), title: exact(at) }, clock(at)),
    " ",
    [WORDS[what]?.(detail) ?? what].flat().filter(Boolean).join(" · "),
  );

// A message as the admin API shows it.
export const whole = ({ id, stage, failure, dropped, history }) => [
  h(
    "div",
    { class: "row" },
    h("h3", {}, "Message"),
    ticks(stage),
    h("span", { class: "chip", "data-stage": stage }, stage),
    h("span", { class: "grow" }),
    h("code", { class: "small" }, id),
  ),
  failure ? h("p", { class: "notice bad" }, failure.detail, failure.code ? ` (${failure.code})` : "") : null,
  dropped?.length ? h("p", { class: "notice warn" }, `Not carried: ${dropped.join(", ")}`) : null,
  h("ol", { class: "history" }, history.map(moment)),
];

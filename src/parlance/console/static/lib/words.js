// What the gateway's words mean to people: stages, outcomes, conditions, and the providers' titles.

import { get } from "./api.js";
import { h, icon } from "./dom.js";
import { brief, clock, dayOf, exact, length } from "./time.js";

// Stages: icon, word, sentence, colour.
export const STAGES = {
  accepted: ["wait", "Waiting", "Stored; it has not left yet.", ""],
  sending: ["send", "On its way", "The carrier has it; it has not said yet that it was sent.", ""],
  unsure: ["unsure", "Unsure", "It may have left: no answer came.", "warn"],
  sent: ["tick", "Sent", "WhatsApp took it.", "ok"],
  delivered: ["ticks", "Delivered", "It is on the customer’s phone.", "ok"],
  read: ["ticks", "Read", "The customer has seen it.", "ok"],
  failed: ["fail", "Failed", "The customer did not get it.", "bad"],
  expired: ["fail", "Expired", "It waited longer than it was allowed to.", "bad"],
  cancelled: ["fail", "Cancelled", "It was taken out of the queue.", "bad"],
};

export const RECEIVED = ["reply", "Received", "A customer wrote it.", ""];

// What the customer wrote is at one stage for ever; its word says more than that.
const shownStage = ({ stage, direction }) =>
  direction === "in" ? RECEIVED : (STAGES[stage] ?? ["unsure", stage, "", ""]);

export const stageChip = (message) => {
  const [name, word, about, kind] = shownStage(message);
  return h("span", { class: `chip stage ${kind}`, title: about, "data-stage": message.stage }, icon(name), word);
};

export const stageWord = (message) => shownStage(message)[1];
export const stageAbout = (message) => shownStage(message)[2];

// The stage at which an event leaves a message.
export const STAGE_OF = {
  "message.sent": "sent",
  "message.delivered": "delivered",
  "message.read": "read",
  "message.failed": "failed",
  "message.unsure": "unsure",
};

export const OUTCOMES = {
  sent: ["taken", "ok"],
  found: ["found at the vendor: it had left", "ok"],
  refused: ["refused", "bad"],
  busy: ["busy, to be tried again", "warn"],
  never_left: ["did not leave, to be tried again", "warn"],
  unsure: ["no answer: it may have left", "warn"],
  still_unsure: ["still not known", "warn"],
  absent: ["not at the vendor: it had not left", "warn"],
  unknown: ["never found out", "bad"],
  expired: ["too late", "bad"],
  doomed: ["not sent", "bad"],
};

export const NOTES = {
  absorbed: "Reported again, or late; nothing changed",
  conflict: "Contradicts what was known; kept for the record",
  overruled: "in spite of what was reported before",
  unknown: "The vendor used a word nobody knows here",
  recovered: "the gateway stopped in the middle",
  resolved: "settled by hand",
  resent: "To be sent again, by hand",
  cancelled: "Taken out of the queue",
  removed: "The sender was removed before it left",
};

export const DELIVERIES = {
  due: ["wait", "Waiting", "warn"],
  done: ["tick", "Told", "ok"],
  dead: ["fail", "Given up", "bad"],
  skipped: ["close", "No words for it", ""],
};

export const deliveryChip = (state) => {
  const [name, word, kind] = DELIVERIES[state] ?? ["unsure", state, ""];
  return h("span", { class: `chip ${kind}`, "data-state": state }, icon(name), word);
};

// Conditions of senders and routes.
export const CONDITIONS = {
  ok: ["tick", "Works", "ok"],
  new: ["wait", "Not used yet", ""],
  degraded: ["bolt", "Degraded", "warn"],
  cooling: ["clock", "Cooling down", "warn"],
  held: ["fail", "Held", "bad"],
  stalled: ["fail", "Stalled", "bad"],
};

export const conditionChip = (state) => {
  const [name, word, kind] = CONDITIONS[state] ?? ["unsure", state, ""];
  return h("span", { class: `chip ${kind}`, "data-condition": state }, icon(name), word);
};

// A condition as a sentence: what, since when, why.
export const conditionWords = (found, now) => {
  const since = found.since ? ` for ${length(now - found.since)}` : "";
  const few = found.unanswered
    ? `${found.unanswered} of the last ${plural(found.messages, "message")} got no answer`
    : "";
  const words = {
    ok: () =>
      `Messages leave; the last try ended ${length(now - found.last_at)} ago.${few ? ` ${few}: ${found.why}` : ""}`,
    new: () => "Nothing was sent by it yet.",
    degraded: () => `${few}${since}: ${found.why}`,
    cooling: () =>
      `It gives no answers and is left alone for ${length(Math.max(0, found.until - now))} more: ${found.why}`,
    held: () => `Nothing leaves${since}: ${found.why}`,
    stalled: () => `Nothing says no, but messages do not get through${since}. Somebody should look.`,
  };
  return words[found.state]?.() ?? found.why;
};

// Titles of dialects and carriers, and the carriers' settings; asked for once.
let asked = null;
export const providers = () => {
  asked ??= get("providers").catch((fault) => {
    asked = null;
    throw fault;
  });
  return asked;
};

const OWN = { parlance: "Admin API", sandbox: "Sandbox" };

// A function that gives the title of a dialect or carrier.
export const titles = async () => {
  const { carriers, dialects } = await providers();
  const known = new Map([...carriers, ...dialects].map((each) => [each.name, each.title]));
  return (name) => known.get(name) ?? OWN[name] ?? name;
};

export const eventWord = (kind) => kind.split(".").pop();

export const plural = (count, word, words) =>
  `${count.toLocaleString("en")} ${count === 1 ? word : (words ?? `${word}s`)}`;

export const phoneOf = (address) => (/^\d{5,20}$/.test(address) ? `+${address}` : address);

// A moment: its time alone today, else with its day.
export const when = (at, now = Date.now()) => {
  if (dayOf(at) === dayOf(now)) return `${clock(at)}:${String(new Date(at).getSeconds()).padStart(2, "0")}`;
  return new Date(at).getFullYear() === new Date(now).getFullYear() ? `${brief(at, now)}, ${clock(at)}` : exact(at);
};

// A message's history as a line of moments: what the client sent, what the rules said, tries, statuses, webhooks.

import { h, icon } from "./dom.js";
import { clock, day, exact, length } from "./time.js";
import { deliveryChip, eventWord, NOTES, OUTCOMES, phoneOf, plural, STAGES, when } from "./words.js";

const facts = (rows) => {
  const kept = rows.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return kept.length
    ? h(
        "dl",
        { class: "facts small" },
        kept.map(([word, value]) => [h("dt", {}, word), h("dd", {}, value)]),
      )
    : null;
};
const mono = (text) => (text ? h("span", { class: "mono", dir: "ltr" }, text) : null);
const http = (status) =>
  status ? h("span", { class: `chip num ${status < 300 ? "ok" : "bad"}` }, `HTTP ${status}`) : null;
const seconds = (at) => new Date(at).toISOString().slice(17, 19);

// ---- how it came

const rule = (good, ...words) =>
  h("li", { class: good ? "kept" : "lost" }, icon(good ? "tick" : "fail"), h("span", {}, words));

const windowRule = ({ kind, window_until: until }) => {
  if (until) return rule(true, "The customer’s window was open until ", h("b", { class: "num" }, when(until)), ".");
  if (kind === "template") return rule(true, "A template needs no open window.");
  if (kind === "receipt") return null;
  return rule(true, "No open window was known: let through all the same, and looked at again before it leaves.");
};

const accepted = (detail, ways) => ({
  name: "check",
  kind: "ok",
  title: ["Accepted ", detail.dialect ? ["by ", h("b", {}, ways.titleOf(detail.dialect))] : null],
  body: [
    h(
      "ul",
      { class: "rules small" },
      rule(true, `Well formed: ${detail.kind} to `, h("bdi", { class: "num" }, phoneOf(detail.customer)), "."),
      windowRule(detail),
      detail.quote
        ? rule(
            true,
            "Answers ",
            h("a", { href: `/console/messages/${detail.quote}` }, "an earlier message"),
            ", which is of this chat.",
          )
        : null,
      (detail.dropped ?? []).length
        ? rule(
            false,
            "The route cannot say all of it; left out: ",
            detail.dropped.map((each, place) => [place ? ", " : "", h("code", {}, each)]),
            ".",
          )
        : rule(true, "The route can say all of it."),
    ),
  ],
});

const received = (detail) => ({
  name: "reply",
  kind: "ok",
  title: ["Received from ", h("bdi", { class: "num" }, phoneOf(detail.customer))],
  body: facts([["Vendor’s id", mono(detail.external_id)]]),
});

// ---- how it left

const attempt = (detail, ways) => {
  const [words, kind] = OUTCOMES[detail.outcome] ?? [detail.outcome, ""];
  const part = ways.parts > 1 ? `, part ${detail.part + 1} of ${ways.parts}` : "";
  return {
    name: "send",
    kind,
    at: detail.started_at,
    title: [
      `Try ${detail.attempt}${part} by `,
      h("b", {}, detail.carrier ? ways.titleOf(detail.carrier) : "a route that is gone"),
      ": ",
      words,
    ],
    body: [
      h(
        "div",
        { class: "row" },
        http(detail.status),
        h("span", { class: "dim small num" }, `took ${length(detail.ended_at - detail.started_at)}`),
      ),
      detail.detail ? h("p", { class: "small", dir: "auto" }, detail.detail) : null,
      facts([["Vendor’s id", mono(detail.external_id)]]),
    ],
  };
};

const EVENTS = {
  "message.departed": ["send", "Left", "ok"],
  "message.received": ["reply", "Told as an event", ""],
};

const event = (detail) => {
  const [name, word, , kind] = STAGES[eventWord(detail.kind)] ?? [];
  const [picture, words, colour] = EVENTS[detail.kind] ?? [name ?? "bolt", word ?? detail.kind, kind];
  return {
    name: picture,
    kind: colour,
    title: [h("b", {}, words), detail.note ? ` (${NOTES[detail.note] ?? detail.note})` : ""],
    body: detail.failure ? h("p", { class: "small bad", dir: "auto" }, detail.failure) : null,
  };
};

const note = (detail) => ({
  name: detail.note === "conflict" ? "fail" : "unsure",
  kind: detail.note === "conflict" || detail.note === "unknown" ? "warn" : "",
  title: NOTES[detail.note] ?? detail.note,
  body: facts([
    ["Vendor’s word", mono(detail.word)],
    ["Reported", detail.stage],
    ["Why", detail.failure],
    ["Vendor’s id", mono(detail.external_id)],
  ]),
});

// ---- who was told

const tryLine = ({ at, detail }) =>
  h(
    "li",
    {},
    h("time", { class: "num dim", title: exact(at) }, `${clock(at)}:${seconds(at)}`),
    " ",
    http(detail.status),
    " ",
    h("span", { dir: "auto" }, detail.state === "done" ? "taken" : detail.status ? "" : detail.error),
    detail.state === "dead" ? " given up" : "",
  );

const delivery = (detail, ways, tries) => ({
  name: "webhooks",
  kind: { done: "ok", dead: "bad" }[detail.state] ?? "",
  title: [`Webhook for “${eventWord(detail.kind)}” `, deliveryChip(detail.state)],
  body: [
    h(
      "p",
      { class: "small cut", title: detail.url ?? "" },
      detail.url === undefined
        ? h("span", { class: "dim" }, "fetched by the client, or its subscription is gone")
        : mono(detail.url),
      detail.dialect ? h("span", { class: "dim" }, ` · ${ways.titleOf(detail.dialect)}`) : null,
    ),
    tries.length > 6 ? h("p", { class: "small dim" }, plural(tries.length - 6, "earlier try", "earlier tries")) : null,
    h(
      "div",
      { class: "told" },
      h("ol", { class: "tries small" }, tries.slice(-6).map(tryLine)),
      h(
        "button",
        { type: "button", class: "small plain", onclick: () => ways.showDelivery(detail) },
        "Show the request",
      ),
      h("button", { type: "button", class: "small plain", onclick: () => ways.replay([detail]) }, "Tell again"),
    ),
    detail.due_at ? h("p", { class: "small dim" }, "Next at ", when(detail.due_at)) : null,
  ],
});

const SHOW = { accepted, received, attempt, event, note, delivery };

const item = ({ at, what, detail }, ways, tries, first) => {
  const shown = SHOW[what]?.(detail, ways, tries) ?? {
    name: "bolt",
    kind: "",
    title: what,
    body: h("pre", { class: "small" }, JSON.stringify(detail)),
  };
  const began = shown.at ?? at;
  return h(
    "li",
    { class: `moment ${shown.kind ?? ""}`, "data-what": what },
    h("span", { class: "dot" }, icon(shown.name)),
    h(
      "div",
      { class: "moment-text" },
      h(
        "div",
        { class: "moment-title" },
        h("h3", {}, shown.title),
        h(
          "time",
          { class: "num dim small", datetime: new Date(began).toISOString(), title: exact(began) },
          `${clock(began)}:${seconds(began)}`,
          began - first > 0 ? h("span", { class: "since" }, ` +${length(began - first)}`) : null,
        ),
      ),
      shown.body ? h("div", { class: "moment-body" }, shown.body) : null,
    ),
  );
};

// The list. `ways`: { titleOf, parts, replay(deliveries), showDelivery(delivery) }.
export const timeline = (history, ways) => {
  const first = history[0]?.at ?? 0;
  const tries = new Map();
  for (const each of history) {
    if (each.what !== "try") continue;
    const key = `${each.detail.subscription}-${each.detail.number}`;
    tries.set(key, [...(tries.get(key) ?? []), each]);
  }
  let current = "";
  return h(
    "ol",
    { class: "timeline" },
    history
      .filter((each) => each.what !== "try")
      .map((each) => {
        const today = day(each.at);
        const line = today === current ? null : h("li", { class: "moment-day small dim" }, today);
        current = today;
        return [line, item(each, ways, tries.get(`${each.detail.subscription}-${each.detail.number}`) ?? [], first)];
      }),
  );
};

export const deliveriesOf = (history) => history.filter((each) => each.what === "delivery").map((each) => each.detail);

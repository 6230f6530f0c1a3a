// How the gateway does, and what to do first.

import { admin, get, wrong } from "../lib/api.js";
import { chart } from "../lib/chart.js";
import { choices, code, h, main, put } from "../lib/dom.js";
import { soon, watch } from "../lib/live.js";
import { length } from "../lib/time.js";

const SPANS = [
  ["15m", "15 min"],
  ["1h", "1 hour"],
  ["24h", "24 hours"],
  ["7d", "7 days"],
];

let span = "15m";

const count = (number) =>
  number >= 10_000
    ? `${(number / 1000).toFixed(number >= 100_000 ? 0 : 1)}k`
    : number >= 10 || Number.isInteger(number)
      ? String(Math.round(number))
      : number.toFixed(1);
const per = (number) => (number === 0 ? "0" : number < 0.95 ? number.toFixed(2) : count(number));

const charts = {
  throughput: chart({
    title: "Messages a second",
    least: 0.2,
    show: per,
    lines: [
      { key: "sent", label: "sent", colour: "green" },
      { key: "received", label: "received", colour: "blue" },
    ],
    value: (point, key) => (point.counts[key] ?? 0) / point.seconds,
  }),
  ends: chart({
    title: "What became of them",
    stacked: true,
    show: count,
    least: 4,
    lines: [
      { key: "delivered", label: "delivered", colour: "green" },
      { key: "unsure", label: "unsure", colour: "amber" },
      { key: "failed", label: "failed", colour: "red" },
      { key: "expired", label: "expired", colour: "grey" },
      { key: "read", label: "read, of those delivered", colour: "blue", over: true },
    ],
    value: (point, key) => point.counts[key] ?? 0,
  }),
  latency: chart({
    title: "From accepted to delivered",
    show: length,
    least: 10,
    lines: [
      { key: "p50", label: "half are quicker than", colour: "green" },
      { key: "p95", label: "95 of 100 are quicker than", colour: "amber" },
    ],
    value: (point, key) => point.delivered_ms?.[key] ?? null,
  }),
  queue: chart({
    title: "Time in the queue",
    show: length,
    least: 10,
    lines: [
      { key: "p50", label: "half", colour: "deep" },
      { key: "most", label: "oldest that left", colour: "red" },
    ],
    value: (point, key) => point.queued_ms?.[key] ?? null,
  }),
};

const tiles = h("div", { class: "tiles" });
const estimated = h("span", { class: "small dim" });
const first = h("div", {});
const dashboard = h(
  "section",
  { class: "stack", hidden: true, "aria-label": "Figures" },
  tiles,
  h(
    "div",
    { class: "row" },
    choices("Span of time", SPANS, span, (chosen) => {
      span = chosen;
      refresh();
    }),
    estimated,
  ),
  h(
    "div",
    { class: "charts" },
    Object.values(charts).map((each) => each.element),
  ),
);
const complaint = h("div", { class: "complaint" });

const tile = (words, number, alarm) =>
  h("div", { class: `tile ${alarm ? "alarm" : ""}` }, h("strong", {}, number), h("span", {}, words));

const sum = (series, words) =>
  series.reduce((total, point) => total + words.reduce((part, word) => part + (point.counts[word] ?? 0), 0), 0);

const readFigures = async () => {
  try {
    const now = await get(`figures?span=${span}`);
    // The last interval has only just begun.
    for (const point of now.series) point.seconds = Math.max(1, Math.min(now.length_ms, now.now - point.at) / 1000);
    put(complaint);
    dashboard.hidden = !now.ever;
    put(
      tiles,
      tile("sent in this time", count(sum(now.series, ["sent"]))),
      tile("received in this time", count(sum(now.series, ["received"]))),
      tile(
        "failed or expired",
        count(sum(now.series, ["failed", "expired"])),
        sum(now.series, ["failed", "expired"]) > 0,
      ),
      tile("waiting now", count(now.ready)),
      tile("oldest waiting", now.oldest_ms === null ? "–" : length(now.oldest_ms), now.oldest_ms > 60_000),
      tile("unsure now", count(now.unsure), now.unsure > 0),
      tile("dead webhooks", count(now.dead_letters), now.dead_letters > 0),
    );
    estimated.textContent = now.series.some((each) => each.estimated)
      ? "So much happened that counts are estimated from samples."
      : "";
    for (const each of Object.values(charts)) each.draw(now.series);
    return now.ever;
  } catch (fault) {
    put(complaint, h("p", { class: "notice bad", role: "alert" }, wrong(fault)));
    return null;
  }
};
const refresh = soon(readFigures, 400);

// ---- what to do first

const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
const curl = ({ method, url, headers, body }) =>
  [
    `curl ${method === "GET" ? "" : `-X ${method} `}${quoted(location.origin + url)}`,
    ...Object.entries(headers).map(([name, value]) => `  -H ${quoted(`${name}: ${value}`)}`),
    ...(body ? [`  -d ${quoted(body)}`] : []),
  ].join(" \\\n");

const welcome = ({ sender, phone, items }, isNew) => {
  const spoken = items.filter((each) => each.examples.length);
  const place = h("div", { class: "stack" });
  const showDialect = (name) => {
    const found = spoken.find((each) => each.name === name);
    put(
      place,
      found.examples.map((each) => code(curl(each))),
    );
  };
  const send = spoken.length
    ? [
        choices(
          "API",
          spoken.map((each) => [each.name, each.title]),
          spoken[0].name,
          showDialect,
        ),
        place,
      ]
    : [
        h("p", {}, "No sender’s keys are known on this machine. Make a sender, and its keys are shown once:"),
        code("parlance sender add 972770000111 --name Shop"),
        h(
          "p",
          { class: "dim" },
          "With them, every API’s requests are ready under ",
          h("a", { href: "/console/try" }, "Try it"),
          ".",
        ),
      ];
  if (spoken.length) showDialect(spoken[0].name);
  const inside = h(
    "div",
    { class: "steps" },
    h("div", { class: "stack" }, h("h3", {}, "Send a message, in the API your program speaks"), send),
    h(
      "ol",
      {},
      h(
        "li",
        {},
        h(
          "div",
          {},
          h("strong", {}, "Paste one of these into a terminal"),
          h(
            "p",
            { class: "dim" },
            "Your own program needs no more than this host name instead of its vendor’s",
            sender ? [", and these keys. They belong to ", h("b", { class: "num" }, `+${sender.number}`)] : "",
            ".",
          ),
        ),
      ),
      h(
        "li",
        {},
        h(
          "div",
          {},
          h("strong", {}, "See it arrive"),
          h("p", { class: "dim" }, "A customer’s phone in the browser: read it, answer it, save the contact."),
          h("div", {}, h("a", { class: "button main", href: `/console/phone/${phone}` }, "Open the phone")),
        ),
      ),
      h(
        "li",
        {},
        h(
          "div",
          {},
          h("strong", {}, "Move the clock by 23 h 59 min, then by one more"),
          h(
            "p",
            { class: "dim" },
            "The window shuts, and the next message is refused in your API’s own words. ",
            "It opens when the customer writes again.",
          ),
        ),
      ),
      h(
        "li",
        {},
        h(
          "div",
          {},
          h("strong", {}, "Try the rest"),
          h("p", { class: "dim" }, "Every call of every API, recorded and ready to be changed and sent."),
          h("div", {}, h("a", { class: "button", href: "/console/try" }, "Try it")),
        ),
      ),
    ),
  );
  put(
    first,
    isNew
      ? h("section", { class: "card" }, h("h2", {}, "Welcome: the first five minutes"), inside)
      : h("details", { class: "card" }, h("summary", {}, "Send a message"), inside),
  );
};

put(
  main(),
  h("div", { class: "page" }, h("div", { class: "page-head" }, h("h1", {}, "Overview")), complaint, first, dashboard),
);

const start = async () => {
  const [trials] = await Promise.all([get("trials"), readFigures()]);
  const { items } = await get(admin("messages?direction=out&limit=1"));
  welcome(trials, !items.length);
  let isNew = !items.length;
  watch({
    tell: ({ events }) => {
      if (events.length) refresh();
      if (isNew && events.some((each) => each.dialect)) {
        isNew = false;
        welcome(trials, false);
      }
    },
    again: refresh,
  });
  setInterval(() => document.hidden || refresh(), 5_000);
};
start().catch((fault) => put(complaint, h("p", { class: "notice bad", role: "alert" }, wrong(fault))));

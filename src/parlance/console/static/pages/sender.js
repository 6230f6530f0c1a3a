// One sender: how it fares, its routes, keys, settings and windows.

import { admin, attempt, get, patch, query, remove, wrong } from "../lib/api.js";
import { ask, confirm } from "../lib/ask.js";
import { DialectSettings } from "../lib/dialectsettings.js";
import { empty, facts, field, h, icon, main, put } from "../lib/dom.js";
import { Keys } from "../lib/keys.js";
import { soon, watch } from "../lib/live.js";
import { Routes } from "../lib/routes.js";
import { length } from "../lib/time.js";
import { Windows } from "../lib/windows.js";
import { conditionChip, conditionWords, providers, titles, when } from "../lib/words.js";

const ID = facts.params.id;
const AGAIN = 5_000;

let sender = null;
let routes = null;
let windows = null;
let drawn = "";

const head = h("div", { class: "page-head" });
const notices = h("div", { class: "stack complaint", role: "status" });
const tiles = h("div", { class: "tiles" });

const tile = (words, shown, href, kind) =>
  h(href ? "a" : "div", { class: `tile ${kind ?? ""}`, href }, h("strong", {}, shown), h("span", {}, words));

const change = async (changes) => {
  await attempt(() => patch(admin(`senders/${ID}`), changes));
  refresh();
};

const rename = () => {
  const name = h("input", { name: "name", value: sender.name, maxlength: "300", dir: "auto", autocomplete: "off" });
  ask(
    "Rename the sender",
    field("Name", name, "Shown here and to customers in the sandbox; the number stays."),
    "Rename",
    async () => {
      await patch(admin(`senders/${ID}`), { name: name.value.trim() });
      refresh();
    },
  );
};

const hold = () => {
  const why = h("input", { name: "why", required: true, maxlength: "300", value: "Held by hand", dir: "auto" });
  ask(
    "Hold the sender?",
    [
      h(
        "p",
        {},
        "Messages are accepted and wait; nothing leaves until it is released. What waits longer than its time to live expires.",
      ),
      field("Why", why),
    ],
    "Hold it",
    async () => {
      await patch(admin(`senders/${ID}`), { held: why.value.trim() });
      refresh();
    },
  );
};

const erase = () =>
  confirm(
    "Remove the sender?",
    [
      "Its keys, routes and webhooks are gone at once, and what waits is cancelled. Its messages stay readable. This cannot be undone.",
    ],
    "Remove it",
    async () => {
      await remove(admin(`senders/${ID}`));
      location.assign("/console/senders");
    },
    sender.sender,
  );

const drawHead = (condition) => {
  put(
    head,
    h(
      "div",
      { class: "title-row" },
      h("a", { class: "back", href: "/console/senders", "aria-label": "All senders" }, icon("back")),
      h(
        "div",
        {},
        h("h1", {}, h("bdi", {}, sender.name || `+${sender.sender}`)),
        h(
          "div",
          { class: "dim num" },
          `+${sender.sender} · `,
          h("bdi", {}, sender.account),
          ` · since ${when(sender.created_at)}`,
        ),
      ),
    ),
    conditionChip(condition.state),
    h(
      "div",
      { class: "row" },
      h("a", { class: "button", href: `/console/messages${query({ sender: sender.sender })}` }, "Messages"),
      h("button", { type: "button", onclick: rename }, "Rename"),
      sender.held
        ? h("button", { type: "button", class: "main", onclick: () => change({ held: "" }) }, icon("play"), "Release")
        : h("button", { type: "button", onclick: hold }, icon("pause"), "Hold"),
      h("button", { type: "button", class: "danger", onclick: erase }, icon("trash"), "Remove"),
    ),
  );
};

const drawTiles = (now) => {
  const { ready, unsure, oldest_at: oldest } = sender.queue;
  const all = (more) => `/console/messages${query({ sender: ID, ...more })}`;
  put(
    tiles,
    tile("waiting", ready.toLocaleString("en"), all({ stage: "accepted" })),
    tile(
      "oldest waiting",
      oldest && ready ? length(now - oldest) : "–",
      "",
      oldest && ready && now - oldest > 60_000 ? "alarm" : "",
    ),
    tile("unsure", unsure.toLocaleString("en"), all({ stage: "unsure" }), unsure ? "alarm" : ""),
    tile("webhooks", sender.subscriptions.toLocaleString("en"), `/console/webhooks?sender=${ID}`),
  );
};

const refresh = soon(async () => {
  try {
    await load();
  } catch (fault) {
    put(notices, h("p", { class: "notice bad" }, wrong(fault)));
  }
}, 150);

const load = async () => {
  const [found, said] = await Promise.all([get(admin(`senders/${ID}`)), get(`conditions?sender=${ID}`)]);
  sender = found;
  const condition = said.senders[ID];
  const now = said.now;
  put(
    notices,
    ["ok", "new"].includes(condition.state)
      ? null
      : h(
          "p",
          {
            class: `notice ${condition.state === "held" || condition.state === "stalled" ? "bad" : "warn"}`,
            dir: "auto",
          },
          conditionWords(condition, now),
        ),
    sender.clock_offset_ms
      ? h("p", { class: "notice warn" }, `Its sandbox clock is moved by ${length(sender.clock_offset_ms)}.`)
      : null,
  );
  drawTiles(now);
  // What has focus stays where it is as long as nothing changed.
  const state = JSON.stringify([
    sender.name,
    sender.held,
    sender.routes,
    condition.state,
    condition.routes,
    [...routes.checks],
  ]);
  if (state === drawn) return;
  drawn = state;
  drawHead(condition);
  routes.draw(sender, condition, now);
};

const start = async () => {
  put(main(), h("div", { class: "page" }, h("p", { class: "dim" }, "…")));
  const [found, { carriers, dialects }, titleOf] = await Promise.all([
    get(admin(`senders/${ID}`)),
    providers(),
    titles(),
  ]);
  sender = found;
  routes = new Routes({ sender, carriers, titleOf, changed: refresh });
  const keys = new Keys(sender, dialects, titleOf);
  const settings = new DialectSettings(sender, dialects);
  windows = new Windows(sender);
  put(
    main(),
    h(
      "div",
      { class: "page" },
      head,
      notices,
      tiles,
      h(
        "div",
        { class: "sender-grid" },
        h("div", { class: "column" }, routes.element, windows.element),
        h("div", { class: "column" }, keys.element, settings.element),
      ),
    ),
  );
  await load();
  await Promise.all([keys.load(), settings.load(), windows.load()]);
  watch({
    tell: ({ events }) => {
      const mine = events.filter((each) => each.sender === ID);
      if (mine.length) refresh();
      if (mine.some((each) => each.kind === "message.received")) rewritten();
    },
    again: refresh,
  });
  setInterval(() => document.hidden || refresh(), AGAIN);
};

const rewritten = soon(() => windows.load(), 1_000);

start().catch((fault) =>
  put(
    main(),
    h(
      "div",
      { class: "page" },
      fault.status === 404
        ? empty("search", h("h1", {}, "There is no such sender."), h("a", { href: "/console/senders" }, "Senders"))
        : h("p", { class: "notice bad" }, wrong(fault)),
    ),
  ),
);

// The business numbers: how each fares, what waits, by whom its messages leave.

import { admin, get, query, wrong } from "../lib/api.js";
import { empty, h, icon, main, put } from "../lib/dom.js";
import { soon, watch } from "../lib/live.js";
import { steady } from "../lib/steady.js";
import { length } from "../lib/time.js";
import { conditionChip, conditionWords, titles } from "../lib/words.js";

const PAGE = 50;
const AGAIN = 5_000;

let shown = [];
let next = null;
let conditions = {};
let now = Date.now();
let titleOf = (name) => name;

const find = h("input", {
  type: "search",
  placeholder: "Name or number",
  "aria-label": "Find a sender",
  autocomplete: "off",
  dir: "auto",
  oninput: () => search(),
});
const list = h("ul", { class: "sender-list" });
const foot = h("div", { class: "list-foot" });
const complaint = h("div", { class: "complaint", role: "alert" });

const words = () => find.value.trim().toLowerCase();
const digits = () => find.value.replace(/[\s+().-]/g, "");
const fits = (each) =>
  !words() ||
  `${each.name} ${each.sender} ${each.account}`.toLowerCase().includes(words()) ||
  (/^\d+$/.test(digits()) && each.sender.includes(digits()));

const waits = ({ ready, unsure, oldest_at: oldest }) => [
  ready ? h("span", { class: "chip num" }, icon("wait"), `${ready.toLocaleString("en")} waiting`) : null,
  unsure ? h("span", { class: "chip warn num" }, icon("unsure"), `${unsure.toLocaleString("en")} unsure`) : null,
  ready && oldest ? h("span", { class: "small dim num" }, `oldest ${length(now - oldest)}`) : null,
];

const item = (each) => {
  const found = conditions[each.id];
  const others = each.routes.filter((route) => !route.active && route.backup).map((route) => titleOf(route.carrier));
  const trouble = found && !["ok", "new"].includes(found.state);
  return h(
    "li",
    { "data-id": each.id },
    h(
      "a",
      { class: "card sender-item", href: `/console/senders/${each.id}` },
      h(
        "div",
        { class: "sender-name" },
        h("strong", { class: "cut" }, h("bdi", {}, each.name || `+${each.sender}`)),
        h("span", { class: "num dim cut" }, `+${each.sender}`, " · ", h("bdi", {}, each.account)),
      ),
      h(
        "div",
        { class: "sender-way" },
        h("span", {}, titleOf(each.carrier)),
        others.length ? h("span", { class: "small dim" }, `backup: ${others.join(", ")}`) : null,
      ),
      h("div", { class: "row sender-waits" }, waits(each.queue)),
      found ? conditionChip(found.state) : h("span", { class: "chip" }, "…"),
      trouble ? h("p", { class: "small sender-why", dir: "auto" }, conditionWords(found, now)) : null,
    ),
  );
};

const draw = () => {
  const found = shown.filter(fits);
  steady(list, found.map(item));
  put(
    foot,
    next ? h("button", { type: "button", onclick: () => more() }, "More senders") : null,
    !shown.length
      ? empty(
          "senders",
          h("p", {}, "There is no sender yet."),
          h(
            "p",
            { class: "small" },
            "A sender is a WhatsApp business number. The sandbox lets you make one up: it works at once, with phones in the browser.",
          ),
          h("a", { class: "button main", href: "/console/senders/new" }, "Add a sender"),
        )
      : !found.length
        ? empty("search", h("p", {}, "No sender fits."))
        : null,
  );
};

const readConditions = async () => {
  const ids = shown.map((each) => each.id);
  for (let place = 0; place < ids.length; place += PAGE) {
    const part = ids.slice(place, place + PAGE);
    const said = await get(`conditions?${part.map((each) => `sender=${each}`).join("&")}`);
    now = said.now;
    Object.assign(conditions, said.senders);
  }
};

const more = async () => {
  const page = await get(admin(`senders${query({ limit: PAGE, after: next })}`));
  shown.push(...page.items.filter((each) => shown.every((known) => known.id !== each.id)));
  next = page.next;
  await readConditions();
  draw();
};

// How things stand now, of those that are shown.
const refresh = soon(async () => {
  try {
    const pages = Math.ceil(shown.length / PAGE) || 1;
    const found = [];
    let after = null;
    for (let place = 0; place < pages; place++) {
      const page = await get(admin(`senders${query({ limit: PAGE, after })}`));
      found.push(...page.items);
      after = page.next;
      if (!after) break;
    }
    [shown, next] = [found, after];
    await readConditions();
    put(complaint);
    draw();
  } catch (fault) {
    put(complaint, h("p", { class: "notice bad" }, wrong(fault)));
  }
}, 300);

// A whole number is looked for among all senders, also those that are not on the page.
const search = soon(async () => {
  draw();
  if (!/^\d{7,15}$/.test(digits()) || shown.some(fits)) return;
  const { items } = await get(admin(`senders${query({ number: digits() })}`));
  shown.push(...items.filter((each) => shown.every((known) => known.id !== each.id)));
  await readConditions();
  draw();
}, 200);

put(
  main(),
  h(
    "div",
    { class: "page" },
    h(
      "div",
      { class: "page-head" },
      h("h1", {}, "Senders"),
      h("div", { class: "sender-find" }, find),
      h(
        "div",
        { class: "row" },
        h(
          "a",
          { class: "button", href: "/console/accounts" },
          icon("accounts"),
          h("span", {}, "Accounts", h("span", { class: "only-wide" }, " and templates")),
        ),
        h("a", { class: "button main", href: "/console/senders/new" }, icon("plus"), "Add a sender"),
      ),
    ),
    complaint,
    list,
    foot,
  ),
);

const start = async () => {
  titleOf = await titles();
  await more();
  watch({ tell: ({ events }) => events.some((each) => each.kind === "sender.state") && refresh(), again: refresh });
  setInterval(() => document.hidden || refresh(), AGAIN);
};
start().catch((fault) => put(complaint, h("p", { class: "notice bad" }, wrong(fault))));

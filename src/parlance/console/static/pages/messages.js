// Every message, newest first, as it happens: searched, filtered, paged by key and never all at once.

import { admin, get, query, wrong } from "../lib/api.js";
import { kindIcon, lineOf } from "../lib/content.js";
import { empty, h, icon, main, put } from "../lib/dom.js";
import { Filters } from "../lib/filters.js";
import { soon, watch } from "../lib/live.js";
import { steady } from "../lib/steady.js";
import { clock, day, dayOf, exact } from "../lib/time.js";
import { phoneOf, providers, stageChip, STAGE_OF, titles } from "../lib/words.js";

const PAGE = 50;
const LOOKS = 8;
const MOST = 1_000;

let shown = [];
let next = null;
let lookedTo = null;
let tip = null;
let turn = 0;
let titleOf = (name) => name;

const filters = new Filters(() => {
  // What is looked for now is no longer asked for.
  turn++;
  restart();
});
const complaint = h("div", { class: "complaint", role: "alert" });

// ---- the list

const list = h("ol", { class: "message-list", "aria-label": "Messages" });
const foot = h("div", { class: "list-foot", role: "status" });
const fresh = h("button", {
  type: "button",
  class: "main fresh",
  hidden: true,
  onclick: () => {
    scrollTo({ top: 0 });
    take(waiting.splice(0));
  },
});
const waiting = [];

const row = (one) =>
  h(
    "li",
    { "data-id": one.id },
    h(
      "a",
      { class: "message-row", href: `/console/messages/${one.id}` },
      h("time", { class: "num dim", datetime: new Date(one.at).toISOString(), title: exact(one.at) }, clock(one.at)),
      h(
        "span",
        { class: "who" },
        icon(one.direction === "in" ? "in" : "out", one.direction === "in" ? "from" : "to"),
        h("b", { class: "num cut", dir: "auto" }, phoneOf(one.customer)),
      ),
      h(
        "span",
        { class: "says cut" },
        kindIcon(one.content),
        h("bdi", { class: "cut" }, lineOf(one.content).slice(0, 240) || "–"),
      ),
      h(
        "span",
        { class: "by small dim cut" },
        h("span", { class: "num" }, `+${one.sender}`),
        one.dialect ? ` · ${titleOf(one.dialect)}` : "",
      ),
      stageChip(one),
    ),
  );

const draw = () => {
  const now = Date.now();
  const parts = [];
  let current = "";
  for (const each of shown) {
    if (dayOf(each.at) !== current) {
      current = dayOf(each.at);
      parts.push(h("li", { class: "day-line" }, h("h2", {}, day(each.at, now))));
    }
    parts.push(row(each));
  }
  steady(list, parts);
  drawFoot(false);
};

const drawFoot = (looking) => {
  const reach = lookedTo ? `${day(lookedTo)}, ${clock(lookedTo)}` : "";
  if (looking) put(foot, h("span", { class: "dim" }, reach ? `Looking… back to ${reach}` : "Looking…"));
  else if (next && shown.length >= MOST) put(foot, h("span", { class: "dim" }, "To go further back, set “Before”."));
  else if (next) {
    const stopped = filters.isNarrow && (!shown.length || shown.at(-1).id !== next);
    put(
      foot,
      stopped
        ? h("span", { class: "dim" }, shown.length ? `Looked back to ${reach}.` : `Nothing found back to ${reach}.`)
        : null,
      h("button", { type: "button", onclick: () => look(++turn) }, stopped ? "Look further back" : "Older messages"),
    );
  } else if (!shown.length && filters.isUsed) put(foot, nothing());
  else if (!filters.isUsed && shown.every((each) => each.direction === "in")) put(foot, nothingYet());
  else put(foot, h("span", { class: "dim small" }, "That is all."));
};

const nothing = () =>
  empty(
    "search",
    h("p", {}, "No message fits."),
    h("button", { type: "button", onclick: () => filters.wipe() }, "Clear the filters"),
  );
const nothingYet = () =>
  empty(
    "messages",
    h("p", {}, shown.length ? "Nothing was sent yet." : "Nothing was sent or received yet."),
    h(
      "p",
      { class: "small" },
      "Send a recorded request of any API, or write from a customer’s phone; the message appears here at once.",
    ),
    h(
      "div",
      { class: "row" },
      h("a", { class: "button main", href: "/console/try" }, "Try it"),
      h("a", { class: "button", href: "/console/phone" }, "Phones"),
    ),
  );

const complain = (fault) => put(complaint, h("p", { class: "notice bad" }, wrong(fault)));

// Look back from where the last look ended, until a page is found; each look of the gateway's is bounded.
const look = async (mine) => {
  let found = 0;
  for (let looks = 0; looks < LOOKS && found < PAGE; looks++) {
    drawFoot(true);
    const ask = { newest: "true", limit: PAGE - found, after: next };
    const page = await get(admin(`messages${query({ ...filters.asks, ...ask })}`)).catch((fault) => fault);
    if (mine !== turn) return;
    if (page instanceof Error) {
      complain(page);
      put(foot, h("button", { type: "button", onclick: () => look(++turn) }, "Try again"));
      return;
    }
    put(complaint);
    found += page.items.length;
    shown.push(...page.items);
    tip ??= page.items[0]?.id ?? null;
    next = page.next;
    lookedTo = page.looked_to;
    if (!next) break;
  }
  draw();
};

const restart = soon(async () => {
  [shown, next, lookedTo, tip] = [[], null, null, null];
  waiting.length = 0;
  fresh.hidden = true;
  list.classList.add("stale");
  await look(++turn);
  list.classList.remove("stale");
}, 250);

// ---- what is new

// What came since `tip`, the newest that was looked at. Where messages come to fit later than they come, the first page
// is read anew.
const refresh = async () => {
  if (filters.isPast) return;
  const mine = turn;
  const anew = filters.fitsLater || !tip;
  const ask = anew ? { newest: "true", limit: PAGE } : { limit: PAGE, after: tip };
  const page = await get(admin(`messages${query({ ...filters.asks, ...ask })}`)).catch(() => null);
  if (!page || mine !== turn) return;
  const known = new Map([...shown, ...waiting].map((each) => [each.id, each]));
  const added = page.items.filter((each) => !known.has(each.id));
  for (const each of page.items) if (known.has(each.id)) Object.assign(known.get(each.id), each);
  const ids = [tip, ...page.items.map((each) => each.id), anew ? null : page.next];
  tip = ids.filter(Boolean).sort().at(-1) ?? null;
  if (!anew && page.next) update();
  if (!added.length) return;
  if (scrollY > 240) {
    waiting.push(...added);
    fresh.hidden = false;
    fresh.textContent = `${waiting.length} new`;
  } else take(added);
};
const update = soon(refresh, 600);

const take = (added) => {
  fresh.hidden = true;
  // What lies behind the last that is shown comes by itself when it is paged to.
  const last = next ? (shown.at(-1)?.id ?? "") : "";
  shown = [...added.filter((each) => each.id > last), ...shown].sort((one, other) => (one.id < other.id ? 1 : -1));
  shown.length = Math.min(shown.length, MOST);
  draw();
};

const follow = (events) => {
  const known = new Map(shown.map((each) => [each.id, each]));
  for (const { message, kind } of events) {
    const one = known.get(message);
    if (!one || !STAGE_OF[kind] || one.direction === "in") continue;
    stand(one, STAGE_OF[kind]);
    // One that expired or was cancelled is told as failed.
    if (kind === "message.failed")
      get(admin(`messages/${message}`)).then(
        (whole) => stand(one, whole.stage),
        () => {},
      );
  }
  update();
};

const stand = (one, stage) => {
  one.stage = stage;
  list.querySelector(`[data-id="${one.id}"] .stage`)?.replaceWith(stageChip(one));
};

// ---- all together

const steps = { ArrowDown: 1, ArrowUp: -1 };
list.addEventListener("keydown", (event) => {
  const step = steps[event.key];
  const links = [...list.querySelectorAll("a")];
  const place = links.indexOf(document.activeElement);
  if (!step || place < 0) return;
  event.preventDefault();
  links[place + step]?.focus();
});

put(
  main(),
  h(
    "div",
    { class: "page" },
    h(
      "div",
      { class: "page-head" },
      h("h1", {}, "Messages"),
      h(
        "span",
        { class: "chip live-chip", title: "New messages appear by themselves" },
        h("i", { class: "pulse" }),
        "Live",
      ),
    ),
    filters.element,
    complaint,
    h("section", { class: "card flush", "aria-label": "Found" }, fresh, list, foot),
  ),
);

const start = async () => {
  const { carriers, dialects } = await providers();
  titleOf = await titles();
  const named = (found) => found.map((each) => [each.name, each.title]);
  filters.draw(named(carriers), [...named(dialects), ["parlance", titleOf("parlance")]]);
  await look(++turn);
  watch({ tell: ({ events }) => events.length && follow(events), again: update });
  filters.offer((await get(admin("senders?limit=100"))).items);
};
start().catch(complain);

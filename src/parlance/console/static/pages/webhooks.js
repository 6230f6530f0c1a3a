// Webhooks: who is told, how far behind they are, every attempt, and telling again.

import { admin, get, query, wrong } from "../lib/api.js";
import { Attempts } from "../lib/attempts.js";
import { empty, h, icon, main, put } from "../lib/dom.js";
import { soon, watch } from "../lib/live.js";
import { steady } from "../lib/steady.js";
import {
  addSubscription,
  changeSubscription,
  eventWords,
  fares,
  removeSubscription,
  signIcon,
} from "../lib/subscriptions.js";
import { plural, providers, titles } from "../lib/words.js";

const PAGE = 50;
const AGAIN = 5_000;

const asked = new URLSearchParams(location.search);
const picked = {
  sender: asked.get("sender") ?? "",
  subscription: asked.get("subscription") ?? "",
  state: asked.get("state") ?? "",
};

let subscriptions = [];
let next = null;
let backlogs = { items: {}, now: Date.now(), dead: 0, most: 0 };
let senders = [];
let dialects = [];
let titleOf = (name) => name;

const complaint = h("div", { class: "complaint", role: "alert" });
const summary = h("div", { class: "row" });
const list = h("div", { class: "stack" });
const foot = h("div", {});

// ---- subscriptions

const count = (number) => (number >= backlogs.most ? `${number.toLocaleString("en")}+` : number.toLocaleString("en"));
const senderOf = (one) => senders.find((each) => each.id === one.sender_id);

const subscriptionCard = (one) => {
  const backlog = backlogs.items[one.id];
  const sender = senderOf(one);
  const [kind, picture, word, words] = fares(one, backlog, backlogs.now);
  const chosen = picked.subscription === one.id;
  const button = (name, label, work, more = "") =>
    h("button", { type: "button", class: `small ${more}`, onclick: work }, icon(name), label);
  return h(
    "article",
    {
      class: `card stack subscription ${chosen ? "chosen" : ""}`,
      "data-id": one.id,
      "aria-label": one.url || `Fetched, ${titleOf(one.dialect)}`,
    },
    h(
      "div",
      { class: "row" },
      h("strong", { class: "grow" }, titleOf(one.dialect)),
      signIcon(one),
      h("span", { class: `chip ${kind}` }, icon(picture), word),
    ),
    one.url
      ? h("code", { class: "where", dir: "ltr" }, one.url)
      : h("span", { class: "dim" }, "No address: the client fetches its events"),
    h(
      "div",
      { class: "small" },
      sender
        ? h("a", { href: `/console/senders/${sender.id}` }, h("bdi", {}, sender.name || `+${sender.sender}`))
        : h("span", { class: "dim" }, "sender"),
      h(
        "span",
        { class: "dim" },
        ` · ${eventWords(one)} · statuses of ${one.statuses === "all" ? "all its messages" : "its own messages"}`,
      ),
    ),
    words ? h("p", { class: `small ${kind === "bad" ? "bad" : "dim"}`, dir: "auto" }, words) : null,
    backlog && (backlog.due || backlog.dead)
      ? h(
          "div",
          { class: "row" },
          backlog.due ? h("span", { class: "chip num" }, icon("wait"), `${count(backlog.due)} waiting`) : null,
          backlog.dead ? h("span", { class: "chip bad num" }, icon("fail"), `${count(backlog.dead)} given up`) : null,
        )
      : null,
    h(
      "div",
      { class: "row" },
      h(
        "button",
        { type: "button", class: "small", "aria-pressed": String(chosen), onclick: () => choose(chosen ? "" : one.id) },
        icon("messages"),
        "Attempts",
      ),
      one.own
        ? h(
            "span",
            { class: "small dim" },
            "Set by its API’s own calls: change it in the ",
            h("a", { href: `/console/senders/${one.sender_id}` }, "sender’s settings"),
          )
        : [
            button("tune", "Change", () => changeSubscription(one, dialects, refresh)),
            button(
              "trash",
              "Remove",
              () =>
                removeSubscription(one, () => {
                  choose("");
                  refresh();
                }),
              "danger",
            ),
          ],
    ),
  );
};

const drawSubscriptions = () => {
  put(
    summary,
    backlogs.dead
      ? h("span", { class: "chip bad num" }, icon("fail"), `${plural(backlogs.dead, "webhook")} given up`)
      : h("span", { class: "chip ok" }, icon("tick"), "None given up"),
  );
  // Those with an address first: they can go wrong.
  const ordered = [...subscriptions].sort((one, other) => Boolean(other.url) - Boolean(one.url));
  steady(list, ordered.map(subscriptionCard));
  put(
    foot,
    next ? h("button", { type: "button", onclick: () => readSubscriptions(true) }, "More subscriptions") : null,
    subscriptions.length
      ? null
      : empty(
          "webhooks",
          h("p", {}, "Nobody is told of anything yet."),
          h(
            "p",
            { class: "small" },
            "A webhook tells your program when customers write and how messages fare, in the words of the API it speaks. Programs can also set theirs by their API’s own calls.",
          ),
          h("button", { type: "button", class: "main", onclick: add }, "Add a webhook"),
        ),
  );
};

const readSubscriptions = async (more = false) => {
  const pages = more ? 1 : Math.ceil(subscriptions.length / PAGE) || 1;
  const found = more ? [...subscriptions] : [];
  let after = more ? next : null;
  for (let place = 0; place < pages; place++) {
    const page = await get(admin(`subscriptions${query({ sender: picked.sender, limit: PAGE, after })}`));
    found.push(...page.items);
    after = page.next;
    if (!after) break;
  }
  const items = {};
  let said = null;
  for (let place = 0; place < found.length || !said; place += PAGE) {
    said = await get(
      `backlogs?${found
        .slice(place, place + PAGE)
        .map((each) => `subscription=${each.id}`)
        .join("&")}`,
    );
    Object.assign(items, said.items);
  }
  [subscriptions, next, backlogs] = [found, after, { ...said, items }];
  const unknown = [...new Set(found.map((each) => each.sender_id))].filter((id) =>
    senders.every((each) => each.id !== id),
  );
  senders.push(
    ...(await Promise.all(unknown.map((id) => get(admin(`senders/${id}`)).catch(() => null)))).filter(Boolean),
  );
  drawSubscriptions();
};

const add = () => addSubscription(senders, dialects, refresh);

const choose = (subscription) => {
  picked.subscription = subscription;
  drawSubscriptions();
  attempts.restart();
  if (subscription && innerWidth <= 1000) attempts.title.scrollIntoView();
};

// ---- all together

const refresh = soon(async () => {
  try {
    await Promise.all([readSubscriptions(), attempts.load()]);
    put(complaint);
  } catch (fault) {
    put(complaint, h("p", { class: "notice bad" }, wrong(fault)));
  }
}, 400);

const attempts = new Attempts(picked, {
  titleOf: (name) => titleOf(name),
  find: (id) => subscriptions.find((each) => each.id === id),
  choose,
  changed: refresh,
  kept: () => history.replaceState(null, "", query(picked) || location.pathname),
});

const scope = () => {
  if (!picked.sender) return null;
  const sender = senders.find((each) => each.id === picked.sender || each.sender === picked.sender);
  return h(
    "span",
    { class: "chip" },
    icon("senders"),
    h("bdi", {}, sender?.name || picked.sender),
    h("a", { href: "/console/webhooks" }, "all senders"),
  );
};

const start = async () => {
  [titleOf, { dialects }, { items: senders }] = await Promise.all([
    titles(),
    providers(),
    get(admin("senders?limit=100")),
  ]);
  put(
    main(),
    h(
      "div",
      { class: "page" },
      h(
        "div",
        { class: "page-head" },
        h("h1", {}, "Webhooks"),
        scope(),
        summary,
        h("button", { type: "button", class: "main", onclick: add }, icon("plus"), "Add a webhook"),
      ),
      complaint,
      h(
        "div",
        { class: "webhook-grid" },
        h("section", { class: "stack", "aria-label": "Subscriptions" }, list, foot),
        attempts.element,
      ),
    ),
  );
  await readSubscriptions();
  await attempts.load();
  watch({ tell: ({ events }) => events.length && refresh(), again: refresh });
  setInterval(() => document.hidden || refresh(), AGAIN);
};
start().catch((fault) => put(main(), h("div", { class: "page" }, h("p", { class: "notice bad" }, wrong(fault)))));

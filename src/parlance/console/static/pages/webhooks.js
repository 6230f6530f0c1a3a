// Webhooks: who is told, how far behind they are, every attempt, and telling again.

import { admin, get, post, query, wrong } from "../lib/api.js";
import { ask } from "../lib/ask.js";
import { choices, empty, field, h, icon, main, put, toast } from "../lib/dom.js";
import { soon, watch } from "../lib/live.js";
import { showDelivery } from "../lib/raw.js";
import {
  addSubscription,
  changeSubscription,
  eventWords,
  EVENTS,
  fares,
  removeSubscription,
  signIcon,
} from "../lib/subscriptions.js";
import { exact } from "../lib/time.js";
import { deliveryChip, plural, providers, titles, when } from "../lib/words.js";

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
let deliveries = [];
let older = null;

const complaint = h("div", { class: "complaint", role: "alert" });
const summary = h("div", { class: "row" });
const list = h("div", { class: "stack" });
const foot = h("div", {});
const attempts = h("ol", { class: "delivery-list" });
const attemptsFoot = h("div", { class: "list-foot" });
const title = h("h2", {}, "Attempts");
const all = h("button", { type: "button", class: "small plain", hidden: true, onclick: () => choose("") }, "of all");

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
  put(list, subscriptions.map(subscriptionCard));
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

// ---- attempts

const told = (each) => ({ subscription: each.subscription_id, number: each.number });

const delivery = (each) => {
  const one = subscriptions.find((known) => known.id === each.subscription_id);
  const said = each.last_error || (each.last_status ? `HTTP ${each.last_status}` : "");
  return h(
    "li",
    { class: "delivery", "data-number": each.number },
    h(
      "div",
      { class: "row" },
      deliveryChip(each.state),
      h("strong", {}, EVENTS[each.event.kind] ?? each.event.kind),
      h("span", { class: "grow" }),
      h(
        "time",
        { class: "num small dim", datetime: new Date(each.created_at).toISOString(), title: exact(each.created_at) },
        when(each.created_at),
      ),
    ),
    h(
      "div",
      { class: "small dim" },
      each.event.message_id ? h("a", { href: `/console/messages/${each.event.message_id}` }, "message") : "state",
      each.event.customer ? [" · ", h("bdi", { class: "num" }, each.event.customer.address.value)] : null,
      ` · ${each.tries === 1 ? "1 try" : `${each.tries} tries`}`,
      said ? [" · ", h("span", { class: each.state === "done" ? "" : "bad", dir: "auto" }, said)] : null,
      each.state === "due" && each.tries ? ` · next ${when(each.due_at)}` : "",
      picked.subscription || !one ? null : [" · ", h("bdi", {}, titleOf(one.dialect))],
    ),
    h(
      "div",
      { class: "row" },
      h(
        "button",
        { type: "button", class: "small", onclick: (event) => again(each, event.currentTarget) },
        icon("again"),
        "Tell again",
      ),
      h(
        "button",
        { type: "button", class: "small plain", onclick: () => showDelivery(told(each)) },
        "Show the request",
      ),
    ),
  );
};

const drawAttempts = () => {
  const one = subscriptions.find((each) => each.id === picked.subscription);
  put(title, one ? ["Attempts · ", h("bdi", {}, titleOf(one.dialect))] : "Attempts");
  all.hidden = !picked.subscription;
  put(attempts, deliveries.map(delivery));
  put(
    attemptsFoot,
    older
      ? h("button", { type: "button", onclick: () => readDeliveries(true).catch(complain) }, "Older attempts")
      : null,
    deliveries.length
      ? null
      : empty(
          "tick",
          h(
            "p",
            {},
            picked.state === "dead"
              ? "Nothing was given up."
              : picked.state === "due"
                ? "Nothing waits to be told."
                : "Nothing was told yet.",
          ),
        ),
  );
};

const readDeliveries = async (more = false) => {
  const limit = more ? PAGE : Math.min(500, Math.max(PAGE, deliveries.length));
  const page = await get(admin(`deliveries${query({ ...picked, newest: "true", limit, after: more ? older : "" })}`));
  deliveries = more ? [...deliveries, ...page.items] : page.items;
  older = page.next;
  drawAttempts();
};

const again = async (each, button) => {
  button.disabled = true;
  try {
    await post(admin("deliveries/replay"), { subscription: each.subscription_id, numbers: [each.number] });
    toast("It will be told again");
  } catch (fault) {
    toast(wrong(fault), "bad");
  }
  refresh();
};

// Tell again by filter.
const replayAll = () => {
  let state = picked.state === "done" ? "done" : "dead";
  const since = h("input", { type: "datetime-local", name: "since" });
  const until = h("input", { type: "datetime-local", name: "until" });
  const one = subscriptions.find((each) => each.id === picked.subscription);
  const whose = one
    ? h("b", { class: "mono" }, one.url || titleOf(one.dialect))
    : picked.sender
      ? "all webhooks of the sender"
      : h("b", {}, "all webhooks");
  ask(
    "Tell again",
    [
      h("p", {}, "Of ", whose, ":"),
      choices(
        "Which",
        [
          ["dead", "Those given up"],
          ["done", "Those told before"],
        ],
        state,
        (chosen) => {
          state = chosen;
        },
      ),
      h("div", { class: "pair" }, field("Made since", since), field("and before", until)),
      h("p", { class: "small dim" }, "Receivers that have taken one before get it twice."),
    ],
    [icon("again"), "Tell again"],
    async () => {
      const moment = (input) => (input.value ? new Date(input.value).toISOString() : undefined);
      const { replayed } = await post(admin("deliveries/replay"), {
        state,
        ...(picked.subscription ? { subscription: picked.subscription } : {}),
        ...(picked.sender ? { sender: picked.sender } : {}),
        since: moment(since),
        until: moment(until),
      });
      toast(replayed ? `${plural(replayed, "webhook")} will be told again` : "Nothing fits", replayed ? "" : "bad");
      refresh();
    },
  );
};

const keep = () => history.replaceState(null, "", query(picked) || location.pathname);

const choose = (subscription) => {
  picked.subscription = subscription;
  deliveries = [];
  keep();
  drawSubscriptions();
  readDeliveries().catch(complain);
  if (subscription && innerWidth <= 1000) title.scrollIntoView();
};

// ---- all together

const complain = (fault) => put(complaint, h("p", { class: "notice bad" }, wrong(fault)));

const refresh = soon(async () => {
  try {
    await Promise.all([readSubscriptions(), readDeliveries()]);
    put(complaint);
  } catch (fault) {
    complain(fault);
  }
}, 400);

const drawScope = () => {
  const sender = senders.find((each) => each.id === picked.sender || each.sender === picked.sender);
  return picked.sender
    ? h(
        "div",
        { class: "row" },
        h(
          "span",
          { class: "chip" },
          icon("senders"),
          h("bdi", {}, sender?.name || picked.sender),
          h("button", { type: "button", onclick: () => location.assign("/console/webhooks") }, "all senders"),
        ),
      )
    : null;
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
        drawScope(),
        summary,
        h("button", { type: "button", class: "main", onclick: add }, icon("plus"), "Add a webhook"),
      ),
      complaint,
      h(
        "div",
        { class: "webhook-grid" },
        h("section", { class: "stack", "aria-label": "Subscriptions" }, list, foot),
        h(
          "section",
          { class: "card flush", "aria-label": "Attempts" },
          h(
            "div",
            { class: "attempts-head" },
            h("div", { class: "row grow" }, title, all),
            h("button", { type: "button", class: "small", onclick: replayAll }, icon("again"), "Tell again…"),
            choices(
              "State",
              [
                ["", "All"],
                ["due", "Waiting"],
                ["done", "Told"],
                ["dead", "Given up"],
                ["skipped", "No words"],
              ],
              picked.state,
              (state) => {
                picked.state = state;
                deliveries = [];
                keep();
                readDeliveries().catch(complain);
              },
            ),
          ),
          attempts,
          attemptsFoot,
        ),
      ),
    ),
  );
  await Promise.all([readSubscriptions(), readDeliveries()]);
  drawAttempts();
  watch({ tell: ({ events }) => events.length && refresh(), again: refresh });
  setInterval(() => document.hidden || refresh(), AGAIN);
};
start().catch((fault) => put(main(), h("div", { class: "page" }, h("p", { class: "notice bad" }, wrong(fault)))));

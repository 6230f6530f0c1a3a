// What subscribers were told, try by try, newest first; telling one again, or many by filter.

import { admin, get, post, query, wrong } from "./api.js";
import { ask } from "./ask.js";
import { choices, empty, field, h, icon, put, toast } from "./dom.js";
import { showDelivery } from "./raw.js";
import { steady } from "./steady.js";
import { EVENTS } from "./subscriptions.js";
import { exact } from "./time.js";
import { deliveryChip, plural, when } from "./words.js";

const PAGE = 50;
const MOST = 500;
const STATES = [
  ["", "All"],
  ["due", "Waiting"],
  ["done", "Told"],
  ["dead", "Given up"],
  ["skipped", "No words"],
];
const NOTHING = { dead: "Nothing was given up.", due: "Nothing waits to be told." };

export class Attempts {
  // `picked`: { sender, subscription, state } as chosen; `ways`: { titleOf, find(subscription id), changed(), choose("") }.
  constructor(picked, ways) {
    this.picked = picked;
    this.ways = ways;
    this.found = [];
    this.next = null;
    this.list = h("ol", { class: "delivery-list" });
    this.foot = h("div", { class: "list-foot" });
    this.title = h("h2", { tabindex: "-1" }, "Attempts");
    this.all = h("button", { type: "button", class: "small plain", onclick: () => ways.choose("") }, "Show all");
    const states = choices("State", STATES, picked.state, (state) => {
      picked.state = state;
      this.restart();
    });
    this.element = h(
      "section",
      { class: "card flush", "aria-label": "Attempts" },
      h(
        "div",
        { class: "attempts-head" },
        h("div", { class: "row grow" }, this.title, this.all),
        h("button", { type: "button", class: "small", onclick: () => this.replay() }, icon("again"), "Tell again…"),
        states,
      ),
      this.list,
      this.foot,
    );
  }

  async restart() {
    this.found = [];
    this.ways.kept();
    await this.load();
  }

  // What there is, as much as is shown already; `more`: what is older.
  async load(more = false) {
    const limit = more ? PAGE : Math.min(MOST, Math.max(PAGE, this.found.length));
    const { sender, subscription, state } = this.picked;
    try {
      const page = await get(
        admin(
          `deliveries${query({ sender, subscription, state, newest: "true", limit, after: more ? this.next : "" })}`,
        ),
      );
      if (subscription !== this.picked.subscription || state !== this.picked.state) return;
      this.found = more ? [...this.found, ...page.items] : page.items;
      this.next = page.next;
      this.draw();
    } catch (fault) {
      put(this.foot, h("p", { class: "notice bad" }, wrong(fault)));
    }
  }

  draw() {
    const one = this.ways.find(this.picked.subscription);
    put(this.title, "Attempts", one ? [" · ", h("bdi", {}, this.ways.titleOf(one.dialect))] : null);
    this.all.hidden = !this.picked.subscription;
    let current = this.picked.subscription;
    steady(
      this.list,
      this.found.map((each) => {
        const line = each.subscription_id === current ? null : this.whose(each.subscription_id);
        current = each.subscription_id;
        return [line, this.delivery(each)];
      }),
    );
    put(
      this.foot,
      this.next ? h("button", { type: "button", onclick: () => this.load(true) }, "Older attempts") : null,
      this.found.length ? null : empty("webhooks", h("p", {}, NOTHING[this.picked.state] ?? "Nothing was told yet.")),
    );
  }

  // Above the attempts of each subscription, where there are several.
  whose(id) {
    const one = this.ways.find(id);
    return h(
      "li",
      { class: "whose small" },
      one
        ? [
            h("b", {}, this.ways.titleOf(one.dialect)),
            " ",
            h("span", { class: "mono", dir: "ltr" }, one.url || "fetched"),
          ]
        : h("span", { class: "dim" }, "another subscription"),
    );
  }

  delivery(each) {
    const said = each.last_error || (each.last_status ? `HTTP ${each.last_status}` : "");
    const told = { subscription: each.subscription_id, number: each.number };
    return h(
      "li",
      { class: "delivery", "data-id": `${each.subscription_id}-${each.number}` },
      h(
        "div",
        { class: "row" },
        deliveryChip(each.state),
        h("strong", {}, EVENTS[each.event.kind] ?? each.event.kind),
        h(
          "time",
          { class: "num small dim", datetime: new Date(each.created_at).toISOString(), title: exact(each.created_at) },
          when(each.created_at),
        ),
      ),
      h(
        "div",
        { class: "small dim delivery-words" },
        each.event.message_id
          ? h("a", { href: `/console/messages/${each.event.message_id}` }, "message")
          : each.event.state,
        each.event.customer ? [" · ", h("bdi", { class: "num" }, each.event.customer.address.value)] : null,
        ` · ${plural(each.tries, "try", "tries")}`,
        said ? [" · ", h("span", { class: each.state === "done" ? "" : "bad", dir: "auto" }, said)] : null,
        each.state === "due" && each.tries ? ` · next ${when(each.due_at)}` : "",
      ),
      h(
        "div",
        { class: "row delivery-tools" },
        h("button", { type: "button", class: "small plain", onclick: () => showDelivery(told) }, "Show the request"),
        h(
          "button",
          { type: "button", class: "small", onclick: (event) => this.again(told, event.currentTarget) },
          icon("again"),
          "Tell again",
        ),
      ),
    );
  }

  async again({ subscription, number }, button) {
    button.disabled = true;
    try {
      await post(admin("deliveries/replay"), { subscription, numbers: [number] });
      toast("It will be told again");
    } catch (fault) {
      toast(wrong(fault), "bad");
    } finally {
      button.disabled = false;
    }
    this.ways.changed();
  }

  // Tell again by filter.
  replay() {
    let state = this.picked.state === "done" ? "done" : "dead";
    const { sender, subscription } = this.picked;
    const one = this.ways.find(subscription);
    const since = h("input", { type: "datetime-local", name: "since" });
    const until = h("input", { type: "datetime-local", name: "until" });
    const which = choices(
      "Which",
      [
        ["dead", "Those given up"],
        ["done", "Those told before"],
      ],
      state,
      (chosen) => {
        state = chosen;
      },
    );
    const moment = (input) => (input.value ? { [input.name]: new Date(input.value).toISOString() } : {});
    ask(
      "Tell again",
      [
        h(
          "p",
          {},
          "Of ",
          one
            ? h("b", { class: "mono" }, one.url || this.ways.titleOf(one.dialect))
            : h("b", {}, sender ? "all webhooks of the sender" : "all webhooks"),
          ":",
        ),
        which,
        h("div", { class: "pair" }, field("Made since", since), field("and before", until)),
        h("p", { class: "small dim" }, "Receivers that have taken one before get it twice."),
      ],
      [icon("again"), "Tell again"],
      async () => {
        const { replayed } = await post(admin("deliveries/replay"), {
          state,
          ...(subscription ? { subscription } : {}),
          ...(sender ? { sender } : {}),
          ...moment(since),
          ...moment(until),
        });
        toast(replayed ? `${plural(replayed, "webhook")} will be told again` : "Nothing fits", replayed ? "" : "bad");
        this.ways.changed();
      },
    );
  }
}

// A chat of one phone with one sender, kept up to date.

import { admin, attempt, get, post, query, sandbox } from "./api.js";
import { bubble } from "./bubble.js";
import { Composer, pickEmoji } from "./composer.js";
import { empty, h, put } from "./dom.js";
import { soon } from "./live.js";
import { day, dayOf } from "./time.js";

const FRESH = 60;
const FLOOD = 5;

const templates = new Map();
const reasons = new Map();

export class Conversation {
  // `place` is filled. `sender` is { id, number, name, account, writable }; `name()` gives the customer's profile name;
  // `changed` is called when something was done here that other parts of the page show too.
  constructor(
    place,
    { number, sender, name = () => "", changed = () => {}, write = (id) => `/console/phone/${id}`, tools = true },
  ) {
    Object.assign(this, { place, number, sender, name, changed, write, tools });
    this.messages = new Map();
    this.after = "0".repeat(16);
    this.more = false;
    this.read = "";
    this.closed = false;
    this.refresh = soon(() => this.catchUp());
    this.later = soon(() => this.catchUp(), 700);
    this.list = h("div", { class: "bubbles", role: "log", "aria-label": `Chat with ${this.title}`, tabindex: "0" });
    if (tools && sender.writable) this.composer = new Composer(this.title, (said) => this.send(said));
    put(place, this.list, this.composer?.element);
    this.list.addEventListener("scroll", () => this.list.scrollTop < 120 && this.more && this.older());
  }

  get title() {
    return this.sender.name || `+${this.sender.number}`;
  }

  get path() {
    return sandbox(`phones/${this.number}/messages`);
  }

  close() {
    this.closed = true;
  }

  // Something happened: look now, and once more when what the phone does by itself is done.
  touch() {
    this.refresh();
    this.later();
  }

  async load() {
    const start = await get(`phones/${this.number}/newest${query({ sender: this.sender.id })}`);
    this.after = start.after;
    this.more = start.more;
    this.messages.clear();
    await this.fetchFrom(this.after);
    this.draw();
    this.toEnd();
    this.markRead();
    // What happened meanwhile was not told.
    this.refresh();
  }

  async older() {
    if (this.loading) return;
    this.loading = true;
    try {
      const first = [...this.messages.keys()][0];
      const start = await get(`phones/${this.number}/newest${query({ sender: this.sender.id, before: first })}`);
      const page = await get(
        `${this.path}${query({ sender: this.sender.id, after: start.after, limit: start.count || 1 })}`,
      );
      const known = this.messages;
      this.messages = new Map([...page.filter((each) => !known.has(each.id)).map((each) => [each.id, each]), ...known]);
      this.after = start.after;
      this.more = start.more;
      const height = this.list.scrollHeight - this.list.scrollTop;
      this.draw();
      this.list.scrollTop = this.list.scrollHeight - height;
    } finally {
      this.loading = false;
    }
  }

  // Fetch everything behind an id; gives the ids of what changed, null when far too much did.
  async fetchFrom(after) {
    const changed = [];
    for (let pages = 0; pages < FLOOD; pages++) {
      const page = await get(`${this.path}${query({ sender: this.sender.id, after, limit: 200 })}`);
      for (const each of page) {
        const known = this.messages.get(each.id);
        if (!known || known.stage !== each.stage) changed.push(each.id);
        this.messages.set(each.id, each);
      }
      if (page.length < 200) return changed;
      after = page[page.length - 1].id;
    }
    return null;
  }

  async catchUp() {
    if (this.closed || !this.loaded) return;
    const ids = [...this.messages.keys()];
    const from = ids.length > FRESH ? ids[ids.length - FRESH - 1] : this.after;
    const changed = await this.fetchFrom(from);
    if (this.closed) return;
    if (changed === null) {
      await this.load();
    } else if (changed.length) {
      this.draw();
      this.changed();
    }
    this.markRead();
  }

  // ---- showing

  draw() {
    const near = this.loaded && this.atEnd();
    this.loaded = true;
    const shown = [...this.messages.values()].filter((each) => each.type !== "reaction");
    this.emojis = this.gather();
    const kept = new Map([...this.list.children].map((each) => [each.dataset.key, each]));
    const rows = [];
    let last = "";
    if (this.more)
      rows.push([
        "more",
        "",
        () => h("button", { type: "button", class: "small earlier", onclick: () => this.older() }, "Earlier messages"),
      ]);
    for (const one of shown) {
      const at = one.timestamp * 1000;
      if (dayOf(at) !== last)
        rows.push([`day-${dayOf(at)}`, "", () => h("h3", { class: "day" }, h("span", {}, day(at)))]);
      last = dayOf(at);
      const state = [
        one.stage,
        this.emojis.get(one.id)?.join(" "),
        reasons.get(one.id),
        templates.size,
        this.messages.has(one.quote),
      ].join();
      rows.push([one.id, state, () => bubble(one, this.ways())]);
    }
    if (!shown.length) rows.push(["empty", "", () => empty("messages", h("p", {}, "Nothing yet in this chat."))]);
    const focused = document.activeElement?.closest?.("[data-key]")?.dataset.key;
    this.list.replaceChildren(
      ...rows.map(([key, state, make]) => {
        const old = kept.get(key);
        if (old && old.dataset.state === state) return old;
        const made = make();
        made.dataset.key = key;
        made.dataset.state = state;
        if (old && key === focused) queueMicrotask(() => made.focus());
        return made;
      }),
    );
    if (near) this.toEnd();
  }

  // The reactions on each message: the last of either side; an empty one takes it off.
  gather() {
    const found = new Map();
    for (const { reaction, direction } of this.messages.values()) {
      if (reaction) found.set(reaction.message, { ...found.get(reaction.message), [direction]: reaction.emoji });
    }
    return new Map([...found].map(([id, sides]) => [id, Object.values(sides).filter(Boolean)]));
  }

  ways() {
    return {
      number: this.number,
      title: this.title,
      write: this.write,
      find: (id) => this.messages.get(id),
      go: (id) => this.go(id),
      reactions: (id) => this.emojis.get(id),
      reason: (one) => this.reason(one),
      template: (one) => this.template(one),
      ...(this.tools && this.sender.writable
        ? {
            reply: (one) => this.composer.answer(one),
            react: (one, button) => this.react(one, button),
            press: (one, button) => this.press(one, button),
          }
        : {}),
    };
  }

  async go(id) {
    for (let tries = 0; tries < 20 && !this.messages.has(id) && this.more; tries++) await this.older();
    const found = document.getElementById(`m-${id}`);
    found?.scrollIntoView({ block: "center" });
    found?.focus();
  }

  // Why a message failed: the phone does not know, the gateway does.
  reason(one) {
    if (!reasons.has(one.id)) {
      reasons.set(one.id, "");
      get(admin(`messages/${one.id}`))
        .then(({ failure }) => {
          reasons.set(
            one.id,
            failure
              ? [failure.detail || failure.message || failure.fault, failure.code && `(${failure.code})`]
                  .filter(Boolean)
                  .join(" ")
              : "It failed.",
          );
          this.draw();
        })
        .catch(() => reasons.set(one.id, "It failed."));
    }
    return reasons.get(one.id);
  }

  // A template's header, footer and buttons are the account's; they are fetched once.
  template(one) {
    const key = `${this.sender.account} ${one.template.name}`;
    if (!templates.has(key)) {
      templates.set(key, []);
      get(admin(`templates${query({ account: this.sender.account, name: one.template.name })}`))
        .then(({ items }) => {
          templates.set(
            key,
            items.filter((each) => each.name === one.template.name),
          );
          templates.set(`${key} known`, []);
          this.draw();
        })
        .catch(() => {});
    }
    const found = templates.get(key);
    return found.find((each) => each.language === one.template.language) ?? found[0];
  }

  atEnd() {
    return this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 80;
  }

  toEnd() {
    this.list.scrollTop = this.list.scrollHeight;
  }

  // ---- doing

  // The customer writes; whether the gateway took it.
  async send(said) {
    if (this.sending) return false;
    this.sending = true;
    const quote = said.type === "reaction" ? null : this.composer?.quoting;
    const body = { to: this.sender.id, ...said, ...(quote ? { quote: quote.id } : {}) };
    if (this.name()) body.name = this.name();
    const sent = await attempt(() => post(this.path, body));
    this.sending = false;
    if (!sent) return false;
    if (quote) this.composer.answer(null);
    await this.catchUp();
    this.toEnd();
    this.later();
    this.changed();
    return true;
  }

  react(one, button) {
    const mine = [...this.messages.values()]
      .filter((each) => each.reaction?.message === one.id && each.direction === "in")
      .at(-1);
    pickEmoji(one.id, Boolean(mine?.reaction.emoji), button, (emoji) =>
      this.send({ type: "reaction", message: one.id, emoji }),
    );
  }

  // A button of a template: an answer is sent, an address opened, a number shown.
  press(one, each) {
    const kind = String(each.type ?? "").toLowerCase();
    if (kind === "url" && /^https?:\/\//i.test(each.url ?? "")) window.open(each.url, "_blank", "noopener,noreferrer");
    else if (kind.includes("reply")) {
      this.composer.answer(one);
      this.send({ type: "button", title: each.text, id: each.payload ?? each.text });
    }
  }

  async markRead() {
    if (document.hidden || this.closed) return;
    const unread = [...this.messages.values()]
      .filter(
        (each) => each.direction === "out" && ["sent", "delivered"].includes(each.stage) && each.type !== "reaction",
      )
      .at(-1);
    if (!unread || this.read === unread.id + unread.stage) return;
    this.read = unread.id + unread.stage;
    await post(sandbox(`phones/${this.number}/read`), { message: unread.id }).catch(() => {});
    this.later();
    this.changed();
  }
}

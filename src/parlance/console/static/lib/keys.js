// A sender's keys: never their secrets. New ones are shown once.

import { admin, get, post, remove } from "./api.js";
import { ask, confirm } from "./ask.js";
import { credentialsOnce } from "./credentials.js";
import { check, choices, dialog, field, h, icon, put } from "./dom.js";
import { exact } from "./time.js";
import { when } from "./words.js";

const GRACES = [
  [0, "end at once"],
  [3_600, "work for 1 hour more"],
  [86_400, "work for 1 day more"],
  [604_800, "work for 7 days more"],
  [2_592_000, "work for 30 days more"],
];

export class Keys {
  // `sender` is the sender as it was first read, `dialects` are all there are: { name, title }.
  constructor(sender, dialects, titleOf) {
    this.sender = sender;
    this.dialects = dialects;
    this.titleOf = titleOf;
    this.list = h("div", {});
    this.element = h(
      "section",
      { class: "card stack", "aria-label": "Keys" },
      h(
        "div",
        { class: "split" },
        h("h2", {}, "Keys"),
        h("button", { type: "button", class: "small", onclick: () => this.rotate() }, icon("key"), "New keys"),
      ),
      h(
        "p",
        { class: "small dim" },
        "With these, programs speak as this sender. Only their hashes are kept: they are never shown again.",
      ),
      this.list,
    );
  }

  async load() {
    const { items } = await get(admin(`senders/${this.sender.id}/keys`));
    put(
      this.list,
      h(
        "ul",
        { class: "key-list" },
        items.map((each) => this.item(each, items)),
      ),
    );
  }

  item(each, items) {
    const more = items.filter((one) => one.dialect === each.dialect).length > 1;
    return h(
      "li",
      { class: "key-item" },
      h(
        "div",
        { class: "grow" },
        h("strong", {}, this.titleOf(each.dialect)),
        each.public ? h("code", { class: "cut", dir: "ltr" }, ` ${each.public}`) : null,
        h(
          "div",
          { class: "small dim" },
          `since ${when(each.created_at)}`,
          each.scope === "read" ? h("span", { class: "chip" }, "only reads") : null,
          each.ends_at ? h("span", { class: "chip warn" }, icon("clock"), `ends ${exact(each.ends_at)}`) : null,
        ),
      ),
      h(
        "button",
        {
          type: "button",
          class: "small plain",
          onclick: () => this.end(each, more),
          "aria-label": `End this key of ${this.titleOf(each.dialect)}`,
        },
        "End",
      ),
    );
  }

  end(each, more) {
    const rest = more
      ? "Another key of this API goes on working."
      : "It is the only key of this API: no program can speak it as this sender until there is a new one.";
    confirm(
      `End this key of ${this.titleOf(each.dialect)}?`,
      `Programs that use it are refused from now on. ${rest}`,
      "End it",
      async () => {
        await remove(admin(`senders/${this.sender.id}/keys/${each.id}`));
        await this.load();
      },
    );
  }

  rotate() {
    let scope = "send";
    const boxes = this.dialects.map((each) => check(each.title, { name: "dialect", value: each.name }));
    const grace = h(
      "select",
      { name: "grace" },
      GRACES.map(([value, words]) => h("option", { value, selected: value === 86_400 }, words)),
    );
    const old = field("The old keys of these APIs", grace);
    const kinds = choices(
      "What the new keys may do",
      [
        ["send", "Everything"],
        ["read", "Only read"],
      ],
      scope,
      (chosen) => {
        scope = chosen;
        old.hidden = chosen === "read";
      },
    );
    ask(
      "New keys",
      [
        h("fieldset", { class: "stack" }, h("legend", {}, "For which API"), boxes),
        h("div", { class: "field" }, h("span", { class: "label" }, "They may do"), kinds),
        old,
        h("p", { class: "small dim" }, "Public ids, such as an instance’s number, stay as they are."),
      ],
      "Make them",
      async (form) => {
        const chosen = new FormData(form).getAll("dialect");
        if (!chosen.length) throw new Error("Choose at least one API.");
        const made = await post(admin(`senders/${this.sender.id}/keys`), {
          dialects: chosen,
          scope,
          ...(scope === "send" ? { grace_seconds: Number(grace.value) } : {}),
        });
        const shown = await credentialsOnce({ sender: this.sender.sender, ...made });
        return () => {
          dialog("Your new keys", shown).classList.add("wide");
          this.load();
        };
      },
    );
  }
}

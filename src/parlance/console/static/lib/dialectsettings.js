// What a sender's programs have set in an API, such as where its webhooks go: read and changed as they would.

import { admin, get, patch, wrong } from "./api.js";
import { choices, field, h, put, toast } from "./dom.js";

const MASK = "***";

const FIELDS = {
  boolean: (value) =>
    h(
      "select",
      {},
      ["true", "false"].map((word) =>
        h("option", { value: word, selected: word === String(value) }, word === "true" ? "yes" : "no"),
      ),
    ),
  number: (value) => h("input", { type: "number", step: "any", value: String(value) }),
  string: (value) =>
    value === MASK
      ? h("input", { type: "password", autocomplete: "new-password", placeholder: "set; stays as it is", value: "" })
      : ["yes", "no"].includes(value)
        ? h(
            "select",
            {},
            ["yes", "no"].map((word) => h("option", { value: word, selected: word === value }, word)),
          )
        : h("input", { value, autocomplete: "off", spellcheck: "false", dir: "auto" }),
  object: (value) =>
    h("textarea", { class: "mono", rows: 3, spellcheck: "false", dir: "ltr", value: JSON.stringify(value, null, 1) }),
};

const READ = { boolean: (text) => text === "true", number: Number, string: (text) => text, object: JSON.parse };

export class DialectSettings {
  constructor(sender, dialects) {
    this.sender = sender;
    this.dialects = dialects;
    this.place = h("div", { class: "stack" });
    this.element = h(
      "section",
      { class: "card stack", "aria-label": "Settings by API" },
      h("h2", {}, "Settings by API"),
      h(
        "p",
        { class: "small dim" },
        "What the sender’s programs have set by their API’s own calls, such as the address of its webhook.",
      ),
      choices(
        "API",
        dialects.map((each) => [each.name, each.title]),
        dialects[0].name,
        (name) => this.load(name),
      ),
      this.place,
    );
  }

  path(name) {
    return admin(`senders/${this.sender.id}/settings/${name}`);
  }

  async load(name = this.dialects[0].name) {
    this.name = name;
    try {
      const document = await get(this.path(name));
      if (name === this.name) this.draw(document);
    } catch (fault) {
      put(this.place, h("p", { class: "notice bad" }, wrong(fault)));
    }
  }

  draw(document) {
    const known = Object.entries(document).map(([name, value]) => {
      const kind = FIELDS[typeof value] ? typeof value : "object";
      return { name, value, kind, input: FIELDS[kind](value) };
    });
    const said = h("div", { class: "complaint", role: "alert" });
    const save = async (event) => {
      event.preventDefault();
      put(said);
      try {
        const changes = {};
        for (const { name, value, kind, input } of known) {
          const now = READ[kind](input.value);
          if (!(value === MASK && !now) && JSON.stringify(now) !== JSON.stringify(value)) changes[name] = now;
        }
        this.draw(await patch(this.path(this.name), changes));
        toast("Saved");
      } catch (fault) {
        put(
          said,
          h(
            "p",
            { class: "notice bad" },
            fault instanceof SyntaxError ? "One of the values is not JSON." : wrong(fault),
          ),
        );
      }
    };
    put(
      this.place,
      known.length
        ? h(
            "form",
            { class: "stack", onsubmit: save },
            h(
              "div",
              { class: "settings-grid" },
              known.map(({ name, input }) => field(h("code", {}, name), input)),
            ),
            said,
            h("div", {}, h("button", {}, "Save")),
          )
        : h("p", { class: "dim" }, "This API has no settings."),
    );
  }
}

// A sender's routes: how each fares, where its vendor calls, and what can be asked and changed.

import { admin, attempt, patch, post, remove } from "./api.js";
import { ask, confirm } from "./ask.js";
import { settingFields, settingValues } from "./carrierform.js";
import { check, copyButton, field, h, icon, put, toast, uid } from "./dom.js";
import { steady } from "./steady.js";
import { conditionChip, conditionWords, plural, when } from "./words.js";

const SANDBOX = "sandbox";

const role = (route) =>
  route.active
    ? h("span", { class: "chip ok" }, "Active")
    : route.backup
      ? h("span", { class: "chip" }, "Backup")
      : h("span", { class: "chip" }, "Set aside");

const finding = ({ what, fault, repair }) =>
  h(
    "li",
    { class: fault ? "lost" : "kept" },
    icon(fault ? "fail" : "tick"),
    h(
      "span",
      { dir: "auto" },
      h("b", {}, what),
      fault ? `: ${fault}` : " is well",
      repair ? h("div", { class: "dim" }, repair) : null,
    ),
  );

// `ways`: { sender, carriers, titleOf, changed(), checks: Map of route id to findings }.
export class Routes {
  constructor(ways) {
    this.ways = ways;
    this.checks = new Map();
    this.list = h("div", { class: "stack wide-gap" });
    this.element = h(
      "section",
      { class: "card stack wide-gap", "aria-label": "Routes" },
      h(
        "div",
        { class: "split" },
        h("h2", {}, "Routes"),
        h("button", { type: "button", class: "small", onclick: () => this.set() }, icon("plus"), "Set a route"),
      ),
      h(
        "p",
        { class: "small dim" },
        "By whom messages leave: the active route, and where that cannot send, its backups in order.",
      ),
      this.list,
    );
  }

  path(route, more = "") {
    return admin(`senders/${this.ways.sender.id}/routes/${route.id}${more}`);
  }

  carrier(route) {
    return this.ways.carriers.find((each) => each.name === route.carrier);
  }

  draw(sender, condition, now) {
    this.ways.sender = sender;
    const order = (route) => (route.active ? 0 : route.backup ? 1 : 2);
    const routes = [...sender.routes].sort((one, other) => order(one) - order(other) || one.position - other.position);
    steady(
      this.list,
      routes.map((route) => this.card(route, condition?.routes[route.id], now)),
    );
  }

  card(route, found, now) {
    const carrier = this.carrier(route);
    const shown = found ?? { state: "new" };
    return h(
      "article",
      {
        class: "route",
        "data-id": route.id,
        "data-carrier": route.carrier,
        "aria-label": this.ways.titleOf(route.carrier),
      },
      h(
        "div",
        { class: "row" },
        icon("route"),
        h("h3", { class: "grow" }, this.ways.titleOf(route.carrier)),
        role(route),
        conditionChip(shown.state),
      ),
      h("p", { class: shown.state === "held" ? "bad" : "", dir: "auto" }, conditionWords(shown, now)),
      this.facts(route, carrier),
      this.callback(route, carrier),
      this.found(route),
      h("div", { class: "row" }, this.buttons(route, carrier)),
    );
  }

  facts(route, carrier) {
    const settings = Object.entries(route.settings).filter(([, value]) => value !== "");
    const rows = [
      route.number === this.ways.sender.sender ? null : ["Sends from", h("span", { class: "num" }, `+${route.number}`)],
      route.strict ? ["Strict", "refuses what it cannot say whole"] : null,
      ...settings.map(([name, value]) => [
        h("code", {}, name),
        value === "***"
          ? h("span", { class: "dim" }, "set, never shown")
          : h("span", { class: "mono", dir: "ltr" }, value),
      ]),
      carrier ? null : ["Carrier", "not known to this program any more"],
    ].filter(Boolean);
    return rows.length
      ? h(
          "dl",
          { class: "facts small" },
          rows.map(([word, value]) => [h("dt", {}, word), h("dd", {}, value)]),
        )
      : null;
  }

  callback(route, carrier) {
    if (route.carrier === SANDBOX) return null;
    const id = uid("callback");
    return h(
      "div",
      { class: "stack callback" },
      h(
        "div",
        { class: "split" },
        h("span", { class: "label", id }, "Callback address"),
        h(
          "span",
          { class: "small dim" },
          route.heard_since ? `heard since ${when(route.heard_since)}` : "nothing was heard yet",
        ),
      ),
      h(
        "div",
        { class: "address" },
        h("code", { class: "grow", tabindex: "0", dir: "ltr", "aria-labelledby": id }, route.callback_url),
        copyButton(route.callback_url),
      ),
      carrier?.sets_callback
        ? h(
            "div",
            { class: "row" },
            h(
              "button",
              { type: "button", class: "small", onclick: (event) => this.setCallback(route, event.currentTarget) },
              icon("webhooks"),
              "Set it at the vendor",
            ),
          )
        : h("p", { class: "small dim" }, "Paste it at the vendor: it has no call for it."),
    );
  }

  found(route) {
    const found = this.checks.get(route.id);
    if (!found) return null;
    return h(
      "div",
      { class: "stack check-result", role: "status" },
      h("div", { class: "small dim" }, `Checked at ${when(found.at)}`),
      found.items.length
        ? h("ul", { class: "rules" }, found.items.map(finding))
        : h("p", { class: "small" }, "This vendor cannot be asked how a route fares."),
    );
  }

  buttons(route, carrier) {
    const button = (picture, words, work, kind = "") =>
      h(
        "button",
        { type: "button", class: `small ${kind}`, onclick: (event) => work(event.currentTarget) },
        icon(picture),
        words,
      );
    return [
      carrier?.checks ? button("check", "Check", (pressed) => this.check(route, pressed)) : null,
      carrier?.settings.length ? button("tune", "Settings", () => this.set(route)) : null,
      route.active && carrier?.lists_templates
        ? button("again", "Take over templates", (pressed) => this.sync(pressed))
        : null,
      route.held
        ? button("play", "Release", () => this.change(route, { held: "" }))
        : button("pause", "Hold", () => this.hold(route)),
      route.active ? null : button("send", "Make it active", () => this.activate(route)),
      route.active || route.backup ? null : button("plus", "Make it a backup", () => this.use(route, true)),
      route.active ? null : button("trash", "Remove", () => this.remove(route), "danger"),
    ];
  }

  // ---- what is done

  async busy(button, work) {
    button.disabled = true;
    try {
      await attempt(work);
    } finally {
      button.disabled = false;
    }
    this.ways.changed();
  }

  check(route, button) {
    return this.busy(button, async () => {
      this.checks.set(route.id, { at: Date.now(), ...(await post(this.path(route, "/check"))) });
    });
  }

  setCallback(route, button) {
    return this.busy(button, async () => {
      const { state, detail } = await post(this.path(route, "/callback"));
      toast(detail, state === "set" ? "" : "bad");
    });
  }

  sync(button) {
    return this.busy(button, async () => {
      const { added, changed, same, missing } = await post(admin(`senders/${this.ways.sender.id}/templates/sync`));
      const words = [
        plural(added.length, "new"),
        plural(changed.length, "changed", "changed"),
        `${same} the same`,
        missing.length ? `${missing.length} not at the vendor` : "",
      ];
      toast(
        `Templates: ${words
          .filter(Boolean)
          .join(", ")
          .replace(/\bnews\b/, "new")}`,
      );
    });
  }

  async change(route, changes) {
    await attempt(() => patch(this.path(route), changes));
    this.ways.changed();
  }

  hold(route) {
    const why = h("input", { name: "why", required: true, maxlength: "300", dir: "auto", value: "Held by hand" });
    ask(
      `Hold ${this.ways.titleOf(route.carrier)}?`,
      [
        h("p", {}, "Messages stay in the queue until it is released, or leave by a backup if there is one."),
        field("Why", why),
      ],
      "Hold it",
      async () => {
        await patch(this.path(route), { held: why.value.trim() });
        this.ways.changed();
      },
    );
  }

  activate(route) {
    ask(
      `Send by ${this.ways.titleOf(route.carrier)}?`,
      h(
        "p",
        {},
        "From now on messages leave by it; what waits goes along. The route used now is set aside and can be made active again.",
      ),
      "Make it active",
      () => this.use(route, false),
    );
  }

  async use(route, backup) {
    await attempt(() =>
      post(admin(`senders/${this.ways.sender.id}/routes`), { carrier: route.carrier, strict: route.strict, backup }),
    );
    this.ways.changed();
  }

  remove(route) {
    confirm(
      `Remove ${this.ways.titleOf(route.carrier)}?`,
      "Its settings are gone, and what its vendor still reports is no longer heard.",
      "Remove it",
      async () => {
        await remove(this.path(route));
        this.ways.changed();
      },
    );
  }

  // Set a new route, or change the settings of one.
  set(route) {
    const { sender, carriers } = this.ways;
    let carrier = route
      ? this.carrier(route)
      : (carriers.find((each) => sender.routes.every((known) => known.carrier !== each.name)) ?? carriers[0]);
    const known = () => sender.routes.find((each) => each.carrier === carrier.name);
    const which = h(
      "select",
      { name: "carrier" },
      carriers.map((each) => h("option", { value: each.name, selected: each === carrier }, each.title)),
    );
    const settings = h("div", { class: "stack" });
    const number = h("input", { name: "sends_from", type: "tel", dir: "ltr", autocomplete: "off" });
    const backup = check("Backup: used where the active route cannot send", { name: "backup" });
    const strict = check("Strict: refuse what it cannot say whole", { name: "strict" });
    const tell = check("Set the callback address at the vendor", { name: "tell" });
    const draw = () => {
      carrier = carriers.find((each) => each.name === which.value);
      put(settings, settingFields(carrier, known()?.settings));
      number.value = "";
      number.placeholder = `+${known()?.number ?? sender.sender}`;
      strict.firstChild.checked = known()?.strict ?? false;
      backup.firstChild.checked = known() ? known().backup && !known().active : true;
      backup.hidden = known()?.active ?? false;
      tell.hidden = !carrier.sets_callback;
      tell.firstChild.checked = carrier.sets_callback && !known();
    };
    which.addEventListener("change", draw);
    draw();
    ask(
      route ? `Settings of ${this.ways.titleOf(route.carrier)}` : "Set a route",
      [
        route ? null : field("Carrier", which),
        settings,
        field("Number it sends from", number, "Where it is not the sender’s own."),
        h("div", { class: "stack" }, backup, strict, tell),
      ],
      route ? "Save" : "Set the route",
      async (form) => {
        const made = await post(admin(`senders/${sender.id}/routes`), {
          carrier: carrier.name,
          settings: settingValues(carrier, form, known()?.settings),
          strict: strict.firstChild.checked,
          number: number.value.trim(),
          backup: backup.firstChild.checked && !known()?.active,
          set_callback: !tell.hidden && tell.firstChild.checked,
        });
        const { state, detail } = made.callback;
        toast(["set", "refused"].includes(state) ? detail : "The route is set", state === "refused" ? "bad" : "");
        this.ways.changed();
      },
    );
  }
}

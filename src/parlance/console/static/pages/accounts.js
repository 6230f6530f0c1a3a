// Accounts with what they may still send, and the templates they may send outside of windows.

import { admin, get, patch, post, query, remove, wrong } from "../lib/api.js";
import { ask, confirm } from "../lib/ask.js";
import { empty, field, h, icon, main, put } from "../lib/dom.js";
import { editTemplate, look } from "../lib/templates.js";
import { plural, when } from "../lib/words.js";

const PAGE = 50;
const STATUSES = { approved: "ok", submitted: "warn", rejected: "bad", paused: "warn", deactivated: "bad" };
const picked = new URLSearchParams(location.search).get("account") ?? "";
let accounts = [];
let nextAccount = null;
let account = picked;
let templates = [];
let next = null;

const complaint = h("div", { class: "complaint", role: "alert" });
const accountRows = h("ul", { class: "account-list" });
const accountFoot = h("div", {});
const list = h("div", { class: "template-grid" });
const foot = h("div", { class: "list-foot" });
const which = h("select", { "aria-label": "Templates of which account" });

// ---- accounts

const accountItem = (each) =>
  h(
    "li",
    { class: "account" },
    h(
      "div",
      { class: "grow" },
      h("strong", { class: "cut" }, h("bdi", {}, each.name)),
      h("div", { class: "small dim" }, `since ${when(each.created_at)}`),
    ),
    h(
      "div",
      { class: "credit" },
      each.credit === null
        ? h("span", { class: "dim" }, "no limit")
        : h("span", { class: `num ${each.credit ? "" : "bad"}` }, plural(each.credit, "message"), " left"),
    ),
    h(
      "button",
      { type: "button", class: "small", onclick: () => credit(each), "aria-label": `Credit of ${each.name}` },
      "Credit",
    ),
  );

const drawAccounts = () => {
  put(accountRows, accounts.map(accountItem));
  put(
    accountFoot,
    nextAccount
      ? h(
          "button",
          { type: "button", class: "small", onclick: () => readAccounts(true).catch(complain) },
          "More accounts",
        )
      : null,
    accounts.length
      ? null
      : empty("accounts", h("p", { class: "small" }, "There is no account yet. The first sender makes one.")),
  );
  put(
    which,
    h("option", { value: "" }, "all accounts"),
    accounts.map((each) => h("option", { value: each.name, selected: each.name === account }, each.name)),
  );
};

const readAccounts = async (more = false) => {
  const page = await get(admin(`accounts${query({ limit: PAGE, after: more ? nextAccount : "" })}`));
  accounts = more ? [...accounts, ...page.items] : page.items;
  nextAccount = page.next;
  drawAccounts();
};

const credit = (each) => {
  const limit = h("input", {
    name: "credit",
    type: "number",
    min: "0",
    step: "1",
    value: each.credit === null ? "" : String(each.credit),
    placeholder: "no limit",
  });
  ask(
    `Credit of ${each.name}`,
    [
      h(
        "p",
        {},
        "How many more messages its senders may send. Counted down as messages are accepted; at 0 they are refused in each API’s own words.",
      ),
      field("Messages left", limit, "Empty: as many as they like."),
    ],
    "Set it",
    async () => {
      await patch(admin(`accounts/${each.id}`), { credit: limit.value === "" ? null : Number(limit.value) });
      await readAccounts();
    },
  );
};

const addAccount = () => {
  const name = h("input", { name: "name", required: true, maxlength: "64", autocomplete: "off", dir: "auto" });
  ask(
    "Add an account",
    [h("p", {}, "An account is a tenant: it owns senders and templates."), field("Name", name)],
    "Add it",
    async () => {
      await post(admin("accounts"), { name: name.value.trim() });
      await readAccounts();
    },
  );
};

// ---- templates

const edit = (each) => editTemplate(each, accounts, account, () => Promise.all([readTemplates(), readAccounts()]));

const templateCard = (each) =>
  h(
    "article",
    { class: "card stack", "aria-label": each.name },
    h(
      "div",
      { class: "row" },
      h("strong", { class: "grow mono", dir: "auto" }, each.name),
      h("span", { class: "chip" }, each.language),
      h("span", { class: `chip ${STATUSES[each.status] ?? ""}` }, each.status),
    ),
    look(each),
    h(
      "div",
      { class: "row small dim" },
      h("span", { class: "grow" }, h("bdi", {}, each.account), ` · ${each.category.toLowerCase()}`),
      h("button", { type: "button", class: "small plain", onclick: () => edit(each) }, "Change"),
      h("button", { type: "button", class: "small plain danger", onclick: () => erase(each) }, icon("trash"), "Remove"),
    ),
  );

const drawTemplates = () => {
  put(list, templates.map(templateCard));
  put(
    foot,
    next ? h("button", { type: "button", onclick: () => readTemplates(true).catch(complain) }, "More templates") : null,
    templates.length
      ? null
      : empty(
          "file",
          h("p", {}, "No template is registered", account ? " for this account" : "", "."),
          h(
            "p",
            { class: "small" },
            "Templates may be sent at any time, also outside of windows. Register those your vendor approved, or take them over on a sender’s page, where its vendor lists them.",
          ),
          h("button", { type: "button", class: "main", onclick: () => edit() }, "Add a template"),
        ),
  );
};

const readTemplates = async (more = false) => {
  const page = await get(admin(`templates${query({ account, limit: PAGE, after: more ? next : "" })}`));
  templates = more ? [...templates, ...page.items] : page.items;
  next = page.next;
  drawTemplates();
};

const erase = (each) =>
  confirm(
    `Remove ${each.name}?`,
    `Messages with the template ${each.name} (${each.language}) are refused from now on, or left to the vendor, as the gateway is set.`,
    "Remove it",
    async () => {
      await remove(admin(`templates/${each.id}`));
      await readTemplates();
    },
  );

// ---- all together

const complain = (fault) => put(complaint, h("p", { class: "notice bad" }, wrong(fault)));

which.addEventListener("change", () => {
  account = which.value;
  history.replaceState(null, "", query({ account }) || location.pathname);
  readTemplates().catch(complain);
});

put(
  main(),
  h(
    "div",
    { class: "page" },
    h(
      "div",
      { class: "page-head" },
      h(
        "div",
        { class: "title-row" },
        h("a", { class: "back", href: "/console/senders", "aria-label": "Senders" }, icon("back")),
        h("h1", {}, "Accounts and templates"),
      ),
    ),
    complaint,
    h(
      "div",
      { class: "accounts-grid" },
      h(
        "section",
        { class: "card stack", "aria-label": "Accounts" },
        h(
          "div",
          { class: "split" },
          h("h2", {}, "Accounts"),
          h("button", { type: "button", class: "small", onclick: addAccount }, icon("plus"), "Add an account"),
        ),
        accountRows,
        accountFoot,
      ),
      h(
        "section",
        { class: "stack", "aria-label": "Templates" },
        h(
          "div",
          { class: "templates-head" },
          h("h2", { class: "grow" }, "Templates"),
          which,
          h("button", { type: "button", class: "main", onclick: () => edit() }, icon("plus"), "Add a template"),
        ),
        list,
        foot,
      ),
    ),
  ),
);
Promise.all([readAccounts(), readTemplates()]).catch(complain);

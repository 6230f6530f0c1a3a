// Templates: as a phone shows them, and the form in which they are written.

import { admin, post } from "./api.js";
import { ask } from "./ask.js";
import { field, h, icon, put, toast } from "./dom.js";
import { marked } from "./marks.js";

const CATEGORIES = [
  ["UTILITY", "Utility"],
  ["MARKETING", "Marketing"],
  ["AUTHENTICATION", "Authentication"],
];
const HEADERS = [
  ["", "none"],
  ["text", "text"],
  ["image", "image"],
  ["video", "video"],
  ["document", "document"],
];
const BUTTONS = [
  ["QUICK_REPLY", "quick reply"],
  ["URL", "web address"],
  ["PHONE_NUMBER", "call"],
];
const MOST_BUTTONS = 10;

// A template as a phone shows it.
export const look = (each) =>
  h(
    "div",
    { class: "template-look" },
    each.header === "text"
      ? h("div", { class: "template-head", dir: "auto" }, each.header_text)
      : each.header
        ? h("div", { class: "template-media" }, icon(each.header === "document" ? "file" : "image"), each.header)
        : null,
    h("div", { class: "words", dir: "auto" }, marked(each.body)),
    each.footer ? h("div", { class: "small dim", dir: "auto" }, each.footer) : null,
    each.buttons.length
      ? h(
          "div",
          { class: "template-buttons" },
          each.buttons.map((one) =>
            h("span", { dir: "auto", title: one.url ?? one.phone_number ?? "" }, one.text || one.type),
          ),
        )
      : null,
  );

const buttonRow = (one, gone) => {
  const type = h(
    "select",
    { "aria-label": "Kind of button" },
    BUTTONS.map(([value, words]) => h("option", { value, selected: value === one?.type }, words)),
  );
  const text = h("input", {
    "aria-label": "Text of the button",
    placeholder: "Text",
    dir: "auto",
    required: true,
    value: one?.text ?? "",
  });
  const target = h("input", {
    "aria-label": "Where the button leads",
    dir: "ltr",
    value: one?.url ?? one?.phone_number ?? "",
  });
  const show = () => {
    target.hidden = type.value === "QUICK_REPLY";
    target.placeholder = type.value === "URL" ? "https://…" : "+972…";
  };
  type.addEventListener("change", show);
  show();
  const element = h(
    "div",
    { class: "button-row" },
    type,
    text,
    target,
    h(
      "button",
      { type: "button", class: "plain icon", "aria-label": "Remove the button", onclick: () => gone(element) },
      icon("close"),
    ),
  );
  element.read = () => ({
    type: type.value,
    text: text.value.trim(),
    ...(type.value === "URL" ? { url: target.value.trim() } : {}),
    ...(type.value === "PHONE_NUMBER" ? { phone_number: target.value.trim() } : {}),
  });
  return element;
};

// Add a template, or put another one in the place of `each`, which has the same name and language. `accounts` are
// offered, `owned` first.
export const editTemplate = (each, accounts, owned, done) => {
  const input = (name, more) =>
    h("input", { name, dir: "auto", autocomplete: "off", value: each?.[name] ?? "", ...more });
  const select = (name, options, value) =>
    h(
      "select",
      { name },
      options.map(([one, words]) => h("option", { value: one, selected: one === value }, words)),
    );
  const name = input("name", {
    required: true,
    pattern: "[A-Za-z0-9_.\\-]+",
    dir: "ltr",
    class: "mono",
    readonly: Boolean(each),
    placeholder: "order_ready",
  });
  const language = input("language", {
    required: true,
    dir: "ltr",
    readonly: Boolean(each),
    value: each?.language ?? "en_US",
  });
  const owner = input("account", {
    required: true,
    list: "all-accounts",
    readonly: Boolean(each),
    value: each?.account ?? (owned || accounts[0]?.name || "default"),
  });
  const category = select("category", CATEGORIES, each?.category ?? "UTILITY");
  const header = select("header", HEADERS, each?.header ?? "");
  const headerText = input("header_text", { maxlength: "60" });
  const body = h("textarea", { name: "body", rows: 5, required: true, dir: "auto", value: each?.body ?? "" });
  const footer = input("footer", { maxlength: "60" });
  const preview = h("div", { "aria-label": "Preview" });
  const buttons = h("div", { class: "stack" });
  const more = h("button", { type: "button", class: "small", onclick: () => grow() }, icon("plus"), "Add a button");
  const read = () => ({
    header: header.value,
    header_text: header.value === "text" ? headerText.value : "",
    body: body.value,
    footer: footer.value,
    buttons: [...buttons.children].map((one) => one.read()),
  });
  const headField = field("Header text", headerText);
  const show = () => {
    headField.hidden = header.value !== "text";
    put(preview, look(read()));
  };
  const grow = (one) => {
    if (buttons.childElementCount < MOST_BUTTONS)
      buttons.append(
        buttonRow(one, (gone) => {
          gone.remove();
          show();
        }),
      );
    show();
  };
  each?.buttons.forEach(grow);
  const made = ask(
    each ? `Change ${each.name}` : "Add a template",
    [
      h("div", { class: "pair" }, field("Name", name), field("Language", language)),
      h("div", { class: "pair" }, field("Account", owner), field("Category", category)),
      h(
        "datalist",
        { id: "all-accounts" },
        accounts.map((one) => h("option", { value: one.name })),
      ),
      field("Header", header),
      headField,
      field("Text", body, "Variables are {{1}}, {{2}}… or {{name}}; *bold*, _italic_ and ~strike~ as on WhatsApp."),
      field("Footer", footer),
      h("div", { class: "stack" }, h("span", { class: "label" }, "Buttons"), buttons, h("div", {}, more)),
      h("div", { class: "stack" }, h("span", { class: "label" }, "As a phone shows it"), preview),
    ],
    each ? "Save" : "Add it",
    async () => {
      await post(admin("templates"), {
        name: name.value.trim(),
        language: language.value.trim(),
        account: owner.value.trim(),
        category: category.value,
        ...read(),
        ...(each ? { status: each.status } : {}),
      });
      toast(each ? "Saved" : "Added");
      await done();
    },
  );
  made.addEventListener("input", show);
  made.addEventListener("change", show);
  show();
};

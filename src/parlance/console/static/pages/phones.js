// The phones there are, and a way to any other: every number is one.

import { get, query, wrong } from "../lib/api.js";
import { ticks } from "../lib/bubble.js";
import { empty, h, icon, main, put } from "../lib/dom.js";
import { soon } from "../lib/live.js";
import { plain } from "../lib/marks.js";
import { brief } from "../lib/time.js";

const find = h("input", {
  type: "search",
  inputmode: "tel",
  placeholder: "Number, such as 972550000222",
  "aria-label": "Number of a phone",
  autocomplete: "off",
});
const list = h("div", { class: "phone-list" });
const more = h("div", { class: "row" });

const digits = () => find.value.replace(/\D/g, "");

const item = ({ number, last }) =>
  h(
    "a",
    { class: "card phone-item", href: `/console/phone/${number}` },
    icon("phone"),
    h(
      "div",
      { class: "grow" },
      h(
        "div",
        { class: "split" },
        h("strong", { class: "num cut" }, `+${number}`),
        last ? h("span", { class: "small dim" }, brief(last.timestamp * 1000)) : null,
      ),
      last
        ? h(
            "div",
            { class: "row small dim cut" },
            last.own ? ticks(last.stage) : null,
            h("span", { class: "cut grow", dir: "auto" }, plain(last.text) || `[${last.type}]`),
          )
        : null,
    ),
  );

const read = async (after) => {
  try {
    const page = await get(`phones${query({ find: digits(), after })}`);
    if (!after) put(list);
    list.append(...page.items.map(item));
    put(more, page.next ? h("button", { type: "button", onclick: () => read(page.next) }, "More phones") : null);
    if (!list.children.length) {
      put(
        list,
        digits().length >= 5
          ? h(
              "a",
              { class: "card phone-item", href: `/console/phone/${digits()}` },
              icon("plus"),
              h(
                "div",
                { class: "grow" },
                h("strong", { class: "num" }, `+${digits()}`),
                h("span", { class: "small dim" }, "Nothing on this phone yet: open it"),
              ),
            )
          : empty(
              "phone",
              h("p", {}, "No phone has received or written anything yet."),
              h("p", { class: "small" }, "Every number is a phone: type one above and open it."),
            ),
      );
    }
  } catch (fault) {
    put(list, h("p", { class: "notice bad" }, wrong(fault)));
  }
};

const search = soon(() => read(""), 150);
find.addEventListener("input", search);

put(
  main(),
  h(
    "div",
    { class: "page" },
    h(
      "div",
      { class: "page-head" },
      h("h1", {}, "Phones"),
      h(
        "form",
        {
          class: "find",
          role: "search",
          onsubmit: (event) => {
            event.preventDefault();
            if (digits().length >= 5) location.assign(`/console/phone/${digits()}`);
          },
        },
        find,
        h("button", { class: "main" }, "Open"),
      ),
    ),
    h(
      "p",
      { class: "dim" },
      "The phones of a small WhatsApp network inside the gateway. ",
      "They receive, read and write back, and nothing leaves this machine.",
    ),
    list,
    more,
  ),
);
read("");

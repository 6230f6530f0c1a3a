// The customer service windows of a sender: who may be written to freely, and until when.

import { admin, get, query, wrong } from "./api.js";
import { empty, h, put } from "./dom.js";
import { exact, length } from "./time.js";
import { when } from "./words.js";

const PAGE = 20;

export class Windows {
  constructor(sender) {
    this.sender = sender;
    this.rows = h("tbody", {});
    this.foot = h("div", {});
    this.next = null;
    this.element = h(
      "section",
      { class: "card stack", "aria-label": "Windows" },
      h("h2", {}, "Windows"),
      h(
        "p",
        { class: "small dim" },
        "A customer may be written to freely for 24 hours after they last wrote; templates may be sent at any time.",
      ),
      h(
        "div",
        { class: "table windows" },
        h(
          "table",
          {},
          h("thead", {}, h("tr", {}, h("th", {}, "Customer"), h("th", {}, "Last wrote"), h("th", {}, "Window"))),
          this.rows,
        ),
      ),
      this.foot,
    );
  }

  // From the first on; `more`: what follows what is shown.
  async load(more = false) {
    try {
      const page = await get(
        admin(`senders/${this.sender.id}/windows${query({ limit: PAGE, after: more ? this.next : "" })}`),
      );
      const now = Date.now() + this.sender.clock_offset_ms;
      const rows = page.items.map((each) => this.row(each, now));
      if (more) this.rows.append(...rows);
      else put(this.rows, rows);
      this.next = page.next;
      this.element.querySelector("table").hidden = !this.rows.childElementCount;
      put(
        this.foot,
        this.next
          ? h("button", { type: "button", class: "small", onclick: () => this.load(true) }, "More customers")
          : null,
        this.rows.childElementCount
          ? null
          : empty(
              "clock",
              h(
                "p",
                { class: "small" },
                "No customer has written yet. For a number that is in use, ",
                h("code", {}, "parlance window import"),
                " loads who wrote when.",
              ),
            ),
      );
    } catch (fault) {
      put(this.foot, h("p", { class: "notice bad" }, wrong(fault)));
    }
  }

  row({ customer, last_message_at: at, open_until: until, open }, now) {
    return h(
      "tr",
      {},
      h(
        "td",
        { class: "num" },
        h(
          "a",
          { href: `/console/messages${query({ customer, sender: this.sender.id })}`, dir: "auto" },
          /^\d+$/.test(customer) ? `+${customer}` : customer,
        ),
      ),
      h("td", { class: "num nowrap", title: exact(at) }, when(at, now)),
      h(
        "td",
        {},
        open
          ? h("span", { class: "chip ok num" }, `${length(until - now)} left`)
          : h("span", { class: "chip" }, "closed"),
      ),
    );
  }
}

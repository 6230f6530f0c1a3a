// Raw detail: JSON, and requests as they are written to vendors and subscribers, secrets masked by the gateway.

import { get, wrong } from "./api.js";
import { code, dialog, h, put } from "./dom.js";

export const written = ({ method, url, headers, body }) =>
  [`${method} ${url}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), "", body]
    .join("\n")
    .trimEnd();

// A part that is folded, and asks for what is in it when it is opened.
export const folded = (title, load) => {
  const place = h("div", { class: "stack" });
  const made = h("details", { class: "folded" }, h("summary", {}, title), place);
  made.addEventListener("toggle", async () => {
    if (!made.open || place.childElementCount) return;
    put(place, h("p", { class: "dim small" }, "…"));
    try {
      put(place, await load());
    } catch (fault) {
      put(place, h("p", { class: "notice bad" }, wrong(fault)));
    }
  });
  return made;
};

// The request of a webhook, in a dialog.
export const showDelivery = async ({ subscription, number }) => {
  const place = h("div", { class: "stack" }, h("p", { class: "dim" }, "…"));
  dialog(`Webhook ${number}`, [
    h(
      "p",
      { class: "small dim" },
      "Written anew by the same dialect from the same event. Signatures and secrets are masked.",
    ),
    place,
  ]).classList.add("wide");
  try {
    const { request } = await get(`deliveries/${subscription}/${number}/request`);
    put(
      place,
      request ? code(written(request)) : h("p", {}, "The dialect has no words for this event, so nothing is told."),
    );
  } catch (fault) {
    put(place, h("p", { class: "notice bad" }, wrong(fault)));
  }
};

// One message as a phone shows it.

import { cardList, cardView } from "./cards.js";
import { h, icon } from "./dom.js";
import { marked, plain } from "./marks.js";
import { clock, exact } from "./time.js";

const MOST_CARDS = 3;
const MEDIA = { image: "image", video: "image", sticker: "image", audio: "bolt", voice: "bolt", document: "file" };

const TICKS = {
  accepted: ["wait", "Accepted, not sent yet", ""],
  sending: ["wait", "On its way", ""],
  unsure: ["unsure", "Not known whether it was sent", "warn"],
  sent: ["tick", "Sent", ""],
  delivered: ["ticks", "Delivered", ""],
  read: ["ticks", "Read", "read"],
  failed: ["fail", "Failed", "bad"],
  expired: ["fail", "Expired", "bad"],
  cancelled: ["fail", "Cancelled", "bad"],
};

export const ticks = (stage, words) => {
  const [name, said, kind] = TICKS[stage] ?? ["unsure", stage, ""];
  return h("span", { class: `ticks ${kind}`, title: words ?? said }, icon(name, words ?? said));
};

// What the customer wrote has its own words: it was written on this phone, and the business may have read it.
const OWN = {
  accepted: "Not taken by the gateway",
  sent: "Sent",
  delivered: "Taken by the gateway",
  read: "Read by the business",
};

// A message in one line.
export const summary = (one) => {
  if (one.contacts) return one.contacts.map((card) => card.formatted).join(", ");
  return plain(one.text ?? "") || `[${one.type}]`;
};

const body = (one, ways) => {
  if (one.contacts) return cards(one, ways);
  if (one.type === "template") return template(one, ways);
  const held = one.content;
  if (held?.kind === "media") {
    return [
      h(
        "div",
        { class: "attached" },
        icon(MEDIA[one.type] ?? "file"),
        h(
          "div",
          {},
          h("strong", {}, held.filename || one.type),
          held.url ? h("div", { class: "small cut dim", title: held.url }, held.url) : null,
        ),
      ),
      text(one.text),
    ];
  }
  if (held?.kind === "location") {
    return h(
      "div",
      { class: "attached" },
      icon("place"),
      h(
        "div",
        {},
        h("strong", { dir: "auto" }, held.name || "Location"),
        h("div", { class: "small dim num" }, `${held.latitude}, ${held.longitude}`),
        held.address ? h("div", { class: "small", dir: "auto" }, held.address) : null,
      ),
    );
  }
  if (held?.kind === "choice")
    return [text(one.text), held.description ? h("div", { class: "small dim", dir: "auto" }, held.description) : null];
  if (held)
    return [
      h("em", { class: "dim" }, `Something of the kind “${one.type}”`),
      h(
        "details",
        {},
        h("summary", {}, "As it came"),
        h("pre", { class: "small" }, JSON.stringify(held.raw ?? held, null, 1)),
      ),
    ];
  return text(one.text);
};

const text = (words) => (words ? h("div", { class: "words", dir: "auto" }, marked(words)) : null);

const cards = (one, ways) => {
  const fileOf = (place) => `/console/api/phones/${ways.number}/messages/${one.id}/cards/${place}.vcf`;
  const shown = one.contacts.slice(0, one.contacts.length > MOST_CARDS + 1 ? MOST_CARDS : undefined);
  return h(
    "div",
    { class: "contacts" },
    shown.map((card, place) => cardView(card, fileOf(place), ways.write)),
    shown.length < one.contacts.length
      ? h(
          "button",
          { type: "button", class: "card-action all", onclick: () => cardList(one.contacts, fileOf, ways.write) },
          `View all ${one.contacts.length} contacts`,
        )
      : null,
  );
};

const template = (one, ways) => {
  const record = ways.template?.(one) ?? {};
  const header = record.header === "text" ? record.header_text : record.header;
  return [
    header
      ? h(
          "div",
          { class: "template-head", dir: "auto" },
          record.header === "text" ? header : h("span", { class: "attached" }, icon(MEDIA[header] ?? "file"), header),
        )
      : null,
    text(one.text),
    record.footer ? h("div", { class: "template-foot", dir: "auto" }, record.footer) : null,
    h("span", { class: "visually-hidden" }, `Template ${one.template?.name ?? ""}`),
  ];
};

const templateButtons = (one, ways) => {
  const buttons = (one.type === "template" && ways.template?.(one)?.buttons) || [];
  if (!buttons.length) return null;
  return h(
    "div",
    { class: "template-buttons" },
    buttons.map((each) =>
      h(
        "button",
        { type: "button", class: "card-action", dir: "auto", onclick: () => ways.press?.(one, each) },
        each.text ?? each.type,
      ),
    ),
  );
};

const quoted = (one, ways) => {
  if (!one.quote) return null;
  const target = ways.find(one.quote);
  return h(
    "button",
    {
      type: "button",
      class: "quote",
      "aria-label": "Go to the message that is answered",
      onclick: () => ways.go(one.quote),
    },
    h("strong", {}, target ? (target.direction === "in" ? "You" : ways.title) : "Earlier message"),
    h("span", { dir: "auto" }, target ? summary(target).slice(0, 160) : "Not loaded"),
  );
};

const reacted = (reactions) =>
  reactions?.length
    ? h(
        "div",
        { class: "reactions" },
        reactions.map((emoji) => h("span", { title: "Reaction" }, emoji)),
      )
    : null;

// The element of a message. `ways` say what can be done with it: { number, title, find(id), go(id), write(wa_id),
// reply(one), react(one, button), template(one), press(one, button), reactions(id), reason(id) }.
export const bubble = (one, ways) => {
  const own = one.direction === "in";
  const reason = one.stage === "failed" && !own ? ways.reason(one) : null;
  const at = one.timestamp * 1000;
  return h(
    "article",
    {
      class: `bubble ${own ? "own" : "theirs"} type-${one.contacts ? "contacts" : "other"}`,
      id: `m-${one.id}`,
      "data-id": one.id,
      "data-stage": one.stage,
      tabindex: "-1",
    },
    h("span", { class: "visually-hidden" }, own ? "You" : ways.title),
    quoted(one, ways),
    body(one, ways),
    h(
      "div",
      { class: "meta" },
      h("time", { datetime: new Date(at).toISOString(), title: exact(at) }, clock(at)),
      ticks(one.stage, own ? OWN[one.stage] : undefined),
    ),
    reason ? h("p", { class: "reason" }, reason) : null,
    templateButtons(one, ways),
    reacted(ways.reactions(one.id)),
    ways.reply
      ? h(
          "div",
          { class: "bubble-tools" },
          h(
            "button",
            {
              type: "button",
              class: "plain icon",
              "aria-label": "Reply",
              title: "Reply",
              onclick: () => ways.reply(one),
            },
            icon("reply"),
          ),
          h(
            "button",
            {
              type: "button",
              class: "plain icon",
              "aria-label": "React",
              title: "React",
              onclick: (event) => ways.react(one, event.currentTarget),
            },
            icon("smile"),
          ),
        )
      : null,
  );
};

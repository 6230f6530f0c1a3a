// What a person can do about a message: settle one that is unsure, send one again, tell its webhooks again.

import { admin, post } from "./api.js";
import { ask } from "./ask.js";
import { contentOf } from "./content.js";
import { check, h, icon, toast } from "./dom.js";
import { deliveryChip, eventWord, phoneOf, plural } from "./words.js";

const WAYS = [
  [
    "sent",
    "It was sent",
    "You know that it left: the vendor’s journal or the customer says so. It stays as sent; a later status still counts.",
  ],
  ["failed", "It was not sent", "It ends as failed, and the client is told."],
  [
    "resend",
    "Send it again",
    "It goes out once more, now. If the first one left after all, the customer gets it twice.",
  ],
];

export const settle = (message, done) => {
  const options = WAYS.map(([value, words, about], place) =>
    h(
      "label",
      { class: `option ${value === "resend" ? "risky" : ""}` },
      h("input", { type: "radio", name: "as", value, required: true, autofocus: place === 0 }),
      h("span", {}, h("b", {}, words), h("small", {}, about)),
    ),
  );
  return ask(
    "What became of it?",
    [
      h(
        "p",
        { class: "notice warn" },
        "The request left and no answer came, so it may have been sent or not. Look at the vendor’s own journal, or ask the customer, before you decide. It also settles by itself: by a status, or as failed when it stays unknown for too long.",
      ),
      h("fieldset", { class: "stack" }, h("legend", { class: "visually-hidden" }, "What became of it"), options),
    ],
    "Settle it",
    async (form) => {
      await post(admin(`messages/${message.id}/resolve`), { as: new FormData(form).get("as") });
      toast("Settled");
      done();
    },
  );
};

// What `POST /admin/v1/messages` takes, of a message as it was; null for what cannot be sent by hand.
const again = ({ content }) =>
  ({
    text: () => ({ type: "text", text: content.body }),
    contacts: () => ({ type: "contacts", contacts: content.cards }),
    template: () => ({ type: "template", template: content }),
  })[content.kind]?.() ?? null;

export const canResend = (message) =>
  message.direction === "out" && ["failed", "expired", "cancelled"].includes(message.stage) && again(message) !== null;

export const resend = (message) =>
  ask(
    "Send it again?",
    [
      h(
        "p",
        {},
        "The same content goes out as a new message, from ",
        h("b", { class: "num" }, `+${message.sender}`),
        " to ",
        h("b", { class: "num", dir: "auto" }, phoneOf(message.customer)),
        ", by the sender’s route as it is now. This one stays as it is.",
      ),
      message.stage === "failed" && message.failure?.fault === "outcome_unknown"
        ? h("p", { class: "notice warn" }, "Nobody knows whether this one left: the customer may get it twice.")
        : null,
      h("div", { class: "preview" }, contentOf(message.content)),
    ],
    [icon("send"), "Send it"],
    async () => {
      const made = await post(admin("messages"), {
        sender: message.sender_id,
        to: message.customer,
        ...again(message),
        ...(message.quote ? { quote: message.quote } : {}),
      });
      location.assign(`/console/messages/${made.id}`);
    },
  );

// Make deliveries once more, those that are chosen of these: { subscription, number, kind, state, url }.
export const replay = (deliveries, done) => {
  const boxes = deliveries.map((each) =>
    check(
      [
        h(
          "span",
          { class: "grow stack tight" },
          h("span", { class: "row" }, h("b", {}, eventWord(each.kind)), deliveryChip(each.state)),
          h("span", { class: "small mono cut dim" }, each.url ?? ""),
        ),
      ],
      { name: "which", value: `${each.subscription}-${each.number}`, checked: true },
    ),
  );
  return ask(
    "Tell it again?",
    [
      h(
        "p",
        {},
        "The webhook is called once more with the same event. A receiver that has taken it before gets it twice.",
      ),
      h("div", { class: "stack" }, boxes),
    ],
    [icon("again"), "Tell again"],
    async (form) => {
      const chosen = new FormData(form).getAll("which").map((each) => each.split("-"));
      const groups = new Map();
      for (const [subscription, number] of chosen)
        groups.set(subscription, [...(groups.get(subscription) ?? []), Number(number)]);
      let count = 0;
      for (const [subscription, numbers] of groups)
        count += (await post(admin("deliveries/replay"), { subscription, numbers })).replayed;
      toast(`${plural(count, "webhook")} will be told again`);
      done();
    },
  );
};

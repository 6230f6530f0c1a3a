// Who is told of a sender's events: how each subscription fares, adding, changing and removing them.

import { admin, patch, post, remove } from "./api.js";
import { ask, confirm } from "./ask.js";
import { check, choices, copyButton, dialog, field, h, icon, toast } from "./dom.js";
import { length } from "./time.js";
import { eventWord, when } from "./words.js";

export const EVENTS = {
  "message.received": "A customer wrote",
  "message.departed": "A message left",
  "message.sent": "Sent",
  "message.delivered": "Delivered",
  "message.read": "Read",
  "message.failed": "Failed",
  "message.unsure": "Unsure",
  "sender.state": "The sender’s state",
};
const QUIET = ["message.departed", "message.unsure"];
const LAG = 60_000;

// How a subscription fares: colour, icon, word and sentence.
export const fares = ({ url, paused_until: paused }, backlog, now) => {
  if (!backlog) return ["", "wait", "…", ""];
  const { due, dead, oldest, last_at: at, last_state: state, last_status: status, last_error: error } = backlog;
  const lag = oldest ? length(Math.max(0, now - oldest)) : "";
  const last = at ? `${when(at)}: ${state === "done" ? `taken (HTTP ${status})` : error || `HTTP ${status}`}` : "";
  if (!url)
    return [
      "",
      "download",
      "Fetched",
      due ? `The client fetches them itself; the oldest waits for ${lag}.` : "The client fetches its events itself.",
    ];
  if (paused > now)
    return [
      "warn",
      "pause",
      "Paused",
      `Its receiver does not take them; tried again ${when(paused)}. Last try ${last}`,
    ];
  if (at && state !== "done") return ["bad", "fail", "Failing", `Last try ${last}`];
  if (due && now - oldest > LAG) return ["warn", "clock", "Behind", `The oldest waits for ${lag}.`];
  if (!at && !due && !dead) return ["", "wait", "Nothing yet", "Nothing was told by it yet."];
  return ["ok", "tick", "Works", last ? `Last ${last}` : ""];
};

const secret = (name, placeholder) =>
  h("input", { name, type: "password", autocomplete: "new-password", spellcheck: "false", dir: "ltr", placeholder });

// The fields of a subscription; `known` is the one that is changed.
const form = (known, senders, dialects) => {
  const sender = h("input", {
    name: "sender",
    required: true,
    list: "subscription-senders",
    autocomplete: "off",
    dir: "ltr",
    type: "tel",
    value: known ? "" : senders.length === 1 ? senders[0].sender : "",
  });
  const url = h("input", {
    name: "url",
    type: "url",
    required: true,
    autocomplete: "off",
    dir: "ltr",
    class: "mono",
    placeholder: "https://example.com/hook",
    value: known?.url ?? "",
  });
  const dialect = h(
    "select",
    { name: "dialect" },
    dialects.map((each) => h("option", { value: each.name, selected: each.name === known?.dialect }, each.title)),
  );
  const boxes = Object.entries(EVENTS).map(([kind, words]) =>
    check(words, { name: "event", value: kind, checked: known ? known.events.includes(kind) : !QUIET.includes(kind) }),
  );
  let statuses = known?.statuses ?? "own";
  const whose = choices(
    "Statuses of which messages",
    [
      ["own", "Sent by this API"],
      ["all", "All of the sender’s"],
    ],
    statuses,
    (chosen) => {
      statuses = chosen;
    },
  );
  const kept = known ? "stays as it is" : "";
  return {
    body: [
      known
        ? null
        : [
            field("Sender", sender, "Its number."),
            h(
              "datalist",
              { id: "subscription-senders" },
              senders.map((each) => h("option", { value: each.sender }, each.name)),
            ),
          ],
      field("Address", url),
      field("In the words of", dialect, "Each event is told as this API’s vendor tells it."),
      h("fieldset", { class: "events" }, h("legend", {}, "Of what"), boxes),
      h("div", { class: "field" }, h("span", { class: "label" }, "Statuses of messages"), whose),
      h(
        "details",
        {},
        h("summary", {}, "Signing"),
        h(
          "div",
          { class: "stack" },
          field("Secret", secret("secret", kept), "Signs as the API itself does, where it does."),
          field(
            "Standard Webhooks secret",
            secret("webhook_secret", known ? kept : "the sender’s own"),
            "whsec_ and base64.",
          ),
        ),
      ),
    ],
    read: (made) => {
      const data = new FormData(made);
      const given = {
        url: data.get("url").trim(),
        dialect: data.get("dialect"),
        events: data.getAll("event"),
        statuses,
      };
      if (!given.events.length) throw new Error("Choose at least one kind of event.");
      for (const name of ["secret", "webhook_secret"]) if (data.get(name).trim()) given[name] = data.get(name).trim();
      return known ? given : { ...given, sender: data.get("sender").trim().replace(/^\+/, "") };
    },
  };
};

export const addSubscription = (senders, dialects, done) => {
  const { body, read } = form(null, senders, dialects);
  ask("Add a webhook", body, "Add it", async (made) => {
    const said = await post(admin("subscriptions"), read(made));
    return () => {
      if (said.webhook_secret) showSecret(said.webhook_secret);
      done();
    };
  });
};

const showSecret = (text) =>
  dialog("The webhook is set", [
    h("p", {}, "Requests are signed by Standard Webhooks with this secret. It is shown this once."),
    h("div", { class: "address" }, h("code", { class: "grow", dir: "ltr" }, text), copyButton(text)),
  ]);

export const changeSubscription = (one, dialects, done) => {
  const { body, read } = form(one, [], dialects);
  ask("Change the webhook", body, "Save", async (made) => {
    await patch(admin(`subscriptions/${one.id}`), read(made));
    toast("Saved");
    done();
  });
};

export const removeSubscription = (one, done) =>
  confirm(
    "Remove the webhook?",
    [h("bdi", { class: "mono" }, one.url), " is told nothing more; what was still to be told is dropped."],
    "Remove it",
    async () => {
      await remove(admin(`subscriptions/${one.id}`));
      done();
    },
  );

// Which events, in few words.
export const eventWords = ({ events }) => {
  const left = Object.keys(EVENTS).filter((each) => !events.includes(each));
  if (!left.length) return "everything";
  if (left.length <= 2) return `everything but ${left.map(eventWord).join(", ")}`;
  return events.map(eventWord).join(", ");
};

export const signIcon = ({ signed }) =>
  signed
    ? h("span", { class: "chip", title: "Its requests carry the API’s own signature" }, icon("key"), "signed")
    : null;

// One message with its whole history, why it waits, and what can be done about it.

import { admin, get, query, wrong } from "../lib/api.js";
import { contentOf } from "../lib/content.js";
import { code, copyButton, empty, facts, h, icon, main, put } from "../lib/dom.js";
import { soon, watch } from "../lib/live.js";
import { folded, showDelivery, written } from "../lib/raw.js";
import { canResend, replay, resend, settle } from "../lib/settling.js";
import { exact, length } from "../lib/time.js";
import { deliveriesOf, timeline } from "../lib/timeline.js";
import { phoneOf, stageAbout, stageChip, titles, when } from "../lib/words.js";

const ID = facts.params.id;
const WAITS = ["accepted", "sending", "unsure"];
const AGAIN = 4_000;

let titleOf = (name) => name;
let sender = null;
let message = null;

const head = h("div", { class: "page-head" });
const notices = h("div", { class: "stack complaint", role: "status" });
const said = h("section", { class: "card", "aria-label": "Message" });
const line = h("section", { class: "card", "aria-label": "History" });
const raw = h("section", { class: "card stack", "aria-label": "Raw" });

// ---- why it waits

const until = (at, now) => [when(at), at > now ? ` (in ${length(at - now)})` : ""];

const REASONS = {
  way: () => "Its request is under way right now.",
  sender: ({ why }) => ["The sender is held: ", why],
  route: ({ carrier, why }) => [`The route by ${titleOf(carrier)} is held: `, why],
  cooling: ({ carrier, until: at }, now) => [
    `${titleOf(carrier)} gave no answers and is left alone until `,
    until(at, now),
  ],
  unsure: ({ since, until: at }, now) => [
    `No answer came ${since ? `${length(now - since)} ago` : ""}; it is looked at again at `,
    until(at, now),
  ],
  retry: ({ tries, until: at }, now) => [
    `Tried ${tries === 1 ? "once" : `${tries} times`}; the next try is at `,
    until(at, now),
  ],
  chat: ({ message: other, state }) => [
    h("a", { href: `/console/messages/${other}` }, "An earlier message of this chat"),
    ` goes first${state === "unsure" ? ", and is unsure" : ""}; in a chat one goes at a time.`,
  ],
  pace: ({ per_second: rate, gap, pair }) => {
    const limits = [
      rate ? `${rate} a second` : "",
      gap ? `one each ${length(gap)}` : "",
      pair ? `one each ${length(pair)} to one customer` : "",
    ].filter(Boolean);
    return limits.length ? `Its turn comes by the sender’s pace: ${limits.join(", ")}.` : "Its turn comes in a moment.";
  },
};

const drawWaiting = async () => {
  if (!WAITS.includes(message.stage) || message.direction === "in") return null;
  const { now, place, reasons } = await get(`messages/${ID}/waiting`).catch(() => ({ place: null }));
  if (!place) return null;
  return h(
    "div",
    {
      class: `notice ${reasons.some((each) => ["sender", "route", "cooling"].includes(each.by)) ? "warn" : ""}`,
      id: "waiting",
    },
    h("b", {}, message.stage === "unsure" ? "What happens now" : "Why it has not left"),
    h(
      "ul",
      {},
      reasons.map((each) => h("li", {}, REASONS[each.by]?.(each, now) ?? each.by)),
    ),
    message.stage === "unsure" ? null : h("p", { class: "small" }, "It expires at ", until(place.expires_at, now), "."),
  );
};

const drawNotices = async () => {
  const { stage, failure, dropped } = message;
  put(
    notices,
    stage === "unsure"
      ? h(
          "div",
          { class: "notice warn split" },
          h("span", {}, h("b", {}, "It may have left: no answer came."), " It is not sent again unasked."),
          h("button", { type: "button", class: "main", onclick: () => settle(message, load) }, "Settle it"),
        )
      : null,
    failure
      ? h(
          "div",
          { class: "notice bad" },
          h("b", {}, "Why it failed: "),
          h("bdi", {}, failure.detail),
          failure.code ? ` (${failure.code})` : "",
          h("div", { class: "small" }, failure.fault.replaceAll("_", " ")),
        )
      : null,
    dropped.length
      ? h(
          "p",
          { class: "notice warn" },
          "Arrived without: ",
          dropped.map((each, place) => [place ? ", " : "", h("code", {}, each)]),
        )
      : null,
    await drawWaiting(),
  );
};

// ---- the parts

// Back to the list as it was filtered.
const backTo = () => (/\/console\/messages\?/.test(document.referrer) ? document.referrer : "/console/messages");

const drawHead = () => {
  const deliveries = deliveriesOf(message.history);
  const tell = () => replay(deliveries, load);
  put(
    head,
    h(
      "div",
      { class: "title-row" },
      h("a", { class: "back", href: backTo(), "aria-label": "All messages" }, icon("back")),
      h("h1", {}, message.direction === "in" ? "From " : "To ", h("bdi", { class: "num" }, phoneOf(message.customer))),
    ),
    stageChip(message),
    canResend(message)
      ? h("button", { type: "button", onclick: () => resend(message) }, icon("send"), "Send again")
      : null,
    deliveries.length ? h("button", { type: "button", onclick: tell }, icon("again"), "Tell webhooks again") : null,
  );
};

const fact = (word, ...value) => [h("dt", {}, word), h("dd", {}, value)];

const drawSaid = () => {
  const isPhone = sender?.routes.some((each) => each.carrier === "sandbox") && /^\d{5,20}$/.test(message.customer);
  const refs = Object.entries(message.refs);
  put(
    said,
    h("h2", {}, "Message"),
    h("div", { class: `preview ${message.direction}` }, contentOf(message.content)),
    h(
      "dl",
      { class: "facts" },
      fact("Stage", stageAbout(message)),
      fact(
        "Customer",
        h("bdi", { class: "num" }, phoneOf(message.customer)),
        " · ",
        h("a", { href: `/console/messages${query({ customer: message.customer })}` }, "all with them"),
        isPhone
          ? [
              " · ",
              h("a", { href: `/console/phone/${message.customer}${query({ sender: message.sender_id })}` }, "phone"),
            ]
          : null,
      ),
      fact(
        "Sender",
        sender
          ? h("a", { href: `/console/senders/${message.sender_id}`, dir: "auto" }, sender.name || `+${message.sender}`)
          : "removed",
        " ",
        h("span", { class: "num dim" }, `+${message.sender}`),
      ),
      message.dialect ? fact("Came by", titleOf(message.dialect)) : null,
      fact(message.direction === "in" ? "Written" : "Accepted", exact(message.at)),
      message.quote
        ? fact("Answers", h("a", { href: `/console/messages/${message.quote}` }, "an earlier message"))
        : null,
      refs.map(([name, value]) =>
        fact(name, h("span", { dir: "auto" }, typeof value === "string" ? value : JSON.stringify(value))),
      ),
      fact("Id", h("code", {}, message.id)),
    ),
  );
};

const drawLine = () => {
  const parts = 1 + Math.max(0, ...message.history.map((each) => each.detail.part ?? 0));
  put(
    line,
    h("h2", {}, "History"),
    timeline(message.history, { titleOf, parts, replay: (chosen) => replay(chosen, load), showDelivery }),
  );
};

const requestOf = (carrier) => async () => {
  const { request, refused } = await get(`messages/${ID}/request${query({ carrier })}`);
  return request
    ? [
        h(
          "p",
          { class: "small dim" },
          "Written anew from the message and the route’s settings as they are now; nothing was sent for it. Secrets are masked.",
        ),
        code(written(request)),
      ]
    : h("p", { class: "notice warn" }, refused || "This route would send nothing for it.");
};

const drawRaw = () => {
  const tried = message.history.map((each) => each.detail.carrier).filter(Boolean);
  const carriers =
    message.direction === "in" || !sender
      ? []
      : [...new Set([...tried, sender.carrier])].filter((each) =>
          sender.routes.some((route) => route.carrier === each),
        );
  const { history, ids, ...rest } = message;
  put(
    raw,
    h("h2", {}, "Raw"),
    carriers.map((each) => folded(["The request to ", titleOf(each)], requestOf(each))),
    folded("Its id in each API", () =>
      h(
        "dl",
        { class: "facts small ids" },
        Object.entries(ids).map(([name, id]) => [
          h("dt", {}, titleOf(name)),
          h("dd", { class: "row" }, h("code", { class: "grow" }, id), copyButton(id)),
        ]),
      ),
    ),
    folded("The message as JSON", () => code(JSON.stringify(rest, null, 2))),
    folded("The history as JSON", () => code(JSON.stringify(history, null, 2))),
  );
};

// ---- all together

let drawn = "";

const load = async () => {
  message = await get(admin(`messages/${ID}`));
  drawHead();
  const now = JSON.stringify(message);
  if (now !== drawn) {
    drawLine();
    if (!drawn) drawRaw();
    drawSaid();
    drawn = now;
  }
  await drawNotices();
};
const reload = soon(load, 120);

const start = async () => {
  put(
    main(),
    h(
      "div",
      { class: "page" },
      head,
      notices,
      h("div", { class: "message-grid" }, h("div", { class: "stack wide-gap" }, said, raw), line),
    ),
  );
  message = await get(admin(`messages/${ID}`));
  [titleOf, sender] = await Promise.all([titles(), get(admin(`senders/${message.sender_id}`)).catch(() => null)]);
  await load();
  watch({ tell: ({ events }) => events.some((each) => each.message === ID) && reload(), again: reload });
  setInterval(() => {
    const told = message.history.some((each) => each.what === "delivery" && each.detail.state === "due");
    if (!document.hidden && (WAITS.includes(message.stage) || told)) reload();
  }, AGAIN);
};

start().catch((fault) =>
  put(
    main(),
    h(
      "div",
      { class: "page" },
      fault.status === 404
        ? empty("search", h("h1", {}, "There is no such message."), h("a", { href: "/console/messages" }, "Messages"))
        : h("p", { class: "notice bad" }, wrong(fault)),
    ),
  ),
);

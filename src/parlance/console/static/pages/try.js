// Recorded requests of every API: change them, send them to this gateway, see answer, message and phone side by side.

import { admin, get, post, query, wrong } from "../lib/api.js";
import { Conversation } from "../lib/conversation.js";
import { choices, empty, field, h, icon, main, put } from "../lib/dom.js";
import { soon, watch } from "../lib/live.js";
import { answered, headersOf, whole } from "../lib/exchange.js";

const KEYS = "parlance.keys";
const VERBS = ["POST", "GET", "PUT", "PATCH", "DELETE"];

let dialects = [];
let dialect = null;
let trials = [];
let versions = null;
let trial = null;
let home = "";
let phone = "";
let conversation = null;
let shownMessage = "";

// ---- the request

const which = h("select", { id: "trial" });
const variant = h("select", { id: "variant" });
const about = h("p", { class: "small dim" });
const verb = h(
  "select",
  { "aria-label": "Method" },
  VERBS.map((each) => h("option", {}, each)),
);
const url = h("input", {
  class: "mono",
  "aria-label": "Address",
  spellcheck: "false",
  autocomplete: "off",
  dir: "ltr",
});
const headers = h("textarea", { class: "mono head", rows: 2, spellcheck: "false", dir: "ltr" });
const body = h("textarea", { class: "mono body", rows: 10, spellcheck: "false", dir: "auto" });
const keys = h("div", {});
const to = h("input", { class: "mono", type: "tel", inputmode: "numeric", autocomplete: "off", dir: "ltr" });
const answer = h("div", { class: "stack answer", role: "status", "aria-label": "Answer" });
const message = h("div", { class: "stack" });
const chat = h("section", { class: "chat", "aria-label": "Phone" });
const phoneTitle = h("span", {});

const kept = () => {
  try {
    return JSON.parse(sessionStorage.getItem(KEYS) ?? "null");
  } catch {
    return null;
  }
};

// The credentials to use: those typed or handed over in this tab, else those the gateway's machine knows.
const given = () => kept()?.credentials?.[dialect.name] ?? dialect.fields;

// The recorded requests name one phone; another one takes its place.
const aimed = (text) => text.replaceAll(home, phone);

const choose = (name, place = 0) => {
  versions = trials.find(([each]) => each.name === name) ?? trials[0];
  if (!versions) return;
  trial = versions[place] ?? versions[0];
  which.value = trial.name;
  put(
    variant,
    versions.map((each, at) => h("option", { value: at }, at ? each.about : "as recorded")),
  );
  variant.value = String(versions.indexOf(trial));
  variant.disabled = versions.length === 1;
  verb.value = trial.method;
  url.value = aimed(trial.url);
  headers.value = Object.entries(trial.headers)
    .map(([each, value]) => `${each}: ${value}`)
    .join("\n");
  body.value = trial.base64 ? trial.body : aimed(trial.body);
  body.readOnly = trial.base64;
  put(about, [
    versions[0].about,
    trial !== versions[0] && ` Variant: ${trial.about}.`,
    trial.base64 && " The body is not text; it is sent as it was recorded.",
  ]);
  // The address of the page names what is shown, for whoever wants to come back to it.
  history.replaceState(
    null,
    "",
    query({ api: dialect.name, request: trial.name, variant: versions.indexOf(trial) || "" }),
  );
};

// Another phone is to get it; what was written into the request meanwhile stays.
const retarget = () => {
  const number = to.value.replace(/\D/g, "");
  if (number.length < 5 || number === phone) return;
  url.value = url.value.replaceAll(phone, number);
  if (!trial?.base64) body.value = body.value.replaceAll(phone, number);
  phone = number;
};

const load = async (name, request, place) => {
  dialect = dialects.find((each) => each.name === name) ?? dialects[0];
  trials = (await post(`trials/${dialect.name}`, { fields: given() })).items;
  put(
    which,
    [
      ["Requests", (each) => !each.refused],
      ["Requests that are refused", (each) => each.refused],
    ].map(([words, fits]) =>
      trials.some(([each]) => fits(each))
        ? h(
            "optgroup",
            { label: words },
            trials
              .map(([each]) => each)
              .filter(fits)
              .map((each) => h("option", { value: each.name }, each.name.replaceAll("-", " "))),
          )
        : null,
    ),
  );
  choose(
    (trials.find(([each]) => each.name === request) ??
      trials.find(([each]) => each.sends && !each.refused) ??
      trials[0])?.[0].name,
    place,
  );
  drawKeys();
};

const drawKeys = () => {
  const shown = given();
  const names = Object.keys(shown).length ? Object.keys(shown) : [];
  put(
    keys,
    h(
      "details",
      { open: names.length === 0 },
      h("summary", {}, names.length ? "Credentials in these requests" : "Credentials"),
      names.length
        ? h(
            "div",
            { class: "keys" },
            names.map((each) => {
              const input = h("input", {
                class: "mono",
                value: String(shown[each]),
                autocomplete: "off",
                spellcheck: "false",
                dir: "ltr",
              });
              input.addEventListener("change", () => {
                const all = kept() ?? { credentials: {} };
                all.credentials[dialect.name] = { ...given(), [each]: input.value };
                sessionStorage.setItem(KEYS, JSON.stringify(all));
                load(dialect.name, trial?.name, versions?.indexOf(trial));
              });
              return field(each, input);
            }),
          )
        : h(
            "p",
            { class: "notice warn" },
            "No sender’s credentials for this API are known on this machine: only their hashes are kept. ",
            "Write yours into the request, or make a sender; its credentials are shown once.",
          ),
    ),
  );
};

// ---- sending

const bytes = () => {
  if (["GET", "HEAD"].includes(verb.value) || !body.value) return undefined;
  return trial?.base64 ? Uint8Array.from(atob(body.value), (letter) => letter.charCodeAt(0)) : body.value;
};

const send = async () => {
  const began = performance.now();
  shownMessage = "";
  put(message);
  try {
    const address = new URL(url.value, location.origin);
    if (address.origin !== location.origin)
      throw new TypeError("The address must be one of this gateway’s: a path such as /v1/….");
    const said = await fetch(address, {
      method: verb.value,
      headers: headersOf(headers.value),
      body: bytes(),
      credentials: "omit",
      redirect: "manual",
      cache: "no-store",
    });
    const text = await said.text();
    const took = performance.now() - began;
    put(answer, answered(said, text, took));
    shownMessage = said.headers.get("parlance-message-id") ?? "";
    if (shownMessage) await showMessage();
    else put(message, h("p", { class: "dim small" }, said.ok ? "This call made no message." : "Nothing was stored."));
  } catch (fault) {
    put(answer, h("p", { class: "notice bad" }, fault instanceof TypeError ? fault.message : wrong(fault)));
  }
};

const showMessage = async () => {
  if (!shownMessage) return;
  const found = await get(admin(`messages/${shownMessage}`)).catch((fault) => fault);
  if (found instanceof Error) {
    put(message, h("p", { class: "notice bad" }, wrong(found)));
    return;
  }
  put(message, whole(found));
  await showPhone(/^\d{5,20}$/.test(found.customer) ? found.customer : phone, found.sender_id);
};
const refresh = soon(showMessage, 100);

// ---- the phone

const showPhone = async (number, senderId) => {
  if (conversation && conversation.number === number && (!senderId || conversation.sender.id === senderId)) {
    conversation.touch();
    return;
  }
  const { items, others } = await get(`phones/${number}/chats`);
  const every = [...items.map((each) => each.sender), ...others];
  const sender = every.find((each) => each.id === senderId) ?? every[0];
  conversation?.close();
  put(
    phoneTitle,
    h("a", { href: `/console/phone/${number}${sender ? `?sender=${sender.id}` : ""}`, class: "num" }, `+${number}`),
  );
  if (!sender) {
    put(chat, empty("phone", h("p", {}, "There is no sandbox sender yet.")));
    return;
  }
  const place = h("div", { class: "conversation" });
  put(chat, place);
  conversation = new Conversation(place, { number, sender });
  await conversation.load();
};

// ---- all together

const start = async () => {
  const asked = new URLSearchParams(location.search);
  const known = await get("trials");
  dialects = known.items;
  home = known.phone;
  phone = home;
  to.value = home;
  const first =
    dialects.find((each) => each.name === asked.get("api")) ??
    dialects.find((each) => each.examples.length) ??
    dialects[0];
  const form = h(
    "form",
    {
      onsubmit: (event) => {
        event.preventDefault();
        send();
      },
    },
    h("div", { class: "line" }, verb, url),
    field("Headers", headers),
    h(
      "div",
      { class: "field grow", style: { display: "flex", flexDirection: "column" } },
      h("label", { for: "body" }, "Body"),
      body,
    ),
    keys,
    h(
      "div",
      { class: "row" },
      h("button", { class: "main" }, icon("send"), "Send"),
      h("button", { type: "button", onclick: () => choose(trial.name, versions.indexOf(trial)) }, "Start over"),
      h("span", { class: "small dim grow" }, "Ctrl + Enter sends"),
    ),
  );
  body.id = "body";
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  await load(first.name, asked.get("request"), Number(asked.get("variant")));
  put(
    main(),
    h(
      "div",
      { class: "page" },
      h(
        "div",
        { class: "page-head" },
        h("h1", {}, "Try it"),
        choices(
          "API",
          dialects.map((each) => [each.name, each.title]),
          first.name,
          (name) => load(name),
        ),
      ),
      h(
        "div",
        { class: "pick" },
        h("div", { class: "field" }, h("label", { for: (to.id = "to") }, "Phone that gets it"), to),
        h("div", { class: "field" }, h("label", { for: "trial" }, "Request"), which),
        h("div", { class: "field" }, h("label", { for: "variant" }, "Variant"), variant),
      ),
      h(
        "div",
        { class: "bench" },
        h("section", { class: "card", "aria-label": "Request" }, h("h2", {}, "Request"), about, form),
        h("section", { class: "card", "aria-label": "What came of it" }, h("h2", {}, "Answer"), answer, message),
        h(
          "section",
          { class: "card phone-side", "aria-label": "The phone" },
          h("h2", {}, icon("phone"), "Phone", phoneTitle),
          chat,
        ),
      ),
    ),
  );
  put(answer, empty("try", h("p", {}, "Send the request to see what the gateway says.")));
  which.addEventListener("change", () => choose(which.value));
  variant.addEventListener("change", () => choose(which.value, Number(variant.value)));
  to.addEventListener("change", () => {
    retarget();
    showPhone(phone);
  });
  await showPhone(phone, known.sender?.id);
  watch({
    tell: ({ events }) => {
      if (events.some((each) => each.message === shownMessage)) refresh();
      if (events.length) conversation?.touch();
    },
    again: () => {
      refresh();
      conversation?.touch();
    },
  });
};

start().catch((fault) => put(main(), h("div", { class: "page" }, h("p", { class: "notice bad" }, wrong(fault)))));

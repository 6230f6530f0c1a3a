// Credentials as they are shown once: for every API, with requests ready for a terminal, and handed to Try it.

import { post } from "./api.js";
import { choices, code, copyButton, h, icon, put } from "./dom.js";
import { curl } from "./curl.js";

const KEYS = "parlance.keys";

// Let Try it, in this tab, use them.
const handOver = (number, credentials) => {
  const kept = JSON.parse(sessionStorage.getItem(KEYS) ?? "null");
  const mine = kept?.sender === number ? kept.credentials : {};
  sessionStorage.setItem(KEYS, JSON.stringify({ sender: number, credentials: { ...mine, ...credentials } }));
};

const fields = (shown) =>
  h(
    "dl",
    { class: "facts ids" },
    Object.entries(shown).map(([name, value]) => [
      h("dt", {}, h("code", {}, name)),
      h("dd", { class: "row" }, h("code", { class: "grow", dir: "ltr" }, String(value)), copyButton(String(value))),
    ]),
  );

// `made`: { sender, credentials: {dialect: {…}}, webhook_secret? }. Gives the element.
export const credentialsOnce = async (made) => {
  handOver(made.sender, made.credentials);
  const { items } = await post("examples", { credentials: made.credentials });
  const place = h("div", { class: "stack" });
  const show = (name) => {
    const found = items.find((each) => each.name === name);
    put(
      place,
      fields(made.credentials[name]),
      h("h3", {}, "Ready for a terminal"),
      found.requests.map((each) => code(curl(each))),
    );
  };
  show(items[0].name);
  return h(
    "div",
    { class: "stack credentials" },
    h(
      "div",
      { class: "notice warn" },
      h("b", {}, "These credentials are shown this once."),
      " Only hashes of them are kept. Copy what your programs need before you leave the page.",
    ),
    h(
      "div",
      { class: "row" },
      copyAll(made),
      h("a", { class: "button", href: "/console/try" }, icon("try"), "Try it with them"),
    ),
    made.webhook_secret
      ? h("div", {}, h("h3", {}, "Signing secret of webhooks"), fields({ webhook_secret: made.webhook_secret }))
      : null,
    items.length > 1
      ? choices(
          "API",
          items.map((each) => [each.name, each.title]),
          items[0].name,
          show,
        )
      : h("h3", {}, items[0].title),
    place,
  );
};

const copyAll = ({ sender, credentials, webhook_secret: secret }) => {
  const button = copyButton(
    JSON.stringify({ sender, ...(secret ? { webhook_secret: secret } : {}), credentials }, null, 2),
  );
  button.classList.replace("small", "main");
  button.lastChild.textContent = "Copy all as JSON";
  return button;
};

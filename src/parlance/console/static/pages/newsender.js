// A sender is made here; its credentials for every API are shown once, with requests ready for a terminal.

import { admin, get, post, wrong } from "../lib/api.js";
import { settingFields, settingValues } from "../lib/carrierform.js";
import { credentialsOnce } from "../lib/credentials.js";
import { check, field, h, icon, main, put } from "../lib/dom.js";
import { providers } from "../lib/words.js";

const SANDBOX = "sandbox";

let carriers = [];
let carrier = null;

const number = h("input", {
  name: "number",
  required: true,
  type: "tel",
  autocomplete: "off",
  dir: "ltr",
  placeholder: "+972 77 000 0123",
  autofocus: true,
});
const name = h("input", { name: "name", autocomplete: "off", dir: "auto", maxlength: "300", placeholder: "Bakery" });
const accounts = h("datalist", { id: "accounts" });
const account = h("input", {
  name: "account",
  list: "accounts",
  value: "default",
  required: true,
  autocomplete: "off",
  dir: "auto",
});
const which = h("select", { name: "carrier" });
const settings = h("div", { class: "stack settings" });
const strict = check("Refuse what the carrier cannot say whole, also where it is only decoration", { name: "strict" });
const taken = h("textarea", { name: "credentials", rows: 4, class: "mono", spellcheck: "false", dir: "ltr" });
const complaint = h("div", { class: "complaint", role: "alert" });
const button = h("button", { class: "main" }, "Add the sender");
const about = h("p", { class: "small dim" });

const drawSettings = () => {
  carrier = carriers.find((each) => each.name === which.value);
  about.textContent =
    carrier.name === SANDBOX
      ? "A small WhatsApp network inside the gateway: every number is a phone in the browser, and nothing leaves this machine. You can choose another carrier later."
      : "Messages leave by this vendor. Your programs keep speaking whichever API they speak.";
  put(settings, settingFields(carrier));
};

// Lines such as "dialect.field = value".
const given = () =>
  Object.fromEntries(
    taken.value
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean)
      .map((line) => {
        const sign = line.indexOf("=");
        if (sign < 0) throw new TypeError(`“${line}” is not of the form dialect.field=value.`);
        return [line.slice(0, sign).trim(), line.slice(sign + 1).trim()];
      }),
  );

const add = async (event) => {
  event.preventDefault();
  button.disabled = true;
  put(complaint);
  try {
    const made = await post(admin("senders"), {
      number: number.value.trim(),
      name: name.value.trim(),
      account: account.value.trim(),
      carrier: carrier.name,
      settings: settingValues(carrier, event.target),
      strict: strict.firstChild.checked,
      credentials: given(),
    });
    await show(made);
  } catch (fault) {
    put(complaint, h("p", { class: "notice bad" }, fault instanceof TypeError ? fault.message : wrong(fault)));
    complaint.scrollIntoView({ block: "center" });
  } finally {
    button.disabled = false;
  }
};

const show = async (made) => {
  const shown = await credentialsOnce(made);
  const heading = h("h1", { tabindex: "-1" }, "+", made.sender, " is ready");
  put(
    main(),
    h(
      "div",
      { class: "page narrow-page" },
      h(
        "div",
        { class: "page-head" },
        heading,
        h("a", { class: "button", href: `/console/senders/${made.id}` }, icon("senders"), "Open the sender"),
      ),
      h("section", { class: "card" }, shown),
      made.carrier === SANDBOX
        ? h(
            "p",
            { class: "dim" },
            "A customer has to write first, as on WhatsApp: open ",
            h("a", { href: "/console/phone/972550000222" }, "a phone"),
            ", choose the sender and say hello.",
          )
        : h(
            "p",
            { class: "dim" },
            "Next: let the vendor call back. The address stands on ",
            h("a", { href: `/console/senders/${made.id}` }, "the sender’s page"),
            ".",
          ),
    ),
  );
  heading.focus();
};

const form = h(
  "form",
  { class: "card stack wide-gap", onsubmit: add },
  h(
    "div",
    { class: "settings" },
    field("Number", number, "With its country code. In the sandbox any number will do."),
    field("Name", name),
    field("Account", account, "Whose sender it is; made if there is none of this name."),
  ),
  h("hr"),
  field("Carrier", which),
  about,
  settings,
  h("hr"),
  strict,
  h(
    "details",
    {},
    h("summary", {}, "Take over credentials your programs already use"),
    h("div", { class: "stack" }, field("One a line: dialect.field=value", taken, "What is not given is made anew.")),
  ),
  complaint,
  h("div", { class: "row" }, button, h("a", { class: "button", href: "/console/senders" }, "Cancel")),
);

put(
  main(),
  h(
    "div",
    { class: "page narrow-page" },
    h(
      "div",
      { class: "page-head" },
      h(
        "div",
        { class: "title-row" },
        h("a", { class: "back", href: "/console/senders", "aria-label": "All senders" }, icon("back")),
        h("h1", {}, "Add a sender"),
      ),
    ),
    form,
    accounts,
  ),
);

const start = async () => {
  ({ carriers } = await providers());
  carriers.sort((one, other) => (other.name === SANDBOX) - (one.name === SANDBOX));
  put(
    which,
    carriers.map((each) => h("option", { value: each.name }, each.title)),
  );
  which.addEventListener("change", drawSettings);
  drawSettings();
  number.focus();
  const { items } = await get(admin("accounts?limit=100"));
  put(
    accounts,
    items.map((each) => h("option", { value: each.name })),
  );
};
start().catch((fault) => put(complaint, h("p", { class: "notice bad" }, wrong(fault))));

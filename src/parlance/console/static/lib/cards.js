// Contact cards: as they stand in a bubble, the profile behind the arrow, and the form that makes one.

import { attempt, post } from "./api.js";
import { check, dialog, field, h, icon, toast } from "./dom.js";

const initials = (name) => [...name.trim()].find((letter) => /[\p{L}\p{N}]/u.test(letter))?.toUpperCase() ?? "?";
const hue = (name) => [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7);

export const avatar = (name) =>
  h(
    "span",
    { class: "avatar", "aria-hidden": "true", style: { background: `hsl(${hue(name)} 42% 42%)` } },
    initials(name),
  );

const isHttp = (address) => /^https?:\/\//i.test(address);
const joined = (...parts) => parts.filter(Boolean).join(", ");

// `chat` says where writing to a WhatsApp id leads: { id, phones(wa_id) → address }.
const messageButton = (card, to) => {
  const known = card.phones.find((each) => each.wa_id);
  return h("a", { class: "card-action", href: to(known.wa_id) }, "Message");
};

const saveButton = (file) => h("a", { class: "card-action", href: file, download: "" }, "Save contact");

const inviteButton = (card) =>
  h(
    "button",
    {
      type: "button",
      class: "card-action",
      onclick: () =>
        dialog("Invite to WhatsApp", [
          h(
            "p",
            {},
            "A phone offers this where it does not know the contact to have WhatsApp, and would send an SMS to ",
            h("strong", { dir: "auto" }, card.formatted),
            ".",
          ),
          h(
            "p",
            { class: "dim" },
            "The card names no WhatsApp id. Give each phone its id (",
            h("code", {}, "wa_id"),
            ") for the phone to offer ",
            h("em", {}, "Message"),
            " and ",
            h("em", {}, "Save contact"),
            " instead.",
          ),
        ]),
    },
    "Invite to WhatsApp",
  );

const actions = (card, file, to) =>
  h(
    "div",
    { class: "card-actions" },
    card.button === "message" ? [messageButton(card, to), saveButton(file)] : inviteButton(card),
  );

// One card in a bubble.
export const cardView = (card, file, to) =>
  h(
    "div",
    { class: "contact" },
    h(
      "button",
      {
        type: "button",
        class: "contact-head",
        "aria-label": `Profile of ${card.formatted}`,
        onclick: () => profile(card, file, to),
      },
      avatar(card.formatted),
      h("span", { class: "contact-name", dir: "auto" }, card.formatted || "No name"),
      icon("next"),
    ),
    actions(card, file, to),
  );

const fact = (name, label, value, ...more) =>
  value
    ? h(
        "div",
        { class: "profile-fact" },
        icon(name),
        h("div", {}, h("div", { dir: "auto" }, value), h("small", { class: "dim", dir: "auto" }, label, more)),
      )
    : null;

const NAMES = [
  ["prefix", "Prefix"],
  ["first", "First name"],
  ["middle", "Middle name"],
  ["last", "Last name"],
  ["suffix", "Suffix"],
];

// Every field of a card.
export const profile = (card, file, to) => {
  const work = card.organisation ?? {};
  const names = NAMES.filter(([part]) => card[part]);
  return dialog("Contact info", [
    h(
      "div",
      { class: "profile-head" },
      avatar(card.formatted),
      h("h3", { dir: "auto" }, card.formatted),
      work.company || work.title ? h("p", { class: "dim", dir: "auto" }, joined(work.title, work.company)) : null,
    ),
    actions(card, file, to),
    h(
      "div",
      { class: "profile" },
      (card.phones ?? []).map((each) =>
        fact(
          "phone",
          each.type ?? "Phone",
          each.phone || `+${each.wa_id}`,
          each.wa_id ? ` · WhatsApp id ${each.wa_id}` : " · no WhatsApp id",
        ),
      ),
      (card.emails ?? []).map((each) => fact("mail", each.type ?? "E-mail", each.email)),
      (card.urls ?? []).map((each) =>
        fact(
          "link",
          each.type ?? "Web address",
          isHttp(each.url)
            ? h("a", { href: each.url, target: "_blank", rel: "noopener noreferrer" }, each.url)
            : each.url,
        ),
      ),
      (card.addresses ?? []).map((each) =>
        fact(
          "place",
          each.type ?? "Address",
          joined(each.street, each.city, each.state, each.zip, each.country),
          each.country_code ? ` · ${each.country_code}` : "",
        ),
      ),
      fact("work", "Company", work.company),
      fact("work", "Department", work.department),
      fact("work", "Title", work.title),
      fact("cake", "Birthday", card.birthday),
    ),
    names.length
      ? h(
          "dl",
          { class: "facts" },
          names.map(([part, label]) => [h("dt", {}, label), h("dd", { dir: "auto" }, card[part])]),
        )
      : null,
  ]);
};

// All cards of a long message.
export const cardList = (cards, fileOf, to) =>
  dialog(
    `${cards.length} contacts`,
    h(
      "div",
      { class: "contact-list" },
      cards.map((card, place) => cardView(card, fileOf(place), to)),
    ),
  );

// A form for one card, or a .vcf file with many; `send` gets the cards and says whether they were sent.
export const cardForm = (send) => {
  const input = (attributes) => h("input", { dir: "auto", autocomplete: "off", ...attributes });
  const name = input({ required: true });
  const number = input({ type: "tel", dir: "ltr", placeholder: "+972 55-000-0333" });
  const known = check("This number has WhatsApp", { checked: true });
  const email = input({ type: "email", dir: "ltr" });
  const company = input({});
  const file = h("input", { type: "file", accept: ".vcf,text/vcard" });
  const form = h(
    "form",
    {
      class: "stack",
      id: "card-form",
      onsubmit: async (event) => {
        event.preventDefault();
        const digits = number.value.replace(/\D/g, "");
        const phones = number.value.trim()
          ? [{ phone: number.value.trim(), ...(known.firstChild.checked && digits ? { wa_id: digits } : {}) }]
          : [];
        const card = { formatted: name.value.trim(), phones };
        if (email.value.trim()) card.emails = [{ email: email.value.trim() }];
        if (company.value.trim()) card.organisation = { company: company.value.trim() };
        if (await send([card])) made.close();
      },
    },
    field("Name", name),
    field("Phone", number),
    known,
    field("E-mail", email),
    field("Company", company),
  );
  file.addEventListener("change", async () => {
    const chosen = file.files[0];
    file.value = "";
    const read = chosen && (await attempt(async () => post("cards", await chosen.text())));
    if (read && (await send(read.cards))) {
      toast(read.cards.length === 1 ? "One contact sent" : `${read.cards.length} contacts sent`);
      made.close();
    }
  });
  const made = dialog(
    "Send a contact",
    [form, h("hr"), field("Or a .vcf file, with all the contacts in it", file)],
    h("button", { class: "main", form: "card-form" }, "Send contact"),
  );
  name.focus();
  return made;
};

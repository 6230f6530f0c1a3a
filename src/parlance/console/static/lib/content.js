// What a message says, as the admin API shows it: on one line, and whole.

import { h, icon } from "./dom.js";
import { marked, plain } from "./marks.js";

const params = (components) =>
  (components ?? []).flatMap((each) => each.parameters ?? []).map((each) => each.value || each.type);

const LINES = {
  text: ({ body }) => plain(body),
  contacts: ({ cards }) => cards.map((each) => each.formatted).join(", "),
  template: ({ name, components }) => [name, ...params(components)].join(" · "),
  reaction: ({ emoji }) => emoji || "Reaction taken off",
  receipt: () => "Read receipt",
  media: ({ type, filename, caption }) => caption || filename || type,
  location: ({ name, latitude, longitude }) => name || `${latitude}, ${longitude}`,
  choice: ({ title }) => title,
  unknown: ({ type }) => type,
};

const ICONS = {
  contacts: "contact",
  template: "file",
  reaction: "smile",
  receipt: "ticks",
  media: "image",
  location: "place",
  choice: "tick",
  unknown: "unsure",
};

export const lineOf = (content) => LINES[content.kind]?.(content) ?? content.kind;
export const kindIcon = (content) => (ICONS[content.kind] ? icon(ICONS[content.kind], content.kind) : null);

const fact = (word, value) => (value ? [h("dt", {}, word), h("dd", { dir: "auto" }, value)] : null);

const postal = ({ street, city, state, zip, country }) =>
  [street, city, state, zip, country].filter(Boolean).join(", ");

const card = (each) =>
  h(
    "div",
    { class: "said-card" },
    h("strong", { dir: "auto" }, each.formatted),
    h(
      "dl",
      { class: "facts small" },
      (each.phones ?? []).map((one) =>
        fact(one.type ?? "Phone", [
          h("span", { class: "num", dir: "ltr" }, one.phone),
          one.wa_id ? ` · WhatsApp ${one.wa_id}` : " · no WhatsApp id",
        ]),
      ),
      (each.emails ?? []).map((one) => fact(one.type ?? "E-mail", one.email)),
      (each.urls ?? []).map((one) => fact(one.type ?? "Web", one.url)),
      (each.addresses ?? []).map((one) => fact(one.type ?? "Address", postal(one))),
      fact(
        "Company",
        [each.organisation?.company, each.organisation?.department, each.organisation?.title]
          .filter(Boolean)
          .join(", "),
      ),
      fact("Birthday", each.birthday),
    ),
  );

const WHOLE = {
  text: ({ body }) => h("div", { class: "words", dir: "auto" }, marked(body)),
  contacts: ({ cards }) => cards.map(card),
  template: ({ name, language, components }) => [
    h(
      "div",
      {},
      h("strong", { dir: "auto" }, name),
      language ? h("span", { class: "dim small" }, ` ${language}`) : null,
    ),
    (components ?? []).length
      ? h(
          "dl",
          { class: "facts small" },
          components.map((each) =>
            fact(
              [each.type, each.sub_type].filter(Boolean).join(" "),
              (each.parameters ?? []).map((one) => one.value || one.type).join(" · ") || "–",
            ),
          ),
        )
      : null,
  ],
  reaction: ({ emoji }) => h("span", { class: "big" }, emoji || "Reaction taken off"),
  receipt: ({ typing }) => h("span", {}, typing ? "We have read, and are typing." : "We have read."),
  media: (one) =>
    h(
      "dl",
      { class: "facts small" },
      fact("Kind", one.type),
      fact("Caption", one.caption),
      fact("File", one.filename),
      fact("Type", one.mime),
      fact("From", one.url),
    ),
  location: (one) =>
    h(
      "dl",
      { class: "facts small" },
      fact("Name", one.name),
      fact("Address", one.address),
      fact("Place", `${one.latitude}, ${one.longitude}`),
    ),
  choice: (one) =>
    h("dl", { class: "facts small" }, fact("Chosen", one.title), fact("About", one.description), fact("Id", one.id)),
};

export const contentOf = (content) =>
  h(
    "div",
    { class: `said said-${content.kind}` },
    WHOLE[content.kind]?.(content) ?? h("pre", { class: "small" }, JSON.stringify(content.raw ?? content, null, 2)),
  );

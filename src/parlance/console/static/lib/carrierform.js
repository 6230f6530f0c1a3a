// The settings that a route of a carrier needs, as fields.

import { field, h } from "./dom.js";

export const MASK = "***";

const options = (each, value) =>
  h(
    "select",
    { name: each.name },
    each.choices.map((choice) =>
      h("option", { value: choice, selected: choice === (value || each.default) }, choice || "as they come"),
    ),
  );

const plain = (each, value) => {
  const common = {
    name: each.name,
    required: each.required && !(each.secret && value),
    autocomplete: "off",
    spellcheck: "false",
    dir: "ltr",
    class: "mono",
  };
  if (each.secret)
    return h("input", {
      ...common,
      type: "password",
      autocomplete: "new-password",
      placeholder: value ? "set; stays as it is" : "",
    });
  const kinds = { url: { type: "url" }, number: { inputmode: "numeric", pattern: "[0-9]*" } };
  return h("input", { ...common, ...kinds[each.kind], value: value ?? "", placeholder: each.default });
};

const flag = (each, value) =>
  h(
    "select",
    { name: each.name },
    ["true", "false"].map((word) =>
      h("option", { value: word, selected: word === (value || each.default) }, word === "true" ? "yes" : "no"),
    ),
  );

const inputOf = (each, value) => {
  if (each.choices.length) return options(each, value);
  return each.kind === "flag" ? flag(each, value) : plain(each, value);
};

// The fields of a carrier's settings; `known` are those of a route that is there, secrets masked.
export const settingFields = (carrier, known = {}) => {
  const [needed, others] = [
    carrier.settings.filter((each) => each.required),
    carrier.settings.filter((each) => !each.required),
  ];
  const one = (each) =>
    field(
      [h("code", {}, each.name), each.required ? "" : h("span", { class: "dim" }, " (optional)")],
      inputOf(each, known[each.name]),
      each.about,
    );
  if (!carrier.settings.length) return [h("p", { class: "dim" }, "This carrier needs no settings.")];
  return [
    needed.map(one),
    needed.length && others.length
      ? h(
          "details",
          { open: others.some((each) => known[each.name] && known[each.name] !== each.default) },
          h("summary", {}, "More settings"),
          h("div", { class: "stack" }, others.map(one)),
        )
      : others.map(one),
  ];
};

// What was filled in: secrets only where they were typed; what was emptied is set back to the default.
export const settingValues = (carrier, form, known = {}) => {
  const values = {};
  for (const each of carrier.settings) {
    const value = form.elements[each.name].value.trim();
    if (value || (!each.secret && known[each.name])) values[each.name] = value;
  }
  return values;
};

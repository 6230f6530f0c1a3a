"use strict";
// Shows /openapi.json. Texts are set as texts, never as HTML. An operation's inside is made when it is opened.

let doc;

// Prose in which `backticks` mean code, as in Markdown.
function worded(text) {
  return text.split("`").map((part, place) => (place % 2 ? make("code", {}, part) : part));
}

const make = (name, about = {}, ...inside) => {
  const made = Object.assign(document.createElement(name), about);
  made.append(...inside.filter((each) => each !== null && each !== undefined && each !== ""));
  return made;
};

const resolve = (value) => (value?.$ref ? value.$ref.slice(2).split("/").reduce((found, step) => found[step], doc) : value);

const typed = (schema) => {
  if (schema === undefined || schema === true || Object.keys(schema).length === 0) return "anything";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.enum) return schema.enum.map((each) => JSON.stringify(each)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const several = schema.anyOf ?? schema.oneOf;
  if (several) return several.map(typed).join(" | ");
  if (schema.type === "array") return `list of ${typed(schema.items)}`;
  return [].concat(schema.type ?? "anything").join(" | ");
};

const limits = (schema) =>
  ["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern", "format", "default"]
    .filter((name) => schema?.[name] !== undefined && schema[name] !== null && schema[name] !== "")
    .map((name) => `${name} ${JSON.stringify(schema[name])}`)
    .join(", ");

const table = (heads, rows) =>
  make("table", {}, make("thead", {}, make("tr", {}, ...heads.map((each) => make("th", {}, each)))),
    make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((each) => make("td", {}, each))))));

// The schemas that this one is made of, itself first, each once.
const named = (schema, found = new Map()) => {
  if (schema === null || typeof schema !== "object") return found;
  if (schema.$ref) {
    const name = typed(schema);
    if (!found.has(name)) {
      found.set(name, resolve(schema));
      named(found.get(name), found);
    }
    return found;
  }
  Object.values(schema).forEach((each) => named(each, found));
  return found;
};

const fields = (schema) => {
  if (!schema.properties) return make("p", {}, make("code", {}, `${typed(schema)} ${limits(schema)}`));
  const needed = new Set(schema.required ?? []);
  return table(["member", "type", ""], Object.entries(schema.properties).map(([name, each]) => [
    make("code", {}, name + (needed.has(name) ? " *" : "")), make("code", {}, typed(each)), [each.description, limits(each)].filter(Boolean).join(" "),
  ]));
};

const shape = (schema) => {
  if (!schema || Object.keys(schema).length === 0) return [];
  const parts = schema.$ref ? [] : [fields(schema)];
  for (const [name, each] of named(schema)) {
    parts.push(make("details", { open: parts.length === 0 }, make("summary", {}, make("code", {}, name)),
      make("div", {}, each.description ? make("p", {}, each.description) : null, fields(each))));
  }
  return parts;
};

const json = (value) => make("pre", {}, typeof value === "string" ? value : JSON.stringify(value, null, 2));

const content = (media) => Object.entries(media ?? {}).flatMap(([form, { schema, examples }]) => [
  make("p", {}, make("code", {}, form)),
  ...shape(schema),
  ...Object.entries(examples ?? {}).map(([about, { value }], place) =>
    make("details", { open: place === 0 }, make("summary", {}, about), make("div", {}, json(value)))),
  ...(resolve(schema)?.examples ?? []).map((value) => json(value)),
]);

const inside = (operation) => {
  const parts = [operation.description ? make("p", {}, operation.description) : null];
  const guards = (operation.security ?? []).flatMap((each) => Object.keys(each));
  if (guards.length) parts.push(make("p", {}, "Credential: ", make("code", {}, guards.join(" or ")), " (", doc.components.securitySchemes[guards[0]].description, ")"));
  const parameters = (operation.parameters ?? []).map(resolve);
  if (parameters.length) {
    parts.push(make("h3", {}, "Parameters"), table(["name", "in", "type", ""], parameters.map((each) => [
      make("code", {}, each.name + (each.required ? " *" : "")), each.in, make("code", {}, typed(each.schema)),
      [each.description ?? each.schema?.description, limits(each.schema), each.example ? `such as ${each.example}` : ""].filter(Boolean).join(" "),
    ])));
  }
  if (operation.requestBody) parts.push(make("h3", {}, "Body"), ...content(operation.requestBody.content));
  parts.push(make("h3", {}, "Answers"));
  for (const [status, response] of Object.entries(operation.responses)) {
    const answered = resolve(response);
    parts.push(make("details", {}, make("summary", {}, make("code", {}, status), ` ${answered.description}`),
      make("div", {}, ...content(answered.content))));
  }
  return make("div", {}, ...parts);
};

const entry = (path, verb, operation) => {
  const shown = make("details", { id: operation.operationId, className: "operation" },
    make("summary", {}, make("span", { className: "verb" }, verb), make("span", { className: "path" }, path),
      make("span", { className: "summary" }, operation.summary)));
  shown.dataset.words = `${verb} ${path} ${operation.summary} ${operation.description ?? ""}`.toLowerCase();
  shown.addEventListener("toggle", () => {
    if (shown.open && shown.children.length === 1) shown.append(inside(operation));
  });
  return shown;
};

const show = () => {
  document.getElementById("version").textContent = doc.info.version;
  document.getElementById("about").textContent = doc.info.description;
  const place = document.getElementById("operations");
  for (const tag of doc.tags) {
    const section = make("section", { id: `api-${tag.name}` }, make("h2", {}, tag.name), make("p", { className: "about" }, ...worded(tag.description ?? "")));
    for (const [path, verbs] of Object.entries(doc.paths)) {
      for (const [verb, operation] of Object.entries(verbs)) {
        if (operation.tags.includes(tag.name)) section.append(entry(path, verb, operation));
      }
    }
    place.append(section);
    document.getElementById("tags").append(make("a", { href: `#api-${encodeURIComponent(tag.name)}` }, tag.name));
  }
  const asked = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (asked) {
    asked.open = true;
    asked.scrollIntoView();
  }
};

const filter = (words) => {
  for (const each of document.querySelectorAll(".operation")) {
    each.hidden = !words.every((word) => each.dataset.words.includes(word));
  }
  for (const section of document.querySelectorAll("section")) {
    section.hidden = !section.querySelector(".operation:not([hidden])");
  }
};

document.getElementById("filter").addEventListener("input", (event) => filter(event.target.value.toLowerCase().split(/\s+/)));

fetch("/openapi.json")
  .then((answer) => answer.json())
  .then((read) => {
    doc = read;
    show();
  })
  .catch((fault) => {
    document.getElementById("about").textContent = `The document could not be read: ${fault.message}`;
  });

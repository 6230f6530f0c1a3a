// Building elements. Texts become text nodes, so nothing that a stranger wrote is ever read as HTML.

const SVG = "http://www.w3.org/2000/svg";

export const facts = JSON.parse(document.getElementById("facts").textContent);

// An element: h("p", { class: "dim", onclick: go, hidden: false, "aria-label": "…" }, "text", child, [children]).
// Attributes that are null, undefined or false are left out; children that are null, undefined or false as well.
export const h = (tag, attributes, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "value") made.value = value;
    else if (name === "style") Object.assign(made.style, value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...parts(children));
  return made;
};

const parts = (children) =>
  children.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== false);

export const icon = (name, label) => {
  const made = document.createElementNS(SVG, "svg");
  made.setAttribute("class", `i i-${name}`);
  if (label) {
    made.setAttribute("role", "img");
    made.setAttribute("aria-label", label);
  } else made.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${facts.icons}#${name}`);
  made.append(use);
  return made;
};

export const svg = (tag, attributes, ...children) => {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes ?? {})) made.setAttribute(name, value);
  made.append(...parts(children));
  return made;
};

export const put = (place, ...children) => {
  place.replaceChildren(...parts(children));
  return place;
};

export const main = () => document.getElementById("main");

let ids = 0;
export const uid = (word) => `${word}-${++ids}`;

// A labelled field: field("Name", h("input", {…})).
export const field = (label, input, hint) => {
  input.id ||= uid("field");
  const described = hint ? h("small", { class: "dim", id: `${input.id}-hint` }, hint) : null;
  if (described) input.setAttribute("aria-describedby", described.id);
  return h("div", { class: "field" }, h("label", { for: input.id }, label), input, described);
};

export const check = (label, attributes) =>
  h("label", { class: "check" }, h("input", { type: "checkbox", ...attributes }), label);

// A row of buttons of which one is pressed: choices("Span", [["1h", "1 hour"], …], "1h", (value) => …).
export const choices = (label, options, chosen, change) => {
  const place = h("div", { class: "choices", role: "group", "aria-label": label });
  const show = (now) => {
    for (const each of place.children) each.setAttribute("aria-pressed", String(each.dataset.value === now));
  };
  place.append(
    ...options.map(([value, words]) =>
      h(
        "button",
        {
          type: "button",
          "data-value": value,
          onclick: () => {
            show(value);
            change(value);
          },
        },
        words,
      ),
    ),
  );
  show(chosen);
  place.choose = show;
  return place;
};

// A dialog that is gone when it is closed; focus goes back to where it was.
export const dialog = (title, body, foot) => {
  const id = uid("dialog");
  const made = h(
    "dialog",
    { "aria-labelledby": id },
    h(
      "div",
      { class: "dialog-head" },
      h("h2", { id, dir: "auto" }, title),
      h(
        "button",
        { type: "button", class: "plain icon", "aria-label": "Close", onclick: () => made.close() },
        icon("close"),
      ),
    ),
    h("div", { class: "dialog-body" }, body),
    foot ? h("div", { class: "dialog-foot" }, foot) : null,
  );
  made.addEventListener("close", () => made.remove());
  made.addEventListener("click", (event) => {
    if (event.target === made) made.close();
  });
  document.body.append(made);
  made.showModal();
  return made;
};

export const toast = (words, kind) => {
  const place =
    document.getElementById("toasts") ?? document.body.appendChild(h("div", { id: "toasts", role: "status" }));
  const made = place.appendChild(h("div", { class: `toast ${kind ?? ""}` }, words));
  setTimeout(() => made.remove(), kind === "bad" ? 8000 : 3000);
};

export const copyButton = (text) => {
  const made = h(
    "button",
    {
      type: "button",
      class: "small",
      onclick: async () => {
        await navigator.clipboard.writeText(typeof text === "function" ? text() : text);
        toast("Copied");
      },
    },
    icon("copy"),
    "Copy",
  );
  return made;
};

export const code = (text) => h("div", { class: "code" }, h("pre", { tabindex: "0" }, text), copyButton(text));

export const empty = (name, ...words) => h("div", { class: "empty" }, icon(name), words);

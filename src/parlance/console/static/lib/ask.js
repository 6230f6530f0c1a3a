// A dialog with a form: a button that does something, and what went wrong said inside it.

import { wrong } from "./api.js";
import { dialog, h, put } from "./dom.js";

// `work` gets the form; the dialog closes when it is done. A function that it gives is called after that.
export const ask = (title, body, words, work, kind = "main") => {
  const said = h("div", { class: "complaint", role: "alert" });
  const button = h("button", { class: kind, form: "ask" }, words);
  const submit = async (event) => {
    event.preventDefault();
    button.disabled = true;
    put(said);
    try {
      const after = await work(form);
      made.close();
      if (typeof after === "function") after();
    } catch (fault) {
      put(said, h("p", { class: "notice bad" }, wrong(fault)));
    } finally {
      button.disabled = false;
    }
  };
  const form = h("form", { id: "ask", class: "stack", onsubmit: submit }, body, said);
  const made = dialog(title, form, [h("button", { type: "button", onclick: () => made.close() }, "Cancel"), button]);
  form.querySelector("input, select, textarea")?.focus();
  return made;
};

// Something that cannot be undone: asked once, in words; with `typed`, that has to be written first.
export const confirm = (title, words, yes, work, typed = "") => {
  const again = typed
    ? h(
        "div",
        { class: "field" },
        h("label", { for: "typed" }, "Write ", h("b", { dir: "auto" }, typed), " to go on"),
        h("input", {
          id: "typed",
          required: true,
          autocomplete: "off",
          pattern: typed.replace(/[^A-Za-z0-9 ]/g, "\\$&"),
          dir: "auto",
        }),
      )
    : null;
  return ask(title, [h("p", {}, words), again], yes, work, "danger");
};

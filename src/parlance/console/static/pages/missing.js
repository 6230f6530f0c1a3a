import { empty, h, main, put } from "../lib/dom.js";

put(
  main(),
  h(
    "div",
    { class: "page" },
    empty("search", h("h1", {}, "There is no such page."), h("a", { href: "/console" }, "Overview")),
  ),
);

import { empty, h, main, put } from "../lib/dom.js";

put(main(), h("div", { class: "page" }, empty("wait", h("p", {}, "…"))));

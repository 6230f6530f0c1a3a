// What stands around every page: colours, and the clock where it was moved.

import { setAllBack } from "./clock.js";
import { h, icon, put } from "./dom.js";
import { watch } from "./live.js";
import { shift } from "./time.js";

const THEMES = ["", "light", "dark"];
const LOOKS = { "": ["half", "as the system"], light: ["sun", "light"], dark: ["moon", "dark"] };

const root = document.documentElement;
const button = document.getElementById("theme");

const showTheme = () => {
  const [name, words] = LOOKS[root.dataset.theme ?? ""];
  put(button, icon(name));
  button.setAttribute("aria-label", `Colours: ${words}`);
  button.title = `Colours: ${words}`;
};

button?.addEventListener("click", () => {
  const next = THEMES[(THEMES.indexOf(root.dataset.theme ?? "") + 1) % THEMES.length];
  if (next) root.dataset.theme = next;
  else delete root.dataset.theme;
  document.cookie = `parlance_theme=${next}; path=/console; max-age=31536000; samesite=strict`;
  showTheme();
});
if (button) showTheme();

// Where a clock was moved, every page says so.
const chip = document.getElementById("clock-chip");

const showClocks = (clocks) => {
  const shifts = Object.values(clocks).filter(Boolean);
  chip.hidden = !shifts.length;
  if (!shifts.length) return;
  const words = shifts.every((each) => each === shifts[0]) ? shift(shifts[0]) : "moved";
  put(
    chip,
    h(
      "div",
      { class: "chip warn", role: "status", title: "The sandbox's clock was moved" },
      icon("clock"),
      h("span", { class: "visually-hidden" }, "Sandbox clock"),
      words,
      h("button", { type: "button", onclick: () => setAllBack() }, "Set back"),
    ),
  );
};

watch({ phone: null, tell: (told) => told.clocks && showClocks(told.clocks) });

// Drawing anew what is looked at and worked with: focus stays on the same thing, found by the `data-id` of what holds it.

import { put } from "./dom.js";

const FOCUSABLE = "a, button, input, select, textarea, summary, [tabindex]";

const home = (place, id) => (id === null ? place : place.querySelector(`[data-id="${CSS.escape(id)}"]`));

export const steady = (place, ...children) => {
  const active = document.activeElement;
  const id = place.contains(active) ? (active.closest("[data-id]")?.dataset.id ?? null) : undefined;
  const before = id === undefined ? -1 : [...(home(place, id)?.querySelectorAll(FOCUSABLE) ?? [])].indexOf(active);
  put(place, children);
  if (before >= 0) home(place, id)?.querySelectorAll(FOCUSABLE)[before]?.focus({ preventScroll: true });
  return place;
};

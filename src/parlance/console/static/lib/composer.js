// Where the customer writes: a text, an answer to a message, a card, a reaction.

import { summary } from "./bubble.js";
import { cardForm } from "./cards.js";
import { h, icon, put } from "./dom.js";

const TALLEST = 160;
const EMOJIS = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

export class Composer {
  // `title` is who is written to; `send(said)` gets what is written and says whether it was taken.
  constructor(title, send) {
    this.title = title;
    this.send = send;
    this.quoting = null;
    this.input = h("textarea", {
      rows: 1,
      dir: "auto",
      placeholder: "Write as the customer",
      "aria-label": "Message",
      maxlength: 65536,
      onkeydown: (event) => this.pressed(event),
      oninput: () => this.grow(),
    });
    this.answering = h("div", { class: "answering", hidden: true });
    this.element = h(
      "form",
      { class: "composer", onsubmit: (event) => this.submit(event) },
      this.answering,
      h("div", { class: "composer-row" }, this.cardButton(), this.input, sendButton()),
    );
  }

  cardButton() {
    const open = () => cardForm((cards) => this.send({ type: "contacts", contacts: cards }));
    const words = { "aria-label": "Send a contact", title: "Send a contact" };
    return h("button", { type: "button", class: "plain icon", ...words, onclick: open }, icon("contact-add"));
  }

  pressed(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.submit(event);
    else if (event.key === "Escape" && this.quoting) this.answer(null);
  }

  async submit(event) {
    event.preventDefault();
    const words = this.input.value;
    if (!words.trim() || !(await this.send({ type: "text", text: words }))) return;
    this.input.value = "";
    this.grow();
  }

  grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight + 2, TALLEST)}px`;
  }

  // What is written next answers this message; null: none.
  answer(one) {
    this.quoting = one;
    document.querySelector(".emojis")?.remove();
    this.answering.hidden = !one;
    if (!one) return;
    const who = one.direction === "in" ? "yourself" : this.title;
    const drop = { "aria-label": "Do not answer this message", onclick: () => this.answer(null) };
    put(
      this.answering,
      h(
        "div",
        { class: "grow" },
        h("strong", {}, `Answer to ${who}`),
        h("div", { class: "cut", dir: "auto" }, summary(one).slice(0, 200)),
      ),
      h("button", { type: "button", class: "plain icon", ...drop }, icon("close")),
    );
    this.input.focus();
  }
}

const sendButton = () => h("button", { class: "main icon round", "aria-label": "Send", title: "Send" }, icon("send"));

// Choose a reaction beside a button; pressing the button again closes it. `chosen` gets the emoji,
// empty to take it off.
export const pickEmoji = (id, reacted, button, chosen) => {
  const open = document.querySelector(".emojis");
  open?.remove();
  if (open?.dataset.of === id) return;
  const close = (event) => {
    if (event.key !== "Escape") return;
    picker.remove();
    button.focus();
  };
  const choice = (emoji, label, shown) => {
    const take = () => {
      picker.remove();
      chosen(emoji);
    };
    return h("button", { type: "button", class: "plain icon", "aria-label": label, onclick: take }, shown);
  };
  const picker = h(
    "div",
    { class: "emojis", role: "group", "aria-label": "Reactions", "data-of": id, onkeydown: close },
    EMOJIS.map((emoji) => choice(emoji, emoji, emoji)),
    reacted ? choice("", "Take the reaction off", icon("close")) : null,
  );
  button.parentElement.append(picker);
  picker.scrollIntoView({ block: "nearest" });
  picker.firstChild.focus();
};

// A phone: its chats, the open one, and what makes it behave.

import { get } from "../lib/api.js";
import { ticks } from "../lib/bubble.js";
import { avatar } from "../lib/cards.js";
import { offset } from "../lib/clock.js";
import { Conversation } from "../lib/conversation.js";
import { empty, facts, h, icon, main, put } from "../lib/dom.js";
import { soon, watch } from "../lib/live.js";
import { plain } from "../lib/marks.js";
import { profileName, Settings } from "../lib/settings.js";
import { brief, exact, length } from "../lib/time.js";

const number = facts.params.number.replace(/^\+/, "");
let open = null;
let chats = { items: [], others: [] };
let clocks = {};
// What the page's own clock must be moved by to be the gateway's.
let drift = 0;

const list = h("nav", { class: "chat-list", "aria-label": "Chats" });
const chat = h("section", { class: "chat", "aria-label": "Chat" });

// ---- the chats

const titleOf = (sender) => sender.name || `+${sender.number}`;

const chatLink = (sender, last, unread) => {
  const words = last ? plain(last.text) || `[${last.type}]` : "No messages yet";
  return h(
    "a",
    {
      class: "chat-item",
      href: `?sender=${sender.id}`,
      "aria-current": open?.sender.id === sender.id ? "true" : null,
      onclick: (event) => {
        if (!event.ctrlKey && !event.metaKey) {
          event.preventDefault();
          choose(sender);
        }
      },
    },
    avatar(titleOf(sender)),
    h(
      "div",
      { class: "grow" },
      h(
        "div",
        { class: "line" },
        h("span", { class: "name cut", dir: "auto" }, titleOf(sender)),
        last ? h("time", {}, brief(last.timestamp * 1000)) : null,
      ),
      h(
        "div",
        { class: "line" },
        last?.own ? ticks(last.stage) : null,
        h("span", { class: "last cut", dir: "auto" }, words),
        unread ? h("span", { class: "unread", "aria-label": `${unread} unread` }, unread > 99 ? "99+" : unread) : null,
      ),
    ),
  );
};

const drawChats = () => {
  put(
    list,
    chats.items.map(({ sender, last, unread }) => chatLink(sender, last, unread)),
    chats.others.length
      ? h("div", { class: "label" }, chats.items.length ? "Write to another sender" : "Write to a sender")
      : null,
    chats.others.map((sender) => chatLink(sender, null, 0)),
    !chats.items.length && !chats.others.length
      ? empty("senders", h("p", {}, "There is no sandbox sender to write to."))
      : null,
  );
};

const readChats = async () => {
  chats = await get(`phones/${number}/chats`);
  drawChats();
  drawWindow();
};
const refreshChats = soon(readChats, 120);

// ---- the open chat

const windowChip = h("span", { class: "chip", role: "status" });

const drawWindow = () => {
  const found = chats.items.find(({ sender }) => sender.id === open?.sender.id)?.window;
  const now = Date.now() + drift + (open ? offset(clocks, open.sender.id) : 0);
  const isOpen = found?.until && now < found.until;
  windowChip.className = `chip ${isOpen ? "ok" : "warn"}`;
  windowChip.hidden = !open;
  windowChip.title = found?.until
    ? `The 24-hour window ${isOpen ? "closes" : "closed"} ${exact(found.until)}`
    : "The customer never wrote to this sender";
  put(
    windowChip,
    isOpen ? `Window open: ${length(found.until - now)} left` : found?.until ? "Window closed" : "Window never opened",
  );
};

// `way` is how the address comes to name the chat: as a new page, in place of this one, or it does already.
const choose = async (sender, way = "pushState") => {
  open?.close();
  main().classList.add("in-chat");
  if (way) history[way](null, "", `?sender=${sender.id}`);
  const place = h("div", { class: "conversation" });
  put(
    chat,
    h(
      "header",
      { class: "chat-head" },
      h(
        "button",
        {
          type: "button",
          class: "plain icon to-list",
          "aria-label": "Back to the chats",
          onclick: () => history.back(),
        },
        icon("back"),
      ),
      avatar(titleOf(sender)),
      h(
        "div",
        { class: "grow" },
        h("h2", { class: "cut", dir: "auto" }, titleOf(sender)),
        h(
          "div",
          { class: "small dim cut" },
          `+${sender.number}`,
          sender.account ? h("span", { class: "only-wide" }, ` · account ${sender.account}`) : " · removed",
        ),
      ),
      windowChip,
      h(
        "button",
        { type: "button", class: "plain icon narrow", "aria-label": "Phone settings", onclick: () => tune.toggle() },
        icon("tune"),
      ),
    ),
    place,
  );
  open = new Conversation(place, {
    number,
    sender,
    name: () => profileName(number),
    changed: refreshChats,
    write,
  });
  drawChats();
  drawWindow();
  drawClock();
  await open.load();
};

const leave = () => {
  open?.close();
  open = null;
  main().classList.remove("in-chat");
  windowChip.hidden = true;
  put(chat, empty("messages", h("p", {}, "Choose a chat, or write to a sender.")));
  drawChats();
  drawClock();
};

// Writing to a contact: to one of our senders from this phone, and else on the contact's own phone.
const write = (id) => {
  const sender = [...chats.items.map((each) => each.sender), ...chats.others].find((each) => each.number === id);
  return sender ? `/console/phone/${number}?sender=${sender.id}` : `/console/phone/${id}`;
};

// ---- all together

const tune = new Settings(number, () => refreshChats());
const drawClock = () => tune.draw(Date.now() + drift, clocks, open?.sender);

put(
  main(),
  h(
    "div",
    { class: "side chats" },
    h(
      "div",
      { class: "side-head" },
      icon("phone"),
      h(
        "div",
        { class: "grow" },
        h("h1", { class: "cut num" }, `+${number}`),
        h("div", { class: "small dim" }, "A customer’s phone"),
      ),
      h(
        "button",
        { type: "button", class: "plain icon narrow", "aria-label": "Phone settings", onclick: () => tune.toggle() },
        icon("tune"),
      ),
      tune.badge,
    ),
    list,
  ),
  chat,
  tune.element,
);
leave();

addEventListener("popstate", () => {
  const wanted = new URLSearchParams(location.search).get("sender");
  const sender = [...chats.items.map((each) => each.sender), ...chats.others].find((each) => each.id === wanted);
  // Skipping to the content changes the address as well.
  if (sender?.id === open?.sender.id) return;
  if (sender) choose(sender, "");
  else leave();
});
document.addEventListener("visibilitychange", () => open?.markRead());

watch({
  phone: number,
  tell: (told) => {
    drift = told.now - Date.now();
    if (told.clocks) {
      clocks = told.clocks;
      drawClock();
      drawWindow();
      refreshChats();
    }
    if (told.events.length) {
      open?.touch();
      refreshChats();
    }
  },
  again: () => {
    open?.touch();
    refreshChats();
  },
});
setInterval(() => {
  drawClock();
  drawWindow();
}, 15_000);

const start = async () => {
  const asked = new URLSearchParams(location.search).get("sender");
  await Promise.all([tune.load(), readChats()]);
  drawClock();
  const every = [...chats.items.map((each) => each.sender), ...chats.others];
  const sender =
    every.find((each) => each.id === asked) ??
    (matchMedia("(min-width: 761px)").matches
      ? (chats.items[0]?.sender ?? (every.length === 1 ? every[0] : null))
      : null);
  if (sender) await choose(sender, "replaceState");
};

start().catch((fault) => put(chat, h("div", { class: "page" }, h("p", { class: "notice bad" }, fault.message))));

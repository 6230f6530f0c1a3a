// WhatsApp's marks in texts: *bold*, _italic_, ~strike~, ```mono```, `code`, "> " quotes and links. The outcome is
// elements and text nodes; nothing in a text is ever read as HTML. Every text is read once from left to right, so that
// long ones with many marks cost no more than others.

import { h } from "./dom.js";

const TAGS = { "*": "strong", _: "em", "~": "s" };
const WORD = /[\p{L}\p{N}]/u;
const LINK = /https?:\/\/[^\s<>"'`]+/g;

// A text as an array of nodes.
export const marked = (text) => {
  const nodes = [];
  const pieces = text.split("```");
  pieces.forEach((piece, place) => {
    const closed = place < pieces.length - 1;
    if (place % 2 && closed && piece.trim())
      nodes.push(h("code", { class: piece.includes("\n") ? "block" : null }, piece.replace(/^\n|\n$/g, "")));
    else if (place % 2) nodes.push(...lines("```" + piece + (closed ? "```" : "")));
    else nodes.push(...lines(piece));
  });
  return nodes;
};

const lines = (text) => {
  const nodes = [];
  text.split("\n").forEach((line, place) => {
    if (place) nodes.push("\n");
    if (line.startsWith("> ") && line.length > 2) nodes.push(h("q", { dir: "auto" }, ticked(line.slice(2))));
    else nodes.push(...ticked(line));
  });
  return nodes;
};

const ticked = (line) => {
  const pieces = line.split("`");
  return pieces.flatMap((piece, place) => {
    const closed = place < pieces.length - 1;
    if (place % 2 && closed && piece.trim()) return [h("code", {}, piece)];
    return inline(place % 2 ? "`" + piece + (closed ? "`" : "") : piece);
  });
};

// Each open mark has a frame on a stack; what closes one takes what was opened inside and never closed as plain text.
const inline = (line) => {
  const stack = [{ mark: "", nodes: [], text: "" }];
  const top = () => stack[stack.length - 1];
  const flush = (frame) => {
    if (frame.text) frame.nodes.push(...linked(frame.text));
    frame.text = "";
  };
  const give = (frame) => {
    flush(frame);
    const under = top();
    flush(under);
    return under;
  };
  for (let place = 0; place < line.length; place++) {
    const mark = line[place];
    const before = line[place - 1] ?? " ";
    const after = line[place + 1] ?? " ";
    const opened = TAGS[mark] ? stack.findIndex((frame) => frame.mark === mark) : -1;
    if (
      opened > 0 &&
      /\S/.test(before) &&
      !WORD.test(after) &&
      (top().nodes.length || top().text || opened < stack.length - 1)
    ) {
      while (stack.length - 1 > opened) {
        const inner = stack.pop();
        flush(inner);
        const under = top();
        under.text += inner.mark;
        flush(under);
        under.nodes.push(...inner.nodes);
      }
      const frame = stack.pop();
      give(frame).nodes.push(h(TAGS[mark], {}, frame.nodes));
    } else if (TAGS[mark] && opened < 0 && !WORD.test(before) && /\S/.test(after) && after !== mark) {
      stack.push({ mark, nodes: [], text: "" });
    } else {
      top().text += mark;
    }
  }
  while (stack.length > 1) {
    const inner = stack.pop();
    flush(inner);
    const under = top();
    under.text += inner.mark;
    flush(under);
    under.nodes.push(...inner.nodes);
  }
  flush(stack[0]);
  return stack[0].nodes;
};

const linked = (text) => {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(LINK)) {
    const address = found[0].replace(/[.,;:!?)\]]+$/, "");
    nodes.push(
      text.slice(end, found.index),
      h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, address),
    );
    end = found.index + address.length;
  }
  nodes.push(text.slice(end));
  return nodes.filter(Boolean);
};

// A text on one line, for lists and quotes: its marks taken away.
export const plain = (text) =>
  text
    .replace(/```/g, "")
    .replace(/(^|[^\p{L}\p{N}])([*_~])(\S[^\n]*?)\2(?![\p{L}\p{N}])/gu, "$1$3")
    .replace(/\s+/g, " ");

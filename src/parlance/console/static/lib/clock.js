// The sandbox's clocks: how they stand, and moving them.

import { attempt, post, query, remove, sandbox } from "./api.js";

// Move a clock by milliseconds: one sender's, or everybody's where `sender` is empty.
export const move = (millis, sender) =>
  attempt(() => post(sandbox("clock"), { advance_seconds: millis / 1_000, ...(sender ? { sender } : {}) }));

export const setBack = (sender) => attempt(() => remove(sandbox(`clock${query({ sender })}`)));

// Set every moved clock back.
export const setAllBack = () => setBack("");

// How far a sender's own time is from the real one: its own shift on top of everybody's.
export const offset = (clocks, sender) => (clocks[""] ?? 0) + (clocks[sender] ?? 0);

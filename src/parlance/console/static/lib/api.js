// Calls to the gateway. `admin("messages?limit=50")` is /admin/v1/messages, `sandbox("clock")` is /sandbox/v1/clock.

import { toast } from "./dom.js";

const BASE = "/console/api/";

export class Problem extends Error {
  constructor(status, said) {
    super(said?.detail ?? said?.title ?? (status ? `The gateway answered ${status}.` : "The gateway does not answer."));
    this.status = status;
    this.said = said ?? {};
  }
}

const call = async (verb, path, body, more) => {
  const headers = body === undefined ? {} : { "content-type": "application/json" };
  let answer;
  try {
    answer = await fetch(BASE + path, {
      method: verb,
      headers,
      body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
      ...more,
    });
  } catch (fault) {
    if (fault.name === "AbortError") throw fault;
    throw new Problem(0);
  }
  if (answer.status === 401) {
    location.assign(`/console/login?next=${encodeURIComponent(location.pathname)}`);
    return new Promise(() => {});
  }
  const text = await answer.text();
  let said = null;
  try {
    said = text ? JSON.parse(text) : null;
  } catch {
    said = { detail: text.slice(0, 300) };
  }
  if (!answer.ok) throw new Problem(answer.status, said);
  return said;
};

export const get = (path, more) => call("GET", path, undefined, more);
export const post = (path, body) => call("POST", path, body ?? {});
export const put = (path, body) => call("PUT", path, body);
export const patch = (path, body) => call("PATCH", path, body);
export const remove = (path) => call("DELETE", path);

export const admin = (path) => `admin/v1/${path}`;
export const sandbox = (path) => `sandbox/v1/${path}`;

// A query of what is given: query({ sender: "1", after: null }) is "?sender=1".
export const query = (given) => {
  const kept = Object.entries(given).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return kept.length ? `?${new URLSearchParams(kept)}` : "";
};

// Do something that may be refused; what is wrong is said. Gives undefined then.
export const attempt = async (work) => {
  try {
    return await work();
  } catch (fault) {
    toast(wrong(fault), "bad");
    if (!(fault instanceof Problem)) throw fault;
    return undefined;
  }
};

export const wrong = (fault) => {
  const errors = fault.said?.errors?.map((each) => `${each.path}: ${each.kind}`).join(", ");
  return errors ? `${fault.message} (${errors})` : fault.message;
};

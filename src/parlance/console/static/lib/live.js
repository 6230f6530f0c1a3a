// What happens in the gateway, as it happens, while the page is in sight.
//
//   watch({ phone: "972…", tell: (told) => …, again: () => … })
//
// `tell` gets { now, events: [{ id, kind, at, sender, message, customer, dialect }], missed, clocks? }; `clocks` are
// the moved sandbox clocks (sender id, "" for all, to milliseconds), at first and when they have changed. `again` is
// called whenever the connection has been made, and when `missed` says that too much happened to be told: look anew.
// `phone` limits the events to one customer's; left out: all of them; null: none, only the clocks.
//
// A page has one connection, whoever watches on it: browsers hold six to a host. Out of sight it lets it go.

const NOTHING = "0";

const watchers = [];
let source = null;
let asked = null;
let clocks = null;

const wanted = () => {
  const phones = watchers.map((each) => each.phone).filter((each) => each !== null);
  if (!phones.length) return NOTHING;
  return phones.every((each) => each === phones[0]) ? phones[0] : "";
};

const close = () => {
  source?.close();
  source = null;
};

const connect = () => {
  if (document.hidden || (source && asked === wanted())) return;
  close();
  asked = wanted();
  source = new EventSource(`/console/api/live${asked ? `?phone=${asked}` : ""}`);
  source.onopen = () => {
    document.documentElement.dataset.live = "yes";
    for (const each of watchers) each.again?.();
  };
  source.onmessage = (message) => {
    const told = JSON.parse(message.data);
    clocks = told.clocks ?? clocks;
    for (const each of watchers) {
      each.tell(told);
      if (told.missed) each.again?.();
    }
  };
  source.onerror = () => {
    document.documentElement.dataset.live = "no";
  };
};

export const watch = ({ phone = "", tell, again }) => {
  watchers.push({ phone, tell, again });
  if (clocks) tell({ now: Date.now(), events: [], missed: false, clocks });
  connect();
};

document.addEventListener("visibilitychange", () => (document.hidden ? close() : connect()));
addEventListener("pagehide", close);
addEventListener("pageshow", (event) => event.persisted && connect());

// Call `work` soon, once for many requests, and never twice at a time.
export const soon = (work, delay = 0) => {
  let timer = null;
  let running = false;
  let more = false;
  const run = async () => {
    timer = null;
    if (running) {
      more = true;
      return;
    }
    running = true;
    try {
      await work();
    } finally {
      running = false;
      if (more) {
        more = false;
        request();
      }
    }
  };
  const request = () => {
    timer ??= setTimeout(run, delay);
  };
  return request;
};

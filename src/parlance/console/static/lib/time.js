// Times and lengths of time in words. All times are Unix milliseconds.

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const DATE = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

export const clock = (at) => CLOCK.format(at);
export const exact = (at) => EXACT.format(at);
export const dayOf = (at) => new Date(at).toDateString();

export const day = (at, now = Date.now()) => {
  if (dayOf(at) === dayOf(now)) return "Today";
  if (dayOf(at) === dayOf(now - 86_400_000)) return "Yesterday";
  const year = new Date(at).getFullYear();
  return year === new Date(now).getFullYear() ? DAY.format(at) : `${DATE.format(at)} ${year}`;
};

// For lists: the time today, the day before.
export const brief = (at, now = Date.now()) => (dayOf(at) === dayOf(now) ? clock(at) : DATE.format(at));

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
];

// A length of time by its two largest units: "23 h 59 min".
export const length = (millis) => {
  let rest = Math.abs(millis);
  if (rest < 1_000) return `${Math.round(rest)} ms`;
  if (rest < 10_000) return `${(rest / 1_000).toFixed(1).replace(/\.0$/, "")} s`;
  const words = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count) words.push(`${count} ${unit}`);
    if (words.length === 2 || (words.length && !count)) break;
  }
  return words.join(" ");
};

export const shift = (millis) => `${millis < 0 ? "−" : "+"}${length(millis)}`;

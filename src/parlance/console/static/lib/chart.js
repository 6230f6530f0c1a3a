// Charts over time as SVG: lines or stacked bars. Each has a table behind it for those who cannot see it, a legend, and
// the values under the pointer or the arrow keys.

import { h, put, svg, uid } from "./dom.js";
import { clock } from "./time.js";

const HEIGHT = 190;
const LEFT = 56;
const RIGHT = 8;
const TOP = 8;
const BOTTOM = 24;

// A round number at or above a value: 1, 2, 2.5, 5 times a power of ten.
const roof = (value) => {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].find((each) => each * power >= value - 1e-9) * power;
};

// A chart: { element, draw(points) }. `lines` are [{ key, label, colour, over? }], `value(point, key)` is a number or
// null, `show(number)` its words. `stacked`: bars on top of each other, those with `over` as lines over them. `points` are
// { at, … } at equal distances; `least` is the least value that the scale reaches.
export const chart = ({ title, lines, value, show, stacked = false, least = 1 }) => {
  const titleId = uid("chart");
  const plot = svg("svg", { class: "plot", role: "img", "aria-labelledby": titleId, tabindex: "0" });
  const readout = h("div", { class: "readout small num", "aria-live": "polite" });
  const legend = h(
    "div",
    { class: "legend small" },
    lines.map(({ label, colour }) => h("span", {}, h("i", { class: `dot c-${colour}` }), label)),
  );
  const table = h("table", {});
  const element = h(
    "figure",
    { class: "card chart" },
    h("figcaption", { class: "split" }, h("h2", { id: titleId }, title), readout),
    plot,
    legend,
    h("details", { class: "small" }, h("summary", {}, "As a table"), h("div", { class: "table" }, table)),
  );
  let points = [];
  let across = 560;
  let chosen = null;

  const x = (place) => LEFT + ((across - LEFT - RIGHT) * (place + 0.5)) / Math.max(1, points.length);
  const sum = (point) =>
    lines.filter((each) => !each.over).reduce((total, { key }) => total + (value(point, key) ?? 0), 0);

  const tell = () => {
    const point = points[chosen];
    put(
      readout,
      point
        ? [
            h("span", { class: "dim" }, clock(point.at)),
            " ",
            lines.map(({ key, label }, place) => {
              const found = value(point, key);
              return found === null ? null : `${place ? " · " : ""}${label} ${show(found)}`;
            }),
          ]
        : null,
    );
  };

  const draw = () => {
    const most = Math.max(
      least,
      ...points.map((point) => Math.max(stacked ? sum(point) : 0, ...lines.map(({ key }) => value(point, key) ?? 0))),
    );
    const top = roof(most);
    const y = (number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - number / top);
    const grid = [0, 0.5, 1].map((part) => [
      svg("line", { x1: LEFT, x2: across - RIGHT, y1: y(top * part), y2: y(top * part), class: "gridline" }),
      svg("text", { x: LEFT - 7, y: y(top * part) + 4, class: "tick", "text-anchor": "end" }, show(top * part)),
    ]);
    const step = Math.max(1, Math.floor(points.length / (across < 420 ? 3 : 5)));
    const times = points.map((point, place) =>
      place % step === Math.floor(step / 2)
        ? svg("text", { x: x(place), y: HEIGHT - 6, class: "tick", "text-anchor": "middle" }, clock(point.at))
        : null,
    );
    const here =
      chosen === null || !points[chosen]
        ? null
        : svg("line", { x1: x(chosen), x2: x(chosen), y1: TOP, y2: HEIGHT - BOTTOM, class: "cursor" });
    plot.replaceChildren(...[grid, times, stacked ? bars(y) : null, paths(y), here].flat(4).filter(Boolean));
    put(
      table,
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", {}, "Time"),
          lines.map(({ label }) => h("th", {}, label)),
        ),
      ),
      h(
        "tbody",
        {},
        points
          .filter((point) => lines.some(({ key }) => value(point, key)))
          .map((point) =>
            h(
              "tr",
              {},
              h("td", {}, clock(point.at)),
              lines.map(({ key }) =>
                h("td", { class: "num" }, value(point, key) === null ? "–" : show(value(point, key))),
              ),
            ),
          ),
      ),
    );
    tell();
  };

  const bars = (y) =>
    points.map((point, place) => {
      let under = 0;
      return lines.map(({ key, colour, over }) => {
        const number = over ? 0 : (value(point, key) ?? 0);
        if (!number) return null;
        const bar = svg("rect", {
          x: x(place) - width() / 2,
          width: width(),
          y: y(under + number),
          height: Math.max(1, y(under) - y(under + number)),
          class: `bar-part c-${colour}`,
        });
        under += number;
        return bar;
      });
    });

  const width = () => Math.max(1.5, ((across - LEFT - RIGHT) / Math.max(1, points.length)) * 0.72);

  // A line breaks where there is nothing to show; a lone point is a dot.
  const paths = (y) =>
    lines
      .filter((each) => !stacked || each.over)
      .map(({ key, colour }) => {
        const runs = [];
        let run = [];
        points.forEach((point, place) => {
          const number = value(point, key);
          if (number === null) run = [];
          else {
            if (!run.length) runs.push(run);
            run.push([x(place), y(number)]);
          }
        });
        return runs.map((each) =>
          each.length === 1
            ? svg("circle", { cx: each[0][0], cy: each[0][1], r: 2.5, class: `mark c-${colour}` })
            : svg("path", {
                d: each
                  .map(([right, down], place) => `${place ? "L" : "M"}${right.toFixed(1)} ${down.toFixed(1)}`)
                  .join(""),
                class: `line c-${colour}`,
              }),
        );
      });

  const choose = (place) => {
    chosen = place === null ? null : Math.max(0, Math.min(points.length - 1, place));
    draw();
  };
  plot.addEventListener("pointermove", (event) => {
    const box = plot.getBoundingClientRect();
    choose(Math.floor(((event.clientX - box.left - LEFT) / (across - LEFT - RIGHT)) * points.length));
  });
  plot.addEventListener("pointerleave", () => choose(null));
  plot.addEventListener("blur", () => choose(null));
  plot.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    choose((chosen ?? points.length - (by < 0 ? 0 : 1)) + by);
  });
  new ResizeObserver(() => {
    across = plot.clientWidth || across;
    draw();
  }).observe(plot);
  return {
    element,
    draw: (now) => {
      points = now;
      draw();
    },
  };
};

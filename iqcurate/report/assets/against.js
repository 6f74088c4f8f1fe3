// This data set beside another: both distributions of each metric, and a table.

function interval(value, low, high) {
  if (value === null) return "–";
  return low === null ? value.toFixed(2) : `${value.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
}

function againstWord(metric) {
  if (metric.verdict !== "shifted") return { alike: "alike", cannot_tell: "cannot tell", too_few: "too few images" }[metric.verdict];
  return { better: "this is better", worse: "this is worse", other: "otherwise distributed" }[metric.way];
}

function overlay(host, metric) {
  const { scale, a, b } = metric;
  const n = a.length;
  const edges = [...a.map((_, i) => i / n), 1];
  const steps = (shares) => [...shares, shares[n - 1]];
  const series = (name, fill) => ({ stroke: () => colour(name), width: 2, points: { show: false },
    paths: uPlot.paths.stepped({ align: 1 }), ...(fill ? { fill: () => `${colour(name)}44` } : {}) });
  return chart(host, 170, {
    scales: { x: { time: false, range: [0, 1] }, y: { range: (u, low, high) => [0, Math.max(high, 0.01) * 1.06] } },
    cursor: { show: false },
    axes: axes(
      (u) => ticksOf(scale, Math.max(4, Math.floor(u.width / 75))).map((v) => placeOf(scale, v)),
      (u, places) => places.map((place) => tickText(scale, place)), (value) => percent(value, 1), 58),
    series: [{}, series("curve", true), series("low", false)],
  }, [edges, steps(a), steps(b)]);
}

function againstCard(metric) {
  const host = el("div", { class: "chart", role: "img", "aria-label": `Distributions of ${metric.name}: ${metric.words}. The table above has the figures.` });
  const kind = metric.verdict !== "shifted" ? "" : { better: "fine", worse: "bad", other: "unsure" }[metric.way];
  const box = el("article", { class: "box" }, el("header", { class: "row" }, el("h3", {}, names(metric.name)), el("span", { class: `tag ${kind}`, text: againstWord(metric) })),
    el("p", {}, `${metric.words}.`), metric.scale ? host : el("p", { class: "muted", text: "There are no scores." }));
  return { box, start: () => metric.scale && overlay(host, metric) };
}

function showAgainst() {
  const found = DATA.against;
  byId("against").hidden = !found;
  if (!found) return;
  const head = ["metric", "median here (A)", "of B", "KS distance (95%)", "in sd of B", "A is better (95%)", "p (Holm)", ""];
  const rows = found.metrics.map((m) => [names(m.name), number(m.median_a), number(m.median_b), interval(m.ks, m.ks_low, m.ks_high),
    number(m.wasserstein_sd, 2), interval(m.better, m.better_low, m.better_high), m.p === null ? "–" : m.p < 0.001 ? "< 0.001" : m.p.toFixed(3), againstWord(m)]);
  const cards = found.metrics.map(againstCard);
  byId("against-body").append(
    el("p", {}, "A is this data set, B is ", names(found.name), ` (${images(found.images)}). `, names(found.sentence)),
    el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Table of the metrics in both sets" }, table({ head, rows })),
    el("p", { class: "muted", text: `KS is the largest difference of the shares that lie below a score, Holm's p takes the ${count(found.tests)} tests into account. A distance from ${found.matters} counts; "A is better" is the probability that an image of A is better than one of B.` }),
    ...found.warnings.map((text) => el("p", { class: "muted" }, names(text))),
    el("ul", { class: "legend", "aria-hidden": "true" }, [["curve", "A: this data set"], ["lowbar", "B"]].map(([name, text]) => el("li", {}, el("i", { class: name }), text))),
    ...cards.map((card) => card.box));
  if (found.classes.tested) {
    const caption = `Shifted: ${count(found.classes.shifted)} of ${count(found.classes.tested)} tests of a class and a metric${found.classes.shifted > found.classes.rows.length ? `, the ${found.classes.rows.length} largest` : ""}.`;
    byId("against-body").append(el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Table of classes that differ" },
      table({ caption, head: ["class", "metric", "images A", "B", "KS distance", "A is better"],
        rows: found.classes.rows.map((r) => [shown(r.class), names(r.metric), count(r.n_a), count(r.n_b), number(r.ks), number(r.better)]) })));
  }
  cards.forEach((card) => card.start());
}

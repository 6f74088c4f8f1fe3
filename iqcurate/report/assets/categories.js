// The best, worst, most and least even classes of each metric.

function showCategories() {
  const found = DATA.categories;
  const host = byId("class-ends");
  if (!found) return;
  const ranked = found.metrics.filter((metric) => metric.ends.length);
  if (!ranked.length) {
    host.append(el("p", { class: "muted", text: `Fewer than two classes have ${found.least} scores: none is ranked.` }));
    return;
  }
  const cell = (value, low, high) => number(value) + (low === null ? "" : ` (${number(low)} to ${number(high)})`);
  const rows = ranked.flatMap((metric) => metric.ends.map((end) => [
    names(metric.name), end.what, names(end.name), count(end.n), cell(end.mean, end.mean_low, end.mean_high),
    end.rarefied_range === null ? "–" : `${number(end.rarefied_range)} (of ${metric.drawn} images)`, number(end.spread),
    metric.reliability === null ? "–" : percent(metric.reliability, 1),
  ]));
  host.append(el("details", { open: ranked.length <= 2 }, el("summary", { text: "Best, worst, most and least even classes" }),
    el("p", { class: "muted", text: `Of classes with at least ${found.least} scores. More images have a wider range, so ranges are those that equally many would have. Reliable: the share of the variance of the classes' means that is not chance.` }),
    el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Best, worst, most and least even classes" },
      table({ head: ["metric", "", "class", "images", "mean (95% interval)", "range", "5% to 95%", "reliable"], rows }))));
}

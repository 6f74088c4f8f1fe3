// One box a metric: chart, slider, figures, and images around the cut-off.

const CARDS = [];
const AROUND = 4;
const STEPS = 1000;

const VERDICTS = {
  usable: ["usable", "fine"], weak: ["weak", "unsure"], none: ["not supported by the data", "bad"],
  refused: ["too few predictions", "bad"], set_by_hand: ["set by hand", ""],
};

function worseWord(metric) {
  return metric.direction === "higher" ? "below" : "above";
}

function facts(metric) {
  const q = metric.quantiles;
  const ordinary = metric.ordinary;
  const row = (title, mine, theirs) => [title, ...(ordinary ? [mine, theirs] : [mine])];
  const rows = [
    row("least", number(q["0.0"]), ""),
    row("5%", number(q["0.05"]), ordinary && number(ordinary[0], 3)),
    row("median", number(q["0.5"]), ordinary && number(ordinary[1], 3)),
    row("95%", number(q["0.95"]), ordinary && number(ordinary[2], 3)),
    row("most", number(q["1.0"]), ""),
    row("mean", number(metric.mean), ""),
    row("std. deviation", number(metric.sd), ""),
  ];
  return table({ head: ["score", "here", ...(ordinary ? ["ordinary photos"] : [])], rows });
}

function knownCutoff(metric) {
  const cutoff = metric.cutoff;
  if (!cutoff) return el("p", { class: "muted", text: `No cut-off is given; the slider begins where 5% of the images would be low.` });
  const [word, kind] = VERDICTS[cutoff.verdict];
  const interval = cutoff.interval ? ` (95% interval ${number(cutoff.interval[0])} to ${number(cutoff.interval[1])})` : "";
  const at = cutoff.value === null ? "No cut-off was found. " : `Cut-off found at ${number(cutoff.value)}${interval}. `;
  return el("p", {}, cutoff.verdict === "set_by_hand" ? at.replace("found", "set") : at, el("span", { class: `tag ${kind}`, text: word }), " ", names(cutoff.reason));
}

function undefinedNote(metric) {
  const parts = [];
  if (metric.other_format) parts.push(`${images(metric.other_format)} ${metric.other_format === 1 ? "is" : "are"} of a format that it is not about.`);
  if (metric.undefined) parts.push(`${images(metric.undefined)} ${metric.undefined === 1 ? "has" : "have"} no score.`);
  if (metric.below) parts.push(`${images(metric.below)} lie${metric.below === 1 ? "s" : ""} left of the chart.`);
  if (metric.above) parts.push(`${images(metric.above)} lie${metric.above === 1 ? "s" : ""} right of ${metric.below ? "it" : "the chart"}.`);
  if (metric.scale && metric.scale.log) parts.push("Logarithmic scale.");
  return parts.length ? el("p", { class: "muted", text: parts.join(" ") }) : null;
}

function barTable(metric) {
  const n = metric.bars.length;
  const rows = metric.bars.map((images, i) => [`${number(valueAt(metric.scale, i / n))} to ${number(valueAt(metric.scale, (i + 1) / n))}`, count(images)]);
  return el("details", {}, el("summary", { text: "The chart as a table" }),
    el("div", { class: "wide", tabindex: "0" }, table({ head: ["score", "images"], rows })));
}

function legend(metric) {
  const items = [["bar", "images"], ["lowbar", "images voted low"], ["curve", "smoothed"], ["cut", "cut-off"]];
  if (metric.ordinary) items.push(["band", "middle 90% of ordinary photos"]);
  if (metric.cutoff && metric.cutoff.interval) items.push(["interval", "95% interval of the cut-off"]);
  return el("ul", { class: "legend", "aria-hidden": "true" }, items.map(([name, text]) => el("li", {}, el("i", { class: name }), text)));
}

function emptyCard(metric, head) {
  const note = metric.n ? `All scores are ${number(metric.quantiles["0.5"], 6)}: no cut-off can tell these images apart.`
    : metric.undefined || metric.other_format ? "No image has a score of this metric." : "There are no scores.";
  return el("article", { class: "box metric" }, head, el("p", { class: "under muted", text: note }));
}

function metricCard(m) {
  const metric = METRICS[m];
  const line = STATE.lines[m];
  const robust = metric.robustness && { fails: ["fails tests of robustness", "bad"], survives: ["robust", "fine"], cannot_tell: ["robustness unknown", "unsure"] }[metric.robustness.verdict];
  const head = el("header", {}, el("h3", { id: `metric-${m}` }, names(metric.name)),
    el("span", { class: "tag", text: `${metric.direction} is better` }),
    robust ? el("span", { class: `tag ${robust[1]}`, title: metric.robustness.reason, text: robust[0] }) : null,
    el("span", { class: "muted", text: metric.title }));
  const equal = metric.n && metric.quantiles["0.0"] === metric.quantiles["1.0"];
  if (!metric.n || (equal && !metric.cutoff)) return { box: emptyCard(metric, head), update: () => {} };

  const host = el("div", { class: "chart", role: "img", "aria-label": `Histogram of ${metric.name}: median ${number(metric.quantiles["0.5"])}, middle 90% from ${number(metric.quantiles["0.05"])} to ${number(metric.quantiles["0.95"])}. The table below it has the figures.` });
  const range = el("input", { type: "range", min: 0, max: STEPS, step: 1, "aria-label": `Cut-off of ${metric.name}` });
  const box = el("input", { type: "number", step: "any", "aria-label": `Cut-off of ${metric.name}, as a number` });
  const votes = el("input", { type: "checkbox" });
  const said = el("span", {});
  const strip = el("ul", { class: "strip" });
  const article = el("article", { class: "box metric", "aria-labelledby": `metric-${m}` }, head,
    el("div", {}, host, el("div", { class: "slider" }, range,
      el("div", { class: "row" }, el("label", {}, votes, " votes"), el("label", {}, `low if ${worseWord(metric)} `, box), said)), legend(metric),
      el("div", { class: "notes" }, knownCutoff(metric), undefinedNote(metric))),
    el("div", { class: "facts" }, facts(metric)),
    el("div", { class: "strip-box" }, el("p", { class: "muted", text: "Images near the cut-off, from worse to better (among those with a small picture here):" }), strip),
    ladder(m), barTable(metric));

  function setValue(value, from) {
    if (!Number.isFinite(value)) return;
    line.value = value;
    line.on = true;
    changed(from);
  }
  range.addEventListener("input", () => setValue(Number(valueAt(metric.scale, range.value / STEPS).toPrecision(4)), range));
  box.addEventListener("input", () => { if (box.value !== "") setValue(Number(box.value), box); });
  votes.addEventListener("change", () => { line.on = votes.checked; changed(votes); });

  let plot = null;
  return {
    box: article,
    start() { plot = histogram(host, metric, line); },
    update(from) {
      if (from !== range) range.value = Math.round(Math.min(Math.max(placeOf(metric.scale, line.value), 0), 1) * STEPS);
      if (from !== box) {
        box.value = String(Number(line.value.toPrecision(6)));
        box.title = Number(box.value) === line.value ? "" : `exactly ${line.value}`;
      }
      range.setAttribute("aria-valuetext", `${number(line.value)}`);
      votes.checked = line.on;
      article.classList.toggle("off", !line.on);
      const { low, known } = countLow(m);
      said.textContent = `${DATA.about.exact ? "" : "about "}${images(scaled(low))} (${percent(low, known)})${line.on ? "" : " would be low; it does not vote now"}`;
      around(m, strip);
      if (plot) plot.redraw();
    },
  };
}

// The images with a small picture that are nearest to the cut-off on both sides.
function around(m, strip) {
  const metric = METRICS[m];
  const cutoff = STATE.lines[m].value;
  const known = RECORDS.map((record, place) => [record.scores[m], place]).filter(([score]) => score !== null);
  known.sort((a, b) => (metric.direction === "higher" ? a[0] - b[0] : b[0] - a[0]));
  const low = known.filter(([score]) => isLow(metric, score, cutoff)).slice(-AROUND);
  const fine = known.filter(([score]) => !isLow(metric, score, cutoff)).slice(0, AROUND);
  const item = ([score, place]) => el("li", {}, picture(place, number(score)));
  const key = [...low, ...fine].map(([, place]) => place).join() + "|" + low.length;
  if (strip.dataset.key === key) return;
  strip.dataset.key = key;
  strip.replaceChildren(...low.map(item), el("li", { class: "line", text: "cut-off" }), ...fine.map(item));
}

function ladder(m) {
  const metric = METRICS[m];
  const items = el("ul", { class: "gallery" });
  return el("details", { ontoggle: (event) => {
    if (!event.target.open || items.children.length) return;
    items.append(...DATA.pictures.ladders[metric.name].map((place) => el("li", {}, picture(place, number(RECORDS[place].scores[m])))));
  } }, el("summary", {}, "From the worst to the best by ", names(metric.name)), items);
}

function showMetrics() {
  METRICS.forEach((_, m) => CARDS.push(metricCard(m)));
  byId("metrics").append(...CARDS.map((card) => card.box));
  if (!METRICS.length) byId("metrics").append(el("p", { class: "muted", text: "The table has no scores with a direction." }));
  CARDS.forEach((card) => card.start && card.start());
}

// Correlations as tables, coloured by their size, and one of them as a cloud of points.

function heatCell(value) {
  const cell = el("td", { class: value === null ? "heat none" : "heat", text: value === null ? "–" : value.toFixed(2).replace("-", "−") });
  if (value !== null) cell.style.background = `rgba(var(--${value < 0 ? "red" : "blue"}), ${(0.55 * Math.abs(value)).toFixed(3)})`;
  return cell;
}

function heatTable(matrix, titles, caption) {
  return el("table", { class: "matrix" }, el("caption", { text: caption }),
    el("thead", {}, el("tr", {}, el("td"), titles.map((title) => el("th", { scope: "col" }, names(title))))),
    el("tbody", {}, matrix.rows.map((name, i) => el("tr", {}, el("th", { scope: "row" }, names(name)), matrix.values[i].map(heatCell)))));
}

function showAgreement() {
  if (DATA.agreement.rows.length < 2) {
    byId("agreement").hidden = true;
    return;
  }
  byId("agreement-table").append(heatTable(DATA.agreement, DATA.agreement.columns, "Without metrics whose scores are all equal, or that fewer than 20 images have."));
}

function showConfounds() {
  const { rows, columns, titles, values, points } = DATA.confounds;
  if (!columns.length || !rows.length) {
    byId("confound-table").append(el("p", { class: "muted", text: "The table of scores has nothing to compare with: no size of image or file that varies." }));
    return;
  }
  byId("confound-table").append(heatTable(DATA.confounds, titles, DATA.about.exact ? "" : `Of a sample of ${images(ROWS.n)}.`));
  let best = [0, 0, -1];
  values.forEach((row, m) => row.forEach((value, p) => { if (value !== null && Math.abs(value) > best[2]) best = [m, p, Math.abs(value)]; }));
  if (best[2] < 0) return;
  const pick = (list, chosen) => el("select", { onchange: draw }, list.map((text, i) => el("option", { value: i, text, selected: i === chosen })));
  const ofMetric = pick(rows, best[0]);
  const ofProperty = pick(titles, best[1]);
  const host = el("div", { class: "chart", role: "img" });
  byId("scatter").append(el("div", { class: "box" }, el("div", { class: "pager" }, el("label", {}, "Score ", ofMetric), el("label", {}, "against ", ofProperty)), host,
    el("p", { class: "muted", text: `${images(points.rows.length)}${points.rows.length < DATA.about.images ? ", evenly chosen" : ""}; the outermost 1% are left out.` })));
  function draw() {
    const [m, p] = [Number(ofMetric.value), Number(ofProperty.value)];
    const xs = points.values[columns[p]];
    const scores = ROWS.scores[NAMES.indexOf(rows[m])];
    const ys = points.rows.map((row) => scores[row]);
    host.replaceChildren();
    const rho = values[m][p];
    host.setAttribute("aria-label", `Cloud of points: ${rows[m]} (upwards) against ${titles[p]} (to the right); rank correlation ${rho === null ? "not known" : rho}.`);
    if (xs.some((x, i) => x !== null && Number.isFinite(ys[i]))) scatter(host, xs, ys);
  }
  draw();
}

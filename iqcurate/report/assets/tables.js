// Tables of classes and splits: sorted, filtered, a page at a time.

const TABLES = [];
const PAGE = 25;

function partsTable(host, parts, codes, word) {
  const many = word === "class" ? "classes" : "splits";
  if (!parts) {
    host.append(el("p", { class: "muted", text: `No image has a ${word}.` + (word === "class" ? " Labels come with the scores: iqcurate score --label-from, or --labels FILE." : "") }));
    return;
  }
  const total = parts.names.length;
  const sampled = byPart(codes, total);
  const state = { metric: Math.max(METRICS.findIndex((metric) => metric.n), 0), sort: "images", up: false, page: 0, filter: "" };
  const live = { keep: new Float64Array(total), low: new Float64Array(total), known: new Float64Array(total) };
  const manifest = ROWS.manifest && byPart(codes, total, ROWS.manifest.map((code) => (code === 1 ? 1 : 0)));
  const of = () => parts.metrics[NAMES[state.metric]];
  const share = (values, n) => (i) => (n[i] ? values[i] / n[i] : NaN);
  const percentCell = (at, kind) => (i) => {
    const cell = el("td", { class: `share ${kind}`, text: Number.isNaN(at(i)) ? "–" : percent(at(i), 1) });
    cell.style.setProperty("--part", `${100 * (at(i) || 0)}%`);
    return cell;
  };
  const plain = (text) => (i) => el("td", { text: text(i) });
  const columns = [
    { key: "name", title: () => word, value: (i) => parts.names[i] ?? "", cell: (i) => el("th", { scope: "row" }, shown(parts.names[i])) },
    { key: "images", title: () => "images", value: (i) => parts.images[i], cell: plain((i) => count(parts.images[i])) },
    { key: "kept", title: () => DATA.about.exact ? "kept" : "kept (estimate)", value: share(live.keep, sampled), cell: percentCell(share(live.keep, sampled), "kept") },
    ...(manifest ? [{ key: "manifest", title: () => "kept by the manifest", value: share(manifest, sampled), cell: percentCell(share(manifest, sampled), "kept") }] : []),
    ...(METRICS.length ? [
      { key: "low", title: () => `low in ${NAMES[state.metric]}`, value: share(live.low, live.known), cell: percentCell(share(live.low, live.known), "low") },
      { key: "mean", title: () => `mean ${NAMES[state.metric]}`, value: (i) => of().mean[i] ?? NaN, cell: plain((i) => number(of().mean[i])) },
      { key: "sd", title: () => "std. deviation", value: (i) => of().sd[i] ?? NaN, cell: plain((i) => number(of().sd[i])) },
    ] : []),
  ];
  const head = columns.map((column) => el("th", { scope: "col", class: column.key === "name" ? "text" : null }, el("button", { type: "button", onclick: () => {
    state.up = state.sort === column.key ? !state.up : column.key === "name" || column.key === "kept";
    state.sort = column.key;
    state.page = 0;
    draw();
  } })));
  const body = el("tbody");
  const place = el("span", { role: "status" });
  const turn = (step) => () => { state.page += step; draw(); };
  const back = el("button", { type: "button", class: "quiet", text: "Back", onclick: turn(-1) });
  const next = el("button", { type: "button", class: "quiet", text: "Next", onclick: turn(1) });
  const choose = el("select", { onchange: () => { state.metric = Number(choose.value); update(); } },
    NAMES.map((name, m) => el("option", { value: m, text: name, selected: m === state.metric })));
  const filter = el("input", { type: "search", placeholder: `part of a ${word}'s name`, oninput: () => { state.filter = filter.value.toLowerCase(); state.page = 0; draw(); } });
  host.append(
    el("p", { class: "muted", text: `What is kept moves with the cut-offs above.${DATA.about.exact ? "" : " It is estimated from the sample; in small " + many + " that is rough. Mean and deviation are exact."} Select a heading to sort.` }),
    el("div", { class: "pager" }, METRICS.length ? el("label", {}, "Metric ", choose) : null, total > 8 ? el("label", {}, "Find ", filter) : null),
    el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": `Table by ${word}` }, el("table", {}, el("thead", {}, el("tr", {}, head)), body)),
    el("div", { class: "pager" }, back, next, place));

  function chosen() {
    const column = columns.find((c) => c.key === state.sort);
    const list = [];
    for (let i = 0; i < total; i++) if (!state.filter || (parts.names[i] ?? "").toLowerCase().includes(state.filter)) list.push(i);
    const way = state.up ? 1 : -1;
    const compare = (a, b) => {
      const [x, y] = [column.value(a), column.value(b)];
      if (typeof x === "string") return way * x.localeCompare(y);
      if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
      return way * (x - y) || parts.images[b] - parts.images[a];
    };
    return list.sort(compare);
  }
  function draw() {
    const list = chosen();
    const pages = Math.max(1, Math.ceil(list.length / PAGE));
    state.page = Math.min(Math.max(state.page, 0), pages - 1);
    body.replaceChildren(...list.slice(state.page * PAGE, (state.page + 1) * PAGE).map((i) => el("tr", {}, columns.map((c) => c.cell(i)))));
    head.forEach((cell, c) => {
      cell.firstChild.textContent = columns[c].title();
      if (columns[c].key === state.sort) cell.setAttribute("aria-sort", state.up ? "ascending" : "descending");
      else cell.removeAttribute("aria-sort");
    });
    const first = list.length ? state.page * PAGE + 1 : 0;
    place.textContent = `${count(first)} to ${count(Math.min((state.page + 1) * PAGE, list.length))} of ${count(list.length)} ${list.length === 1 ? word : many}`;
    back.hidden = next.hidden = pages === 1;
    back.disabled = !state.page;
    next.disabled = state.page === pages - 1;
  }
  function update() {
    live.keep.set(byPart(codes, total, LAST.keep));
    live.low.fill(0);
    live.known.fill(0);
    const scores = ROWS.scores[state.metric];
    const line = STATE.lines[state.metric];
    for (let i = 0; scores && i < ROWS.n; i++) {
      if (scores[i] !== scores[i]) continue;
      live.known[codes[i]]++;
      if (isLow(METRICS[state.metric], scores[i], line.value)) live.low[codes[i]]++;
    }
    draw();
  }
  TABLES.push(update);
}

function vanished() {
  if (!DATA.classes || !DATA.about.exact) return 0;
  const left = byPart(ROWS.classes, DATA.classes.names.length, LAST.keep);
  return left.filter((n, i) => !n && DATA.classes.names[i] !== null).length;
}

// Small pictures, and the window that tells all about one image.

const RECORDS = DATA.pictures.records;

function baseName(id) {
  return id.slice(id.lastIndexOf("/") + 1) || id;
}

// Names of files differ at their end as often as at their beginning.
function shortened(name, most = 13) {
  const signs = [...new Intl.Segmenter("en").segment(name)].map((part) => part.segment);
  if (signs.length <= most) return name;
  return `${signs.slice(0, 5).join("")}…${signs.slice(6 - most).join("")}`;
}

function placeholder(record) {
  const why = record.status !== "ok" ? `not readable (${record.status})`
    : DATA.pictures.opened ? "original not reached" : "pictures left out";
  return el("span", { class: "nothing", text: why });
}

function frame(record, alt) {
  return record.picture ? el("img", { src: record.picture, alt, decoding: "async" }) : placeholder(record);
}

function picture(place, caption) {
  const record = RECORDS[place];
  return el("button", { type: "button", class: "picture", title: record.id, "aria-label": `${record.id}: ${caption}`, onclick: () => tell(record) },
    frame(record, ""), el("span", { class: "name" }, names(shortened(caption))));
}

function gallery(places, caption) {
  return el("ul", { class: "gallery" }, places.map((place) => el("li", {}, picture(place, caption(RECORDS[place])))));
}

function fact(term, value) {
  return value === null || value === undefined || value === "" ? [] : [el("dt", { text: term }), el("dd", {}, value instanceof Node ? value : names(String(value)))];
}

function kilobytes(bytes) {
  return bytes >= 1e6 ? `${number(bytes / 1e6, 3)} MB` : `${number(bytes / 1e3, 3)} kB`;
}

function originalLink(record) {
  if (!record.uri || !record.uri.startsWith("/")) return null;
  const path = decodeURIComponentOr(record.uri);
  const address = `file://${path.split("/").map(encodeURIComponent).join("/")}`;
  return el("a", { href: address, target: "_blank", rel: "noopener", text: "open it (on the computer where this was made)" });
}

function decodeURIComponentOr(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

function scoreTable(record) {
  const rows = METRICS.map((metric, m) => {
    const score = record.scores[m];
    const line = STATE.lines[m];
    const word = score === null ? "no score" : !line.on ? "" : isLow(metric, score, line.value) ? "low" : "pass";
    return [names(metric.name), number(score, 6), metric.direction, word];
  });
  return table({ head: ["metric", "score", "better is", "vote"], rows });
}

function tell(record) {
  const kept = record.kept === null || record.kept === undefined ? null
    : `${record.kept ? "kept" : "rejected"}${record.reason ? `: ${record.reason.replace(/^(kept|rejected): /, "")}` : ""}`;
  byId("dialog-body").replaceChildren(
    el("h3", { id: "dialog-title" }, names(baseName(record.id))),
    el("div", { class: "inside" }, el("div", {}, frame(record, "")), el("div", {},
      el("dl", {},
        fact("id", record.id), fact("path", record.uri), fact("original", originalLink(record)),
        fact("class", record.label), fact("split", record.split), fact("group", record.group),
        fact("size", record.width ? `${record.width} × ${record.height}${record.format ? `, ${record.format}` : ""}${record.bytes ? `, ${kilobytes(record.bytes)}` : ""}` : null),
        fact("status", record.status === "ok" ? null : record.status), fact("why", record.error),
        fact("manifest", kept), fact("sha256", record.sha256)),
      scoreTable(record))));
  byId("dialog").showModal();
}

const GALLERIES = [
  ["worst", "Worst", "Those that rank lowest, in the mean over all metrics.", (record) => baseName(record.id)],
  ["best", "Best", "Those that rank highest, in the mean over all metrics.", (record) => baseName(record.id)],
  ["disagree", "Metrics disagree", "One metric puts them among the best, another among the worst: look here to see what each metric minds.", (record) => baseName(record.id)],
];

function showGalleries() {
  const host = byId("galleries");
  if (!DATA.pictures.worst.length) {
    host.append(el("p", { class: "muted", text: "No image has a score." }));
    return;
  }
  const some = GALLERIES.filter(([key]) => DATA.pictures[key].length);
  const panels = some.map(([key, title, what, caption]) => el("div", { role: "tabpanel", id: `panel-${key}`, "aria-labelledby": `tab-${key}` },
    el("p", { class: "muted", text: what }), gallery(DATA.pictures[key], caption)));
  const tabs = some.map(([key, title], i) => el("button", { type: "button", role: "tab", id: `tab-${key}`, class: "quiet", "aria-controls": `panel-${key}`, text: title, onclick: () => select(i), onkeydown: (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) select((i + step + tabs.length) % tabs.length).focus();
  } }));
  function select(chosen) {
    tabs.forEach((tab, i) => {
      tab.setAttribute("aria-selected", String(i === chosen));
      tab.tabIndex = i === chosen ? 0 : -1;
      panels[i].hidden = i !== chosen;
    });
    return tabs[chosen];
  }
  host.append(el("div", { role: "tablist", class: "tabs", "aria-label": "Which images" }, tabs), ...panels);
  select(0);
}

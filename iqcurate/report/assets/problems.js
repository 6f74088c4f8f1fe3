// Failures, duplicates, and how the page came about.

const MEANINGS = {
  unsupported: "not an image that can be decoded", unreadable: "could not be read, or its header is broken",
  truncated: "pixels are missing", too_large: "over the limit of size", missing: "gone since it was listed",
};

function examples(kind, why) {
  return el("ul", {}, kind.examples.map((example) => el("li", {}, names(example.id), why(example) ? [": ", el("span", { class: "muted" }, names(why(example)))] : null)),
    kind.images > kind.examples.length ? el("li", { class: "muted", text: `and ${count(kind.images - kind.examples.length)} more` }) : null);
}

function showFailures() {
  const host = byId("failure-list");
  if (!DATA.failures.length) host.append(el("p", { text: DATA.about.images ? "Every image could be read." : "There are no images." }));
  for (const kind of DATA.failures)
    host.append(el("div", { class: "box" }, el("h3", {}, names(`${kind.name}${kind.code ? `, ${kind.code}` : ""}: ${images(kind.images)}`)),
      el("p", { class: "muted", text: MEANINGS[kind.name] || "" }), examples(kind, (example) => (example.error || "").replace(`${kind.code}: `, ""))));
  const reason = (metric) => (example) => { try { return JSON.parse(example.metric_errors)[metric]; } catch { return ""; } };
  if (DATA.undefined.length) {
    host.append(el("h3", { text: "Readable images without a score of some metric" }));
    host.append(el("div", { class: "wide", role: "region", tabindex: "0", "aria-label": "Images without a score" }, table({ className: "texts", head: ["metric", "reason", "images", "such as"], rows: DATA.undefined.map((kind) =>
      [names(kind.name), names(kind.code), count(kind.images), el("span", {}, names(kind.examples[0].id), " ", el("span", { class: "muted" }, names((reason(kind.name)(kind.examples[0]) || "").replace(`${kind.code}: `, ""))))]) })));
  }
}

// Images with a property far from the others'.
function showFlags() {
  const host = byId("flag-list");
  const found = DATA.flags.filter((flag) => flag.images);
  for (const flag of found)
    host.append(el("div", { class: "box" }, el("h3", { text: `${flag.name[0].toUpperCase()}${flag.name.slice(1)}: ${images(flag.images)}` }), el("p", { class: "muted", text: flag.rule }),
      gallery(flag.pictures, (record) => baseName(record.id)),
      flag.images > flag.pictures.length ? el("p", { class: "muted", text: `${flag.pictures.length} are shown, farthest from the limit first.` }) : null));
  const none = DATA.flags.filter((flag) => !flag.images);
  if (none.length) host.append(el("details", {}, el("summary", { text: `${found.length ? "Also looked" : "Nothing found; looked"} for ${none.map((flag) => flag.name).join(", ")}` }),
    el("ul", {}, none.map((flag) => el("li", { text: `${flag.name}: ${flag.rule}` })))));
  const missing = Object.keys(DATA.missing_flags).map((name) => name.replaceAll("_", " "));
  if (missing.length) host.append(el("p", { class: "muted" }, `Not looked for: ${missing.join(", ")}. `, DATA.about.is_file ? ["Score them first: ", el("code", { text: "iqcurate score SOURCE -m checks" })] : null));
}

const DOUBLES = {
  exact_duplicates: { title: "The same file", none: "No two images are the same file, byte for byte." },
  near_duplicates: { title: "Nearly the same picture", none: "No two different files show nearly the same picture." },
};

function doubleBox(group, records) {
  const where = (member) => [member.label, member.split].filter((text) => text !== null).join(", ");
  const pictured = group.members.map((member) => records.get(member.id)).filter((place) => place !== undefined).slice(0, 3);
  return el("div", { class: "box" },
    group.across_splits ? el("span", { class: "tag bad", text: "in several splits" }) : null, " ", group.across_labels ? el("span", { class: "tag unsure", text: "several labels" }) : null,
    pictured.length ? el("ul", { class: "strip" }, pictured.map((place) => el("li", {}, picture(place, baseName(RECORDS[place].id))))) : null,
    el("ul", {}, group.members.map((member) => el("li", {}, names(member.id), where(member) ? el("span", { class: "muted" }, " (", names(where(member)), ")") : null)),
      group.images > group.members.length ? el("li", { class: "muted", text: `and ${count(group.images - group.members.length)} more` }) : null));
}

function showDoubles(kind, found, records) {
  const host = byId("duplicate-list");
  const { title, none } = DOUBLES[kind];
  if (!found.groups) {
    host.append(el("p", { text: none }));
    return;
  }
  const how = found.bits === null ? "" : ` Their perceptual hashes differ in at most ${found.bits} of 64 bits, step by step.`;
  const across = [found.across_splits ? `${count(found.across_splits)} in more than one split (leakage)` : "", found.across_labels ? `${count(found.across_labels)} with more than one label` : ""].filter(Boolean);
  host.append(el("h3", { text: `${title}: ${count(found.groups)} group${found.groups === 1 ? "" : "s"}` }),
    el("p", { class: "muted", text: `Keeping one of each group would leave out ${images(found.extra)}.${how} ${across.join("; ")}${across.length ? "." : ""}` }));
  const boxes = found.shown.map((group) => doubleBox(group, records));
  host.append(el("div", { class: "groups" }, boxes.slice(0, 6)));
  if (boxes.length > 6) host.append(el("details", {}, el("summary", { text: `${count(boxes.length - 6)} more` }), el("div", { class: "groups" }, boxes.slice(6))));
  if (found.groups > found.shown.length) host.append(el("p", { class: "muted", text: `${count(found.shown.length)} of ${count(found.groups)} groups are listed.` }));
}

function showDuplicates() {
  const records = new Map(RECORDS.map((record, place) => [record.id, place]));
  if (!DATA.doubles.known) byId("duplicate-list").append(el("p", { class: "muted", text: "The table of scores has no hashes (column sha256), so equal files cannot be told." }));
  for (const [kind, found] of Object.entries(DATA.doubles.kinds))
    if (kind !== "exact_duplicates" || DATA.doubles.known) showDoubles(kind, found, records);
}

function showAbout() {
  const about = DATA.about;
  const metrics = about.columns.filter((column) => NAMES.includes(column.name));
  const items = [
    ["scores", names(about.scores)],
    ...about.sources.map((source) => ["images from", el("span", { class: "path" }, names(source.root + (source.name ? ` (as ${source.name}/)` : "")))]),
    ["scored", about.scored ? [...new Set(about.scored.map((time) => time.slice(0, 10)))].join(" to ") : null],
    ["with", about.libraries ? Object.entries(about.libraries).map(([name, version]) => `${name} ${version}`).join(", ") : null],
    ["this page", `iqcurate ${about.iqcurate}, ${about.made.slice(0, 10)}`],
    ["manifest", DATA.manifest && names(`${DATA.manifest.name}: ${count(DATA.manifest.kept)} kept, ${count(DATA.manifest.rejected)} rejected${DATA.manifest.unknown ? `, ${count(DATA.manifest.unknown)} not in it` : ""}`)],
    ["not used", about.unused.length ? names(`${about.unused.join(", ")}: which way these columns point is not known`) : null],
  ].filter(([, value]) => value);
  byId("about-list").append(el("div", { class: "wide" }, table({ rows: items })));
  byId("about-list").querySelectorAll("td").forEach((cell) => cell.classList.add("text"));
  if (metrics.length)
    byId("about-list").append(el("details", {}, el("summary", { text: "The metrics and their papers" }), el("ul", {}, metrics.map((column) =>
      el("li", {}, names(`${column.name}: ${column.metric} version ${column.version}${column.citation ? `. ${column.citation}` : ""}`))))));
}

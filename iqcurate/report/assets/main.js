// The page as a whole: what is shown once, and what moves with the sliders.

let LAST = decide(ROWS, STATE);
let waiting = null;
const FAMILIES = inFamilies(METRICS.map((_, m) => m)).filter((family) => family.length > 1);

function showTop() {
  const about = DATA.about;
  byId("title").append(names(about.title));
  byId("subtitle").textContent = `${images(about.images)}, ${METRICS.length} metric${METRICS.length === 1 ? "" : "s"}, ${about.made.slice(0, 10)}`;
  const figures = DATA.figures;
  const tiles = [
    [figures.images === 1 ? "image" : "images", count(figures.images)], ["could not be read", count(figures.failed)],
    figures.classes ? [figures.classes === 1 ? "class" : "classes", count(figures.classes)] : null,
    figures.splits ? [figures.splits === 1 ? "split" : "splits", count(figures.splits)] : null,
    DATA.doubles.known ? ["duplicate files", count(figures.exact_duplicates)] : null,
    figures.kept !== null ? [`kept by the cut-offs that are set (${percent(figures.kept, figures.images)})`, count(figures.kept)] : null,
    DATA.manifest ? [`kept by the manifest`, count(DATA.manifest.kept)] : null,
  ].filter(Boolean);
  byId("tiles").append(...tiles.map(([title, value]) => el("div", {}, el("dt", { text: title }), el("dd", { text: value }))));
  const words = { good: "Good", note: "Note", look: "Check" };
  byId("findings").append(...DATA.findings.map((finding) => el("li", { class: finding.weight },
    el("span", { class: "kind", text: words[finding.weight] }), names(finding.text), " ", el("a", { href: `#${finding.section}`, "aria-label": `see ${finding.text}`, text: "see" }))));
  if (DATA.warnings.length)
    byId("warnings").append(el("details", { open: DATA.warnings.length < 6 }, el("summary", { text: `${DATA.warnings.length} thing${DATA.warnings.length === 1 ? "" : "s"} to know of the cut-offs and tables` }),
      el("ul", {}, DATA.warnings.map((text) => el("li", {}, names(text))))));
  for (const gate of DATA.gates.filter((gate) => gate.failed))
    byId("findings").prepend(el("li", { class: "look" }, el("span", { class: "kind", text: "Gate failed" }), names(`${gate.expression} (${gate.why})`)));
}

function showContents() {
  const sections = [...document.querySelectorAll("main > section")].filter((section) => !section.hidden);
  byId("contents").append(...sections.map((section) => el("a", { href: `#${section.id}`, text: section.querySelector("h2").textContent })));
}

function showVote() {
  const options = [["majority", "more than half of the votes cast are low"], ["any", "one low vote is enough"], ["all", "all votes cast are low"]];
  for (let k = 2; k <= METRICS.length; k++) options.push([String(k), `at least ${k} votes are low`]);
  const select = byId("vote");
  select.append(...options.map(([value, text]) => el("option", { value, text: `${value === "majority" ? "majority" : value}: ${text}` })));
  select.value = STATE.vote;
  select.addEventListener("change", () => { STATE.vote = select.value; changed(select); });
  byId("family-box").hidden = !FAMILIES.length;
  byId("family").addEventListener("change", (event) => { STATE.families = event.target.checked; changed(event.target); });
}

function showExactness() {
  const about = DATA.about;
  byId("exactness").textContent = about.exact ? "" :
    `Counts that move with the sliders are estimates from a random sample of ${count(ROWS.n)} of the ${images(about.images)} (seed ${about.seed}). The command under "Use these cut-offs" gives the exact figures.`;
}

function liveTexts() {
  const whole = ROWS.n;
  const n = voters(STATE).length;
  const votes = units(STATE).length;
  const about = DATA.about.exact ? "" : "about ";
  const sure = DATA.about.exact || !whole ? "" : ` ± ${margin(LAST.kept, whole).toFixed(1)} points, estimated`;
  const first = `Kept: ${about}${count(scaled(LAST.kept))} of ${images(DATA.about.images)} (${percent(LAST.kept, whole)}${sure}) · rejected: ${about}${count(scaled(LAST.rejected))}${LAST.unreadable ? ` · not readable: ${about}${count(scaled(LAST.unreadable))}` : ""}`;
  const more = [n ? `${n} metric${n === 1 ? " votes" : "s vote"}${votes < n ? ` with ${votes} vote${votes === 1 ? "" : "s"}` : ""}` : "no metric votes, so nothing is rejected by its quality"];
  if (LAST.undecided && n) more.push(`${about}${count(scaled(LAST.undecided))} kept without a vote`);
  const gone = vanished();
  if (gone) more.push(`${count(gone)} class${gone === 1 ? "" : "es"} would be empty`);
  if (ROWS.wrong) more.push(errors());
  if (ROWS.manifest) more.push(agreementWithManifest());
  if (!DATA.about.exact) more.push("exact: iqcurate curate --dry-run, see below the sliders");
  return [first, more.join(" · ")];
}

function errors() {
  let [known, wrong, kept, keptWrong] = [0, 0, 0, 0];
  for (let i = 0; i < ROWS.n; i++) {
    if (ROWS.wrong[i] < 0) continue;
    known++;
    wrong += ROWS.wrong[i];
    if (LAST.keep[i]) { kept++; keptWrong += ROWS.wrong[i]; }
  }
  return `predicted wrongly: ${percent(keptWrong, kept)} of the kept, ${percent(wrong, known)} of all`;
}

function agreementWithManifest() {
  let [known, same] = [0, 0];
  for (let i = 0; i < ROWS.n; i++) {
    if (ROWS.manifest[i] < 0) continue;
    known++;
    same += Number(ROWS.manifest[i] === LAST.keep[i]);
  }
  return `as in the manifest: ${percent(same, known)}`;
}

let saying = null;

function update(from) {
  LAST = decide(ROWS, STATE);
  const most = Math.max(units(STATE).length, 1);
  for (const option of byId("vote").options) option.disabled = Number(option.value) > most;
  if (Number(STATE.vote) > most) {
    STATE.vote = "majority";
    byId("vote").value = STATE.vote;
    LAST = decide(ROWS, STATE);
  }
  const shared = units(STATE).filter((unit) => unit.length > 1).map((unit) => `${unit.map((m) => NAMES[m]).join(", ")} share one vote. `);
  byId("vote-note").textContent = `${voters(STATE).length ? "" : "No metric votes yet: move a slider to begin. "}${voters(STATE).length} of ${METRICS.length} metrics vote. ${shared.join("")}A tie is kept; an image that could not be read is never kept.`;
  CARDS.forEach((card) => card.update(from));
  TABLES.forEach((refresh) => refresh());
  const [first, more] = liveTexts();
  byId("live-text").textContent = first;
  byId("live-more").textContent = more;
  byId("meter-kept").style.width = `${(100 * LAST.kept) / Math.max(ROWS.n, 1)}%`;
  byId("meter-rejected").style.width = `${(100 * (LAST.rejected + LAST.unreadable)) / Math.max(ROWS.n, 1)}%`;
  clearTimeout(saying);
  saying = setTimeout(() => { byId("live-said").textContent = first; }, 700);
  showCommands();
}

// Draw once a frame, however often a slider reports.
function changed(from) {
  byId("saved").textContent = "";
  if (waiting !== null) cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(() => { waiting = null; update(from); });
}

function start() {
  startTheme();
  showTop();
  showExactness();
  showVote();
  showMetrics();
  showGalleries();
  partsTable(byId("class-table"), DATA.classes, ROWS.classes, "class");
  showCategories();
  partsTable(byId("split-table"), DATA.splits, ROWS.splits, "split");
  if (!DATA.splits) byId("splits").hidden = true;
  showAgainst();
  showConfounds();
  showAgreement();
  showFlags();
  showDuplicates();
  showFailures();
  showAbout();
  showContents();
  byId("save").addEventListener("click", save);
  byId("reset").addEventListener("click", () => {
    START.forEach((line, m) => Object.assign(STATE.lines[m], line));
    STATE.vote = DATA.policy.vote;
    byId("vote").value = STATE.vote;
    STATE.families = byId("family").checked = false;
    changed(null);
  });
  byId("dialog").addEventListener("click", (event) => { if (event.target === byId("dialog")) byId("dialog").close(); });
  update(null);
  document.documentElement.dataset.ready = "yes";
}

start();

// The chosen cut-offs as a file that `iqcurate curate` reads, and the commands that use it.

const FILE = "cutoffs.json";

function reasonFor(m) {
  const { cutoff } = METRICS[m];
  const start = START[m];
  if (!cutoff || cutoff.value === null) return "chosen in the audit page";
  const found = `${number(cutoff.value, 6)} (${cutoff.method}, ${cutoff.verdict})`;
  return STATE.lines[m].value === start.value ? `confirmed in the audit page: ${found}` : `chosen in the audit page instead of ${found}`;
}

function cutoffDocument() {
  const metrics = {};
  for (const m of voters(STATE)) {
    metrics[NAMES[m]] = {
      cutoff: STATE.lines[m].value, direction: METRICS[m].direction, interval: null,
      verdict: "set_by_hand", reason: reasonFor(m), method: "hand",
    };
  }
  return {
    format: "iqcurate-cutoffs", version: 1, metrics,
    provenance: { iqcurate: DATA.about.iqcurate, scores: DATA.about.scores, method: "hand", made_in: "audit page", page_made: DATA.about.made, vote: STATE.vote, one_vote_per_family: STATE.families },
  };
}

function save() {
  const text = JSON.stringify(cutoffDocument(), null, 2) + "\n";
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = el("a", { href: address, download: FILE });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
  byId("saved").textContent = `${FILE} is in your downloads: ${voters(STATE).length} cut-offs.`;
}

function command(last) {
  const scores = DATA.about.is_file ? quoted(DATA.about.scores) : "SCORES";
  const vote = STATE.vote === "majority" ? "" : ` --vote ${STATE.vote}`;
  const shared = STATE.families ? " --one-vote-per-family" : "";
  return `iqcurate curate ${scores} --cutoffs ${FILE}${vote}${shared} ${last}`;
}

function showCommands() {
  byId("commands").replaceChildren(
    el("pre", {}, el("code", { text: `# the counts, nothing is written\n${command("--dry-run")}\n# every image, with the reason\n${command("-o manifest.csv")}` })));
  const none = !voters(STATE).length;
  byId("save").disabled = none;
  if (none) byId("saved").textContent = "No metric votes yet: move a slider first.";
}

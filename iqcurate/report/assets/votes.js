// What the cut-offs keep: the rules of `iqcurate curate`.

const START = METRICS.map((metric) => ({ value: metric.start, on: metric.votes }));
const STATE = { vote: DATA.policy.vote, lines: START.map((line) => ({ ...line })) };

// Strictly worse than the cut-off; an image without a score is never low.
function isLow(metric, score, cutoff) {
  return metric.direction === "higher" ? score < cutoff : score > cutoff;
}

// Whether so many low votes of so many votes cast reject.
function rejects(vote, low, cast) {
  if (!cast) return false;
  if (vote === "majority") return 2 * low > cast;
  if (vote === "all") return low === cast;
  return low >= (vote === "any" ? 1 : Number(vote));
}

function voters(state) {
  return state.lines.map((line, m) => (line.on && Number.isFinite(line.value) ? m : -1)).filter((m) => m >= 0);
}

// Decide about every image: keep (1 or 0), and how many of what.
function decide(rows, state) {
  const who = voters(state);
  const low = new Uint8Array(rows.n);
  const cast = new Uint8Array(rows.n);
  for (const m of who) {
    const scores = rows.scores[m];
    const cutoff = state.lines[m].value;
    const higher = METRICS[m].direction === "higher";
    for (let i = 0; i < rows.n; i++) {
      const score = scores[i];
      if (score !== score) continue;
      cast[i]++;
      if (higher ? score < cutoff : score > cutoff) low[i]++;
    }
  }
  const found = { keep: new Uint8Array(rows.n), kept: 0, rejected: 0, unreadable: 0, undecided: 0 };
  for (let i = 0; i < rows.n; i++) {
    if (!rows.readable[i]) found.unreadable++;
    else if (rejects(state.vote, low[i], cast[i])) found.rejected++;
    else {
      found.keep[i] = 1;
      found.kept++;
      if (!cast[i]) found.undecided++;
    }
  }
  return found;
}

function countLow(m) {
  const scores = ROWS.scores[m];
  const cutoff = STATE.lines[m].value;
  let low = 0;
  let known = 0;
  for (let i = 0; i < ROWS.n; i++) {
    if (scores[i] !== scores[i]) continue;
    known++;
    if (isLow(METRICS[m], scores[i], cutoff)) low++;
  }
  return { low, known };
}

// Sums of `chosen` (or ones) by part.
function byPart(codes, parts, chosen) {
  const sums = new Float64Array(parts);
  for (let i = 0; i < codes.length; i++) sums[codes[i]] += chosen ? chosen[i] : 1;
  return sums;
}

// Images of the whole data set, from those that the page has.
function scaled(n) {
  return DATA.about.exact ? n : Math.round((n / ROWS.n) * DATA.about.images);
}

// Half the width of a 95% interval of a share of a sample without replacement, in points.
function margin(part, whole) {
  const share = part / whole;
  const rest = 1 - whole / DATA.about.images;
  return 196 * Math.sqrt((Math.max(share * (1 - share), 1 / whole) / whole) * rest);
}

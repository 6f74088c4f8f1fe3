// What the cut-offs keep: the rules of `iqcurate curate`.

const START = METRICS.map((metric) => ({ value: metric.start, on: metric.votes }));
const STATE = { vote: DATA.policy.vote, families: false, lines: START.map((line) => ({ ...line })) };

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

// Metrics of which every two rank the images almost alike, by complete linkage; the others alone.
function inFamilies(who) {
  const { rows, values } = DATA.agreement;
  const apart = (a, b) => {
    const [i, j] = [rows.indexOf(NAMES[a]), rows.indexOf(NAMES[b])];
    return 1 - (i < 0 || j < 0 ? 0 : values[i][j] ?? 0);
  };
  const farthest = (one, other) => Math.max(...one.flatMap((a) => other.map((b) => apart(a, b))));
  const units = who.map((m) => [m]);
  for (;;) {
    let best = [1 - DATA.policy.alike, -1, -1];
    for (let i = 0; i < units.length; i++)
      for (let j = i + 1; j < units.length; j++) {
        const distance = farthest(units[i], units[j]);
        if (distance < best[0]) best = [distance, i, j];
      }
    if (best[1] < 0) return units;
    units[best[1]].push(...units.splice(best[2], 1)[0]);
  }
}

// Who has a vote: lists of metrics, more than one where they share it.
function units(state) {
  const who = voters(state);
  return state.families ? inFamilies(who) : who.map((m) => [m]);
}

function countVotes(rows, state, metrics, low, cast) {
  for (const m of metrics) {
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
}

// Decide about every image: keep (1 or 0), and how many of what.
function decide(rows, state) {
  const low = new Uint8Array(rows.n);
  const cast = new Uint8Array(rows.n);
  for (const unit of units(state)) {
    if (unit.length === 1) {
      countVotes(rows, state, unit, low, cast);
      continue;
    }
    const [theirLow, theirCast] = [new Uint8Array(rows.n), new Uint8Array(rows.n)];
    countVotes(rows, state, unit, theirLow, theirCast);
    for (let i = 0; i < rows.n; i++) {
      cast[i] += Number(theirCast[i] > 0);
      low[i] += Number(2 * theirLow[i] > theirCast[i]);
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

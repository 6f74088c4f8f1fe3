// Charts, drawn by uPlot on places from 0 to 1.

const LEFT = 48;
const RIGHT = 20;

function axes(xTicks, xText, yText, ySize) {
  const ink = () => colour("muted");
  const lines = { stroke: () => colour("line"), width: 1 };
  return [
    { stroke: ink, grid: { show: false }, ticks: lines, size: 30, font: "12px system-ui, sans-serif",
      splits: (u) => xTicks(u), values: (u, places) => xText(u, places) },
    { stroke: ink, grid: lines, ticks: { show: false }, size: ySize, font: "12px system-ui, sans-serif",
      values: (u, values) => values.map(yText) },
  ];
}

// A chart that follows the width of its box and the colours of the page.
function chart(host, height, options, data) {
  const size = () => ({ width: Math.max(host.clientWidth, 200), height });
  const made = new uPlot({ ...size(), padding: [10, RIGHT, 0, 0], legend: { show: false }, ...options }, data, host);
  new ResizeObserver(() => made.setSize(size())).observe(host);
  PAINTERS.push(() => made.redraw(false, true));
  return made;
}

function fillBetween(u, from, to, name) {
  const clip = (place) => Math.min(Math.max(u.valToPos(Math.min(Math.max(place, -1), 2), "x", true), u.bbox.left), u.bbox.left + u.bbox.width);
  const [left, right] = [clip(from), clip(to)];
  u.ctx.save();
  u.ctx.fillStyle = colour(name);
  u.ctx.fillRect(left, u.bbox.top, right - left, u.bbox.height);
  u.ctx.restore();
}

// One colour on each side of the cut-off, where the metric votes.
function twoColours(u, metric, line) {
  if (!line.on) return colour("bar");
  const across = u.ctx.createLinearGradient(u.bbox.left, 0, u.bbox.left + u.bbox.width, 0);
  const at = Math.min(Math.max(placeOf(metric.scale, line.value), 0), 1);
  const [left, right] = metric.direction === "higher" ? ["low", "bar"] : ["bar", "low"];
  across.addColorStop(0, colour(left));
  across.addColorStop(at, colour(left));
  across.addColorStop(at, colour(right));
  across.addColorStop(1, colour(right));
  return across;
}

// Bars, smooth curve, what ordinary photos score, and the cut-off with its interval.
function histogram(host, metric, line) {
  const { scale, bars, curve } = metric;
  const n = bars.length;
  const centres = bars.map((_, i) => (i + 0.5) / n);
  const smooth = curve.length ? bars.map((_, i) => (curve[i] + curve[i + 1]) / 2) : bars.map(() => null);
  const place = (value) => placeOf(scale, value);
  const hover = el("span", { class: "hover", "aria-hidden": "true" });
  const made = chart(host, 190, {
    scales: { x: { time: false, range: [0, 1] }, y: { range: (u, low, high) => [0, Math.max(high, 1) * 1.06] } },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    axes: axes(
      (u) => ticksOf(scale, Math.max(4, Math.floor(u.width / 75))).map(place),
      (u, places) => places.map((p) => tickText(scale, p)),
      (value) => (Number.isInteger(value) ? count(value) : ""), LEFT),
    series: [{}, {
      fill: (u) => twoColours(u, metric, line), width: 0, points: { show: false },
      paths: uPlot.paths.bars({ size: [0.9, 100] }),
    }, { stroke: () => colour("curve"), width: 2, points: { show: false }, paths: uPlot.paths.spline() }],
    hooks: {
      drawAxes: [(u) => {
        if (metric.ordinary) fillBetween(u, place(metric.ordinary[0]), place(metric.ordinary[2]), "band");
        const interval = metric.cutoff && metric.cutoff.interval;
        if (interval) fillBetween(u, place(interval[0]), place(interval[1]), "low-soft");
      }],
      draw: [(u) => {
        if (!Number.isFinite(line.value)) return;
        const x = Math.round(u.valToPos(Math.min(Math.max(place(line.value), 0), 1), "x", true));
        u.ctx.save();
        u.ctx.strokeStyle = colour("low");
        u.ctx.lineWidth = 2 * devicePixelRatio;
        if (!line.on) u.ctx.setLineDash([5 * devicePixelRatio, 5 * devicePixelRatio]);
        u.ctx.beginPath();
        u.ctx.moveTo(x, u.bbox.top);
        u.ctx.lineTo(x, u.bbox.top + u.bbox.height);
        u.ctx.stroke();
        u.ctx.restore();
      }],
      setCursor: [(u) => {
        const i = u.cursor.idx;
        hover.textContent = i === null || i === undefined ? "" :
          `${number(valueAt(scale, i / n))} to ${number(valueAt(scale, (i + 1) / n))}: ${images(bars[i])}`;
      }],
    },
  }, [centres, bars, smooth]);
  host.append(hover);
  return made;
}

// A scale on which the numbers are seen well: logarithmic where they span a factor of 50.
function scaleOf(values) {
  const known = values.filter((value) => value !== null && Number.isFinite(value)).sort((a, b) => a - b);
  const at = (share) => known[Math.round(share * (known.length - 1))];
  const [low, high] = [at(0.005), at(0.995)];
  if (low === high) return { low: low - (Math.abs(low) * 0.05 || 0.5), high: high + (Math.abs(high) * 0.05 || 0.5), log: false };
  return { low, high, log: low > 0 && high / low > 50 };
}

function scatter(host, xs, ys) {
  const [xScale, yScale] = [scaleOf(xs), scaleOf(ys)];
  const points = xs.map((x, i) => [x, ys[i]]).filter(([x, y]) => x !== null && y !== null && Number.isFinite(y))
    .map(([x, y]) => [placeOf(xScale, x), placeOf(yScale, y)])
    .filter(([x, y]) => x >= -0.02 && x <= 1.02 && y >= -0.02 && y <= 1.02).sort((a, b) => a[0] - b[0]);
  const draw = (u, series) => {
    const { ctx } = u;
    ctx.save();
    ctx.fillStyle = colour("curve");
    ctx.globalAlpha = 0.45;
    const radius = 2.2 * devicePixelRatio;
    for (let i = 0; i < u.data[0].length; i++) {
      ctx.beginPath();
      ctx.arc(u.valToPos(u.data[0][i], "x", true), u.valToPos(u.data[series][i], "y", true), radius, 0, 2 * Math.PI);
      ctx.fill();
    }
    ctx.restore();
    return null;
  };
  const text = (scale) => (place) => tickText(scale, place);
  const options = axes((u) => ticksOf(xScale, Math.max(3, Math.floor(u.width / 80))).map((v) => placeOf(xScale, v)),
    (u, places) => places.map(text(xScale)), text(yScale), 60);
  options[1].splits = () => ticksOf(yScale, 6).map((v) => placeOf(yScale, v));
  return chart(host, 300, {
    scales: { x: { time: false, range: [-0.02, 1.02] }, y: { range: [-0.02, 1.02] } },
    cursor: { show: false }, axes: options,
    series: [{}, { paths: draw, points: { show: false } }],
  }, [points.map((p) => p[0]), points.map((p) => p[1])]);
}

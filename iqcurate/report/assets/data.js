"use strict";

// The data of this page, and the scores of its images as typed arrays.

const DATA = JSON.parse(document.getElementById("data").textContent);
const METRICS = DATA.metrics;
const NAMES = METRICS.map((metric) => metric.name);

const KINDS = { f64: Float64Array, i32: Int32Array, i16: Int16Array, i8: Int8Array };

function unpack(column) {
  if (!column) return null;
  const text = atob(column.data);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new KINDS[column.type](bytes.buffer);
}

const ROWS = {
  n: DATA.rows.n,
  scores: NAMES.map((name) => unpack(DATA.rows.scores[name])),
  readable: unpack(DATA.rows.readable),
  classes: unpack(DATA.rows.label),
  splits: unpack(DATA.rows.split),
  wrong: unpack(DATA.rows.wrong),
  manifest: unpack(DATA.rows.manifest),
};

// Axis of a chart: places from 0 (left) to 1 (right), and scores.

function placeOf(scale, value) {
  if (!scale.log) return (value - scale.low) / (scale.high - scale.low);
  if (value <= 0) return -Infinity;
  return Math.log(value / scale.low) / Math.log(scale.high / scale.low);
}

function valueAt(scale, place) {
  if (!scale.log) return scale.low + place * (scale.high - scale.low);
  return scale.low * Math.pow(scale.high / scale.low, place);
}

// The label of a tick: its place is a rounded number, which may leave 0 at 4e-16.
function tickText(scale, place) {
  const value = valueAt(scale, place);
  const nothing = !scale.log && Math.abs(value) < 1e-9 * (scale.high - scale.low);
  return number(nothing ? 0 : Number(value.toPrecision(8)), 6);
}

function ticksOf(scale, most) {
  if (scale.log) {
    for (const digits of [[1, 2, 5], [1, 3], [1]]) {
      const found = [];
      for (let power = Math.floor(Math.log10(scale.low)); power <= Math.log10(scale.high); power++)
        for (const digit of digits) {
          const value = Number(`${digit}e${power}`);
          if (value >= scale.low && value <= scale.high) found.push(value);
        }
      if (found.length <= most || digits.length === 1) return found;
    }
  }
  const rough = (scale.high - scale.low) / most;
  const power = Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((f) => f * 10 ** power >= rough);
  const step = factor * 10 ** power;
  const found = [];
  for (let i = Math.ceil(scale.low / step); i * step <= scale.high; i++)
    found.push(Number((i * step).toPrecision(12)));
  return found;
}

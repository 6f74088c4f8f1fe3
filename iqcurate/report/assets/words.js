// Elements and texts. Text only ever enters the page as text, never as markup.

const WHOLE = new Intl.NumberFormat("en");

function el(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "text") made.textContent = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

const byId = (id) => document.getElementById(id);
const names = (text) => el("bdi", { text });
const count = (n) => WHOLE.format(n);
const images = (n) => `${count(n)} image${n === 1 ? "" : "s"}`;

function number(value, digits = 4) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (value !== 0 && (Math.abs(value) >= 1e7 || Math.abs(value) < 1e-4)) return value.toExponential(2);
  const shown = Number(value.toPrecision(digits));
  return Math.abs(shown) >= 1000 ? count(Math.round(value)) : String(shown).replace("-", "−");
}

function percent(part, whole) {
  if (!whole) return "–";
  const share = (100 * part) / whole;
  if (share > 0 && share < 1) return `${Number(share.toPrecision(2))}%`;
  return `${share.toFixed(1)}%`;
}

const shown = (name) => name === null ? el("span", { class: "muted", text: "(none)" }) : names(name);

// Text as one word of a POSIX shell.
function quoted(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
}

function table({ caption, head, rows, className }) {
  return el("table", { class: className },
    caption && el("caption", { text: caption }),
    head && el("thead", {}, el("tr", {}, head.map((text, i) => el("th", { scope: "col", class: i ? null : "text", text })))),
    el("tbody", {}, rows.map((cells) => el("tr", {}, cells.map((cell, i) =>
      el(i ? "td" : "th", i ? {} : { scope: "row" }, cell instanceof Node ? cell : String(cell)))))));
}

// Light and dark: as the system has it, until the button says otherwise.

const SYSTEM = matchMedia("(prefers-color-scheme: dark)");
const PAINTERS = [];

function remembered() {
  try { return localStorage.getItem("iqcurate-theme"); } catch { return null; }
}

function isDark() {
  return (document.documentElement.dataset.chosen || (SYSTEM.matches ? "dark" : "light")) === "dark";
}

function applyTheme() {
  const dark = isDark();
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  byId("theme").textContent = dark ? "Light" : "Dark";
  byId("theme").setAttribute("aria-label", dark ? "Use light colours" : "Use dark colours");
  PAINTERS.forEach((paint) => paint());
}

function startTheme() {
  const before = remembered();
  if (before) document.documentElement.dataset.chosen = before;
  byId("theme").addEventListener("click", () => {
    const chosen = isDark() ? "light" : "dark";
    document.documentElement.dataset.chosen = chosen;
    try { localStorage.setItem("iqcurate-theme", chosen); } catch { /* a private window */ }
    applyTheme();
  });
  SYSTEM.addEventListener("change", applyTheme);
  addEventListener("beforeprint", () => {
    document.documentElement.dataset.theme = "light";
    PAINTERS.forEach((paint) => paint());
  });
  addEventListener("afterprint", applyTheme);
  applyTheme();
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

// The page's words in the chosen language, from one table: words.json, {key: {language: text}}.

export const LANGUAGES = { en: "English", de: "Deutsch", fr: "Français", es: "Español", ja: "日本語" };

let table = {};
let language = "en";

/** Load the table; `wanted` are languages in order of liking. */
export async function loadWords(wanted) {
  table = await (await fetch("page/words.json")).json();
  setLanguage(wanted.map((one) => one?.slice(0, 2).toLowerCase()).find((one) => one in LANGUAGES) ?? "en");
}

export function setLanguage(chosen) {
  language = chosen;
  document.documentElement.lang = chosen;
}

export const currentLanguage = () => language;

/** Return a text of the table, with {name} replaced by `values.name`. */
export function word(key, values = {}) {
  const text = table[key]?.[language] ?? table[key]?.en;
  if (text === undefined) throw new Error(`no words for ${key}`);
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Fill in all that names its words: data-word (text), data-label (aria-label and tooltip), data-hint (placeholder). */
export function translate(root) {
  for (const one of root.querySelectorAll("[data-word]")) one.textContent = word(one.dataset.word);
  for (const one of root.querySelectorAll("[data-label]")) {
    one.setAttribute("aria-label", word(one.dataset.label));
    if (one.matches("button")) one.title = word(one.dataset.label) + (one.dataset.key ? ` (${one.dataset.key})` : "");
  }
  for (const one of root.querySelectorAll("[data-hint]")) one.placeholder = word(one.dataset.hint);
}

/** Return a number as the language writes it. */
export function number(value, digits = 2) {
  const key = `${language} ${digits}`;
  if (!formats.has(key)) {
    formats.set(key, new Intl.NumberFormat(language, { maximumFractionDigits: digits, useGrouping: false }));
  }
  return formats.get(key).format(value);
}

const formats = new Map(); // to make one takes longer than to use it

/** Return a distance in words: 0.49 m, 12 m, ∞. */
export function metres(value) {
  if (!Number.isFinite(value) || value > 1000) return "∞";
  return `${number(value, value < 10 ? 2 : value < 100 ? 1 : 0)}\u00a0m`;
}

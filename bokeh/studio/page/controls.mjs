// The rows of sliders: one table says what each sets, and what stands for "as it is by itself" (the setting is absent).

import { icon, make } from "./dom.mjs";
import { number, word } from "./words.mjs";

const BLADES = [null, 0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/** A strength: absent at `home`, "off" at 0, else its number as the command line takes it. */
const strength = (home) => ({
  read: (value) => (value === undefined ? home : value === "off" ? 0 : value === "match" ? 1 : (Number(value) || home)),
  write: (at) => (at === home ? undefined : at === 0 ? "off" : String(at)),
  text: (at) => (at === 0 ? word("value.off") : `${number(at * 100, 0)} %`),
});

const plain = (home, text) => ({
  read: (value) => value ?? home,
  write: (at) => at,
  text,
});

// word: the row's name; own: whether an absent value means "as the lens has it".
const ROWS = {
  aperture: [
    {
      key: "blades",
      word: "control.blades",
      min: 0,
      max: BLADES.length - 1,
      step: 1,
      home: 0,
      read: (value) => Math.max(BLADES.indexOf(value ?? null), 0),
      write: (at) => BLADES[at] ?? undefined,
      text: (at) => (at === 0 ? word("value.lens") : at === 1 ? word("value.circle") : number(BLADES[at])),
    },
    {
      key: "curvature",
      word: "control.curvature",
      min: 0,
      max: 1,
      step: 0.05,
      home: 0,
      own: true,
      ...plain(0, (at) => `${number(at * 100, 0)} %`),
    },
    {
      key: "rotation",
      word: "control.rotation",
      min: -90,
      max: 90,
      step: 1,
      home: 0,
      own: true,
      ...plain(0, (at) => `${number(at, 0)}°`),
    },
  ],
  light: [
    { key: "highlights", word: "control.highlights", min: 0, max: 2, step: 0.05, home: 1, ...strength(1) },
    { key: "starburst", word: "control.starburst", min: 0, max: 4, step: 0.1, home: 1, ...strength(1) },
    { key: "grain", word: "control.grain", min: 0, max: 2, step: 0.05, home: 0, ...strength(0) },
  ],
};

/** A labelled slider with its value in words and a way back; `state` gives {at, text, changed} of a setting. */
export function makeRow({ id, name, min, max, step, onInput, onChange, onReset }) {
  const input = make("input", { type: "range", id, min, max, step });
  const value = make("output", { className: "row-value", htmlFor: id });
  const reset = make("button", { type: "button", className: "row-reset" }, icon("reset"));
  const label = make("label", { className: "row-label", htmlFor: id });
  const row = make("div", { className: "row" }, label, value, reset, input);
  input.addEventListener("input", () => onInput(Number(input.value)));
  input.addEventListener("change", () => onChange(Number(input.value)));
  input.addEventListener("dblclick", () => onReset());
  reset.addEventListener("click", () => {
    onReset();
    input.focus();
  });
  let shown = "";
  return {
    row,
    set({ at, text, changed }) {
      const now = [at, text, changed, name(), word("action.reset")].join("\n");
      if (now === shown && Number(input.value) === at) return;
      shown = now;
      label.textContent = name();
      input.value = at;
      value.textContent = text;
      input.setAttribute("aria-valuetext", text);
      // A slider to both sides fills from its middle.
      const share = (value) => ((value - min) / (max - min)) * 100;
      const [from, to] = [share(Math.max(min, 0)), share(at)].sort((a, b) => a - b);
      input.style.setProperty("--from", `${min < 0 ? from : 0}%`);
      input.style.setProperty("--to", `${to}%`);
      const back = `${word("action.reset")}: ${name()}`;
      reset.setAttribute("aria-label", back);
      reset.title = back;
      reset.classList.toggle("row-reset-idle", !changed);
      reset.disabled = !changed;
    },
  };
}

/** Make all rows in their boxes, {aperture: element, light: element}; `change(patch, rests)` takes what is said. */
export function createControls(boxes, change) {
  const made = [];
  for (const [group, rows] of Object.entries(ROWS)) {
    for (const spec of rows) {
      const say = (at, rests) => change({ [spec.key]: spec.write(at) }, rests);
      const row = makeRow({
        ...spec,
        id: `control-${spec.key}`,
        name: () => word(spec.word),
        onInput: (at) => say(at, false),
        onChange: (at) => say(at, true),
        onReset: () => change({ [spec.key]: undefined }, true),
      });
      boxes[group].append(row.row);
      made.push([spec, row]);
    }
  }
  return {
    show(settings) {
      for (const [spec, row] of made) {
        const value = settings[spec.key];
        const at = spec.read(value);
        const own = spec.own && value === undefined;
        row.set({ at, text: own ? word("value.lens") : spec.text(at), changed: value !== undefined });
      }
    },
  };
}

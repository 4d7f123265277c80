// The brushes: which is in hand, how large and how soft, and the strokes that go to the server.

import { $, icon, make } from "./dom.mjs";
import { makeRow } from "./controls.mjs";
import { number, word } from "./words.mjs";

// Colour of the stroke while it is drawn; the icon and the name say the same without it.
export const KINDS = [
  { kind: "nearer", icon: "nearer", word: "brush.nearer", colour: "#ffc46b" },
  { kind: "farther", icon: "farther", word: "brush.farther", colour: "#6bb8ff" },
  { kind: "same", icon: "same", word: "brush.same", colour: "#7fe0a5" },
  { kind: "subject", icon: "subject", word: "brush.subject", colour: "#ff8fa8" },
  { kind: "not-subject", icon: "not-subject", word: "brush.not-subject", colour: "#b9a2ff" },
  { kind: "lamp", icon: "lamp", word: "brush.lamp", colour: "#fff08a" },
  { kind: "no-lamp", icon: "no-lamp", word: "brush.no-lamp", colour: "#9aa3ad" },
];

const SHIFTS = new Set(["nearer", "farther"]);
const FULL_SHIFT = 0.1; // of the photo's range of dioptres, by one stroke at full strength

/**
 * Make the brushes. `onTool(tool | null)` gets {kind, colour, radius, softness} whenever it changes;
 * `onPickDepth()` asks that the next click picks the depth that "same as here" paints.
 */
export function createBrushes({ onTool, onPickDepth }) {
  const state = { kind: null, radius: 0.03, softness: 0.5, shift: 0.5, strength: 1, dioptres: null };
  const amount = () => (SHIFTS.has(state.kind) ? "shift" : "strength");
  const buttons = KINDS.map((spec) => {
    const text = make("span", { dataset: { word: spec.word } });
    const button = make("button", { type: "button", className: "brush", attributes: { "aria-pressed": "false" } }, icon(spec.icon), text);
    button.dataset.kind = spec.kind;
    button.addEventListener("click", () => choose(state.kind === spec.kind ? null : spec.kind));
    $("brushes").append(button);
    return button;
  });
  const share = (value) => `${number(value * 100, 1)} %`;
  const rows = [
    { key: "radius", word: "brush.size", min: 0.004, max: 0.15, step: 0.002, home: 0.03 },
    { key: "softness", word: "brush.softness", min: 0, max: 1, step: 0.05, home: 0.5 },
    { key: "shift", word: "brush.amount", min: 0.05, max: 1, step: 0.05, home: 0.5 },
    { key: "strength", word: "brush.amount", min: 0.05, max: 1, step: 0.05, home: 1 },
  ].map((spec) => {
    const take = (at) => {
      state[spec.key] = at;
      show();
    };
    const row = makeRow({
      ...spec,
      id: `brush-${spec.key}`,
      name: () => word(spec.word),
      onInput: take,
      onChange: take,
      onReset: () => take(spec.home),
    });
    $("brush-rows").append(row.row);
    return [spec, row];
  });
  $("brush-pick").addEventListener("click", () => onPickDepth());

  const tool = () => state.kind && { ...state, colour: KINDS.find(({ kind }) => kind === state.kind).colour };

  function choose(kind) {
    state.kind = kind;
    if (kind === "same" && state.dioptres === null) onPickDepth();
    show();
  }

  function show() {
    for (const button of buttons) button.setAttribute("aria-pressed", button.dataset.kind === state.kind);
    for (const [{ key, home }, row] of rows) {
      row.row.hidden = key === (amount() === "shift" ? "strength" : "shift");
      row.set({ at: state[key], text: share(state[key]), changed: state[key] !== home });
    }
    $("brush-pick").hidden = state.kind !== "same";
    $("brush-rows").hidden = state.kind === null;
    onTool(tool());
  }

  return {
    choose,
    show,
    /** Take the depth that "same as here" paints. */
    setDepth(dioptres) {
      state.dioptres = dioptres;
      show();
    },
    /** The body of a stroke along `points`, in a photo whose depths span `range` dioptres. */
    stroke: (points, range) => ({
      kind: state.kind,
      points,
      radius: state.radius,
      softness: state.softness,
      amount: SHIFTS.has(state.kind) ? state.shift * FULL_SHIFT * range : state.strength,
      ...(state.kind === "same" ? { dioptres: state.dioptres } : {}),
    }),
    get kind() {
      return state.kind;
    },
    get ready() {
      return state.kind !== "same" || state.dioptres !== null;
    },
  };
}

// The aperture ring: a strip of third stops that moves under a mark, by drag, wheel and keys; finer with Shift.

import { makeSvg, sliderKey } from "./dom.mjs";

export const THIRDS = [
  0.95, 1, 1.1, 1.2, 1.4, 1.6, 1.8, 2, 2.2, 2.5, 2.8, 3.2, 3.5, 4, 4.5, 5, 5.6, 6.3, 7.1, 8, 9, 10, 11, 13, 14, 16, 18,
  20, 22,
];
const FULL = new Set([1, 1.4, 2, 2.8, 4, 5.6, 8, 11, 16, 22]);
const GAP = 19; // between thirds
const HEIGHT = 46;
const FINE = 0.2; // of a third

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** Place on the ring of an f-number; between two marks evenly in stops. */
export function placeOf(fNumber) {
  const last = THIRDS.length - 1;
  const after = THIRDS.findIndex((one) => one >= fNumber);
  if (after <= 0) return after === 0 ? 0 : last;
  const share = Math.log(fNumber / THIRDS[after - 1]) / Math.log(THIRDS[after] / THIRDS[after - 1]);
  return after - 1 + share;
}

/** F-number of a place on the ring, with the digits that are engraved. */
export function numberAt(place) {
  const at = clamp(place, 0, THIRDS.length - 1);
  const low = Math.floor(at + 1e-9);
  if (Math.abs(at - low) < 1e-6) return THIRDS[low];
  const between = THIRDS[low] * (THIRDS[low + 1] / THIRDS[low]) ** (at - low);
  return Number(between.toFixed(between < 10 ? 2 : 1));
}

/** Make the ring in `element`; `onInput(fNumber)` while it moves, `onChange(fNumber)` when it rests; `text` of a value. */
export function createRing(element, { onInput, onChange, text }) {
  const strip = makeSvg("g");
  THIRDS.forEach((fNumber, index) => {
    const full = FULL.has(fNumber);
    const x = index * GAP;
    strip.append(makeSvg("line", { class: full ? "ring-full" : "ring-third", x1: x, x2: x, y1: full ? 6 : 11, y2: 20 }));
    if (full || index === 0) {
      // The first stands beside the next, which is a third away only.
      const at = index === 0 ? { x: x + 6, "text-anchor": "end" } : { x, "text-anchor": "middle" };
      const label = makeSvg("text", { class: "ring-text", y: 37, ...at });
      label.textContent = fNumber;
      strip.append(label);
    }
  });
  const svg = makeSvg("svg", { class: "ring-svg", height: HEIGHT, "aria-hidden": "true" }, strip);
  const mark = makeSvg("path", { class: "ring-mark" });
  svg.append(mark);
  element.append(svg);
  element.setAttribute("role", "slider");
  element.tabIndex = 0;
  element.setAttribute("aria-valuemin", THIRDS[0]);
  element.setAttribute("aria-valuemax", THIRDS.at(-1));

  let place = placeOf(1.8);
  let drag = null;
  let resting = 0;
  let middle = 140; // measured when it changes, as to ask for it while it moves lays the page out anew

  function show() {
    strip.setAttribute("transform", `translate(${(middle - place * GAP).toFixed(2)} 2)`);
    mark.setAttribute("d", `M${middle} 0v26`);
    element.setAttribute("aria-valuenow", numberAt(place));
    element.setAttribute("aria-valuetext", text(numberAt(place)));
  }

  function moveTo(wanted, rests) {
    const next = clamp(wanted, 0, THIRDS.length - 1);
    const changed = numberAt(next) !== numberAt(place);
    place = next;
    show();
    if (changed) onInput(numberAt(place));
    clearTimeout(resting);
    if (rests) onChange(numberAt(place));
  }

  const snapped = (value, fine) => (fine ? Math.round(value / FINE) * FINE : Math.round(value));

  element.addEventListener("pointerdown", (event) => {
    element.setPointerCapture(event.pointerId);
    drag = { x: event.clientX, raw: place };
  });
  element.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const fine = event.shiftKey;
    drag.raw = clamp(drag.raw - ((event.clientX - drag.x) / GAP) * (fine ? 0.25 : 1), 0, THIRDS.length - 1);
    drag.x = event.clientX;
    moveTo(snapped(drag.raw, fine), false);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    element.addEventListener(name, () => {
      if (drag) onChange(numberAt(place));
      drag = null;
    });
  }
  element.addEventListener("keydown", (event) => {
    const key = sliderKey(event);
    if (!key) return;
    event.preventDefault();
    const fine = event.shiftKey;
    // A key goes to the next mark, from wherever the ring stands between two.
    const step = fine ? FINE : 1;
    const to = "to" in key ? key.to * (THIRDS.length - 1) : Math.round((place + key.by * step) / step) * step;
    moveTo(to, true);
  });
  element.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const fine = event.shiftKey;
      const by = Math.sign(event.deltaY || event.deltaX) * (fine ? FINE : 1);
      moveTo(snapped(place + by, fine), false);
      resting = setTimeout(() => onChange(numberAt(place)), 250);
    },
    { passive: false },
  );
  const measure = () => {
    middle = (element.clientWidth || 280) / 2;
    show();
  };
  new ResizeObserver(measure).observe(element);
  measure();

  return {
    set(fNumber) {
      if (drag) return;
      place = placeOf(fNumber);
      show();
    },
  };
}

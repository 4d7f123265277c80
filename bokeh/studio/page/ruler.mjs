// The depth ruler: how much of the photo lies how far, in even steps of dioptres, with the plane of focus to drag and
// the zone that is sharp. Near is left, far is right.

import { makeSvg, sliderKey } from "./dom.mjs";

const TOP = 14;
const BARS = 62; // height of the histogram
const HEIGHT = TOP + BARS + 22;
const TICKS_M = [0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10, 20, Infinity];
const TICK_ROOM = 34; // px between texts
const SIDE = 10;

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** Make the ruler in `element`; `onInput(dioptres, fine)` while the plane moves, `onChange` when it rests; `text` and `tick` write distances. */
export function createRuler(element, { onInput, onChange, text, tick }) {
  const zone = makeSvg("rect", { class: "ruler-zone", y: TOP, height: BARS });
  const bars = makeSvg("path", { class: "ruler-bars" });
  const sharpBars = makeSvg("path", { class: "ruler-bars-sharp" });
  const clip = makeSvg("rect", { y: 0, height: HEIGHT });
  const ticks = makeSvg("g", { class: "ruler-ticks" });
  const marks = makeSvg("g", { class: "ruler-marks" });
  const plane = makeSvg("path", { class: "ruler-plane" });
  const grip = makeSvg("circle", { class: "ruler-grip", r: 6, cy: TOP - 5 });
  const clipping = makeSvg("clipPath", { id: "ruler-clip" }, clip);
  sharpBars.setAttribute("clip-path", "url(#ruler-clip)");
  const svg = makeSvg("svg", { class: "ruler-svg", height: HEIGHT, "aria-hidden": "true" });
  svg.append(clipping, zone, bars, sharpBars, ticks, marks, plane, grip);
  element.append(svg);
  element.setAttribute("role", "slider");
  element.tabIndex = 0;
  element.setAttribute("aria-valuemin", 0);
  element.setAttribute("aria-valuemax", 100);

  let range = [0, 2]; // dioptres, far and near
  let counts = [];
  let focus = null;
  let sharp = null;
  let planes = []; // [{dioptres, name}]
  let drag = false;
  let room = 60; // its width: measured when it changes, as to ask for it while something moves lays the page out anew

  const width = () => room;
  const shareOf = (dioptres) => (range[1] - dioptres) / Math.max(range[1] - range[0], 1e-6);
  const xOf = (dioptres) => SIDE + shareOf(dioptres) * (width() - 2 * SIDE);
  const dioptresAt = (share) => range[1] - clamp(share, 0, 1) * (range[1] - range[0]);

  function silhouette() {
    const most = Math.max(...counts, 1);
    const step = (range[1] - range[0]) / counts.length;
    const base = TOP + BARS;
    const corner = (count, index) => {
      const [right, left] = [xOf(range[0] + index * step), xOf(range[0] + (index + 1) * step)];
      // The root keeps a thin thing visible beside a wall.
      const top = (base - Math.sqrt(count / most) * BARS).toFixed(1);
      return `M${left.toFixed(1)} ${base}V${top}H${Math.max(right - 0.7, left + 0.6).toFixed(1)}V${base}Z`;
    };
    return counts.map(corner).join("");
  }

  function drawTicks() {
    ticks.replaceChildren();
    const placed = [];
    for (const metres of [...TICKS_M].sort((a, b) => order(a) - order(b))) {
      const dioptres = 1 / metres;
      if (dioptres < range[0] - 1e-9 || dioptres > range[1]) continue;
      const x = clamp(xOf(dioptres), SIDE, width() - SIDE);
      if (placed.some((other) => Math.abs(other - x) < TICK_ROOM)) continue;
      placed.push(x);
      ticks.append(makeSvg("line", { x1: x, x2: x, y1: TOP + BARS, y2: TOP + BARS + 4 }));
      const label = makeSvg("text", { x, y: HEIGHT - 4, "text-anchor": "middle" });
      label.textContent = Number.isFinite(metres) ? tick(metres) : "∞";
      ticks.append(label);
    }
  }

  // Round distances first, so that they are the ones that find room.
  const order = (metres) => [1, 0.5, 2, Infinity, 0.3, 5, 3, 1.5, 0.7, 0.2, 10].indexOf(metres) >>> 0;

  /** Show it anew: the photo's depths, the size or the words have changed. */
  function show() {
    svg.setAttribute("width", width());
    const path = silhouette();
    bars.setAttribute("d", path);
    sharpBars.setAttribute("d", path);
    drawTicks();
    showPlanes();
  }

  /** Show what moves. */
  function showPlanes() {
    const [left, right] = sharp ? [xOf(Math.min(sharp[1], range[1])), xOf(Math.max(sharp[0], range[0]))] : [0, 0];
    for (const part of [zone, clip]) {
      part.setAttribute("x", left);
      part.setAttribute("width", sharp ? Math.max(right - left, 1.5) : 0);
    }
    marks.replaceChildren(
      ...planes.flatMap(({ dioptres, name }) => {
        const x = xOf(clamp(dioptres, ...range));
        const label = makeSvg("text", { x, y: TOP + 12, "text-anchor": "middle" });
        label.textContent = name;
        return [makeSvg("line", { x1: x, x2: x, y1: TOP + 16, y2: TOP + BARS }), label];
      }),
    );
    const known = focus !== null;
    plane.setAttribute("visibility", known ? "visible" : "hidden");
    grip.setAttribute("visibility", known ? "visible" : "hidden");
    if (!known) return;
    const at = clamp(focus, ...range);
    plane.setAttribute("d", `M${xOf(at)} ${TOP - 5}V${TOP + BARS}`);
    grip.setAttribute("cx", xOf(at));
    element.setAttribute("aria-valuenow", Math.round(clamp(shareOf(at), 0, 1) * 1000) / 10);
    element.setAttribute("aria-valuetext", text(focus));
  }

  function moveTo(share, fine, rests) {
    focus = dioptresAt(share);
    showPlanes();
    (rests ? onChange : onInput)(focus, fine);
  }

  const pointerShare = (event) => {
    const box = element.getBoundingClientRect();
    return (event.clientX - box.left - SIDE) / (width() - 2 * SIDE);
  };
  element.addEventListener("pointerdown", (event) => {
    element.setPointerCapture(event.pointerId);
    drag = { share: clamp(pointerShare(event), 0, 1), x: event.clientX };
    moveTo(drag.share, event.shiftKey, false);
  });
  element.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const by = ((event.clientX - drag.x) / (width() - 2 * SIDE)) * (event.shiftKey ? 0.2 : 1);
    drag = { share: clamp(drag.share + by, 0, 1), x: event.clientX };
    moveTo(drag.share, event.shiftKey, false);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    element.addEventListener(name, (event) => {
      if (drag) onChange(focus, event.shiftKey);
      drag = false;
    });
  }
  element.addEventListener("keydown", (event) => {
    const key = sliderKey(event);
    if (!key || focus === null) return;
    event.preventDefault();
    const step = event.shiftKey ? 0.002 : 0.01;
    moveTo("to" in key ? key.to : shareOf(focus) + key.by * step, event.shiftKey, true);
  });
  const measure = () => {
    room = Math.max(element.clientWidth, 60);
    show();
  };
  new ResizeObserver(measure).observe(element);
  measure();

  return {
    show,
    /** Take the photo's depths: dioptres [far, near] and counts in even steps from far to near. */
    setDepth(dioptres, histogram) {
      const room = 0.03 * (dioptres[1] - dioptres[0]) || 0.1;
      range = [Math.max(dioptres[0] - room, 0), dioptres[1] + room];
      counts = spread(dioptres, histogram, range);
      show();
    },
    /** Show an empty ruler. */
    clear() {
      counts = [];
      focus = sharp = null;
      show();
    },
    setFocus(dioptres) {
      if (drag) return;
      focus = dioptres;
      showPlanes();
    },
    setSharp(dioptres) {
      sharp = dioptres;
      showPlanes();
    },
    setMarks(next) {
      if (next.length === 0 && planes.length === 0) return;
      planes = next;
      showPlanes();
    },
  };
}

/** Return counts over a wider range, with empty steps of the same width at both ends. */
function spread([far, near], counts, range) {
  const step = (near - far) / counts.length;
  if (!(step > 0)) return counts;
  const [before, after] = [Math.floor((far - range[0]) / step), Math.floor((range[1] - near) / step)];
  range[0] = far - before * step;
  range[1] = near + after * step;
  return [...Array(before).fill(0), ...counts, ...Array(after).fill(0)];
}

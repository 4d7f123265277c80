// A photo in a notebook: the studio's view of a picture, a click to focus, and a slider for the f-number.
// What is asked for goes to Python one at a time: the newest, when the picture of the last is there.

import { createView } from "./page/view.mjs";

// Third stops, as lenses are marked.
const STOPS = [
  0.95, 1, 1.1, 1.2, 1.4, 1.6, 1.8, 2, 2.2, 2.5, 2.8, 3.2, 3.5, 4, 4.5, 5, 5.6, 6.3, 7.1, 8, 9, 10, 11, 13, 14, 16, 18, 20, 22,
];

const nearest = (fNumber) =>
  STOPS.reduce((best, one, index) => (Math.abs(Math.log(one / fNumber)) < Math.abs(Math.log(STOPS[best] / fNumber)) ? index : best), 0);

function part(parent, tag, name, attributes = {}) {
  const made = document.createElement(tag);
  made.className = name;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
}

function render({ model, el }) {
  const root = part(el, "div", "rebokeh");
  const stage = part(root, "div", "rebokeh-stage");
  const [width, height] = model.get("size");
  stage.style.aspectRatio = `${width} / ${height}`;
  const bar = part(root, "label", "rebokeh-bar");
  const value = part(bar, "span", "rebokeh-f");
  const slider = part(bar, "input", "rebokeh-slider", {
    type: "range", min: "0", max: String(STOPS.length - 1), step: "1", "aria-label": "f-number",
  });
  const text = part(bar, "output", "rebokeh-text");

  let asked = null; // what waits for its turn
  let waits = false; // for the picture of what was sent
  const ask = (more) => {
    asked = { ...asked, ...more };
    if (!waits) send();
  };
  function send() {
    for (const [name, one] of Object.entries(asked)) model.set(name, one);
    asked = null;
    waits = true;
    model.save_changes();
  }

  const view = createView(stage, { onPick: (x, y) => ask({ focus_point: [x, y] }) });
  view.setLabels({ label: "The picture; click to focus, or choose a point with the arrow keys and press Enter", splitLabel: "" });
  view.setPhoto(width, height);

  let newest = 0;
  async function show() {
    waits = false;
    if (asked) send();
    const bytes = model.get("picture");
    const number = ++newest;
    if (bytes?.byteLength) {
      const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
      if (number !== newest) return;
      view.setLayer("draft", bitmap);
    }
    const at = model.get("focus_point");
    view.setMarker(at ? { x: at[0], y: at[1], text: model.get("text") } : null);
    text.textContent = model.get("text");
    root.dataset.shown = model.get("shown");
  }
  function stop() {
    const fNumber = asked?.f_number ?? model.get("f_number");
    value.textContent = `f/${fNumber}`;
    slider.setAttribute("aria-valuetext", value.textContent);
    slider.value = String(nearest(fNumber));
  }
  slider.addEventListener("input", () => {
    ask({ f_number: STOPS[Number(slider.value)] });
    stop();
  });
  model.on("change:shown", show);
  model.on("change:f_number", stop);
  stop();
  show();
  return () => {
    model.off("change:shown", show);
    model.off("change:f_number", stop);
    view.destroy();
  };
}

export default { render };

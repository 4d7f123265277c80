// Small helpers for elements.

export const $ = (id) => document.getElementById(id);

/** Make an element with properties, attributes (in `attributes`) and children. */
export function make(tag, { attributes = {}, dataset = {}, ...properties } = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  Object.assign(made.dataset, dataset);
  made.append(...children);
  return made;
}

/** Set an element's text, and leave it alone where it has it: what is set anew is laid out anew. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const SVG = "http://www.w3.org/2000/svg";

export function makeSvg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** An icon of the page's sheet. */
export const icon = (name) =>
  makeSvg("svg", { class: "icon", "aria-hidden": "true" }, makeSvg("use", { href: `#i-${name}` }));

/** Arrow keys, page keys, Home and End as steps along a slider: {by: steps} or {to: 0 | 1}; null for other keys. */
export function sliderKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -3, PageUp: 3 };
  if (event.key in steps) return { by: steps[event.key] };
  if (event.key === "Home") return { to: 0 };
  return event.key === "End" ? { to: 1 } : null;
}

// A short tour: a card beside each part of the page, and at the end all keys.

import { $, make } from "./dom.mjs";
import { KEYS, PART_KEYS } from "./keys.mjs";
import { word } from "./words.mjs";

// `at` is the part that a step is about; `tab` is what shows it on a narrow page.
const STEPS = [
  { at: "stage", word: "tour.picture" },
  { at: "ruler", tab: "focus", word: "tour.ruler" },
  { at: "ring", tab: "focus", word: "tour.ring" },
  { at: "lenses", tab: "lens", word: "tour.lens" },
  { at: "looks", word: "tour.looks" },
  { at: "brushes", tab: "repair", word: "tour.brush" },
  { at: "open-save", word: "tour.save" },
  { at: null, word: "tour.keys" },
];

/** `reveal(tab)` shows a part of the panel where only one is seen at a time. */
export function createTour({ reveal }) {
  const dialog = $("tour");
  let at = 0;

  const row = ({ shown, word: key }) =>
    make("div", { className: "key" }, make("dt", {}, make("kbd", { textContent: shown })), make("dd", { textContent: word(key) }));

  function place(target) {
    dialog.classList.toggle("tour-middle", !target);
    dialog.style.removeProperty("left");
    dialog.style.removeProperty("top");
    if (!target) return;
    const part = target.getBoundingClientRect();
    const card = dialog.getBoundingClientRect();
    const room = 14;
    const right = part.right + room + card.width < innerWidth;
    const left = part.left - room - card.width > 0;
    const below = part.bottom + room + card.height < innerHeight;
    let x = Math.min(Math.max(part.left, room), innerWidth - card.width - room);
    let y = Math.min(Math.max(part.top, room), innerHeight - card.height - room);
    if (left && part.width < innerWidth / 2) x = part.left - room - card.width;
    else if (right) x = part.right + room;
    else if (below) y = part.bottom + room;
    else if (part.top - room - card.height > 0) y = part.top - room - card.height;
    else {
      x = (innerWidth - card.width) / 2;
      y = innerHeight - card.height - room;
    }
    dialog.style.left = `${x}px`;
    dialog.style.top = `${y}px`;
  }

  function point(target) {
    for (const one of document.querySelectorAll(".tour-at")) one.classList.remove("tour-at");
    target?.classList.add("tour-at");
  }

  function show() {
    const step = STEPS[at];
    if (step.tab) reveal(step.tab);
    const target = step.at && $(step.at);
    target?.scrollIntoView({ block: "nearest" });
    $("tour-text").textContent = word(step.word);
    $("tour-count").textContent = `${at + 1} / ${STEPS.length}`;
    $("tour-back").disabled = at === 0;
    $("tour-next").textContent = word(at === STEPS.length - 1 ? "tour.end" : "tour.next");
    const last = at === STEPS.length - 1;
    $("tour-keys").hidden = !last;
    $("tour-keys").replaceChildren(...(last ? [...PART_KEYS, ...KEYS].map(row) : []));
    point(target);
    place(target);
  }

  const go = (to) => {
    if (to >= STEPS.length) return dialog.close();
    at = Math.max(to, 0);
    show();
  };
  $("tour-next").addEventListener("click", () => go(at + 1));
  $("tour-back").addEventListener("click", () => go(at - 1));
  $("tour-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("keydown", (event) => {
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, End: STEPS.length - 1, Home: 0 }[event.key];
    if (to === undefined || to >= STEPS.length) return;
    event.preventDefault();
    go(to);
  });
  dialog.addEventListener("close", () => point(null));

  return {
    open() {
      at = 0;
      if (!dialog.open) dialog.showModal();
      show();
      $("tour-next").focus();
    },
  };
}

// What the page says beside the picture: warnings in the server's words, a passing word, and what is being waited for.

import { $, make } from "./dom.mjs";

const SHOWN_MS = 5000;
let passing = 0;

/** Say something that passes by. */
export function toast(text) {
  $("toast").textContent = text;
  $("toast").classList.add("toast-on");
  clearTimeout(passing);
  passing = setTimeout(() => $("toast").classList.remove("toast-on"), SHOWN_MS);
}

/** Say something to screen readers alone. */
export function speak(text) {
  if ($("spoken").textContent !== text) $("spoken").textContent = text;
}

/** Show warnings, once each. */
export function warn(warnings) {
  const said = [...new Set(warnings)];
  $("warnings").hidden = said.length === 0;
  const old = [...$("warning-list").children].map((item) => item.textContent);
  if (old.join("\n") === said.join("\n")) return;
  $("warning-list").replaceChildren(...said.map((text) => make("li", { textContent: text })));
}

/** Show what the picture waits for; null when it waits for nothing. `trouble` is shown without a spinner. */
export function waitFor(text, trouble = false) {
  $("stage-state").hidden = !text;
  $("stage-state").classList.toggle("stage-trouble", trouble);
  if (text) $("stage-state-text").textContent = text;
  if (text) speak(text);
}

/** Show how much of the full picture is there: 0..1, or null while none is made. */
export function progress(share) {
  $("stage-progress").hidden = share === null || share === 1;
  $("stage").dataset.picture = share === 1 ? "full" : "draft";
  if (share !== null) $("stage-progress").style.transform = `scaleX(${share})`;
}

// Ways to look: the photo as it was, beside it, beside the phone's blur, and what lies under it.

import { $ } from "./dom.mjs";
import { speak } from "./notice.mjs";
import { word } from "./words.mjs";

const HOLD_MS = 350; // pressed for longer, "before" lasts as long as it is held; a click stays
const OVERLAYS = {
  depth: { word: "legend.depth" },
  sharp: { word: "legend.sharp" },
  matte: { word: "legend.matte" },
  doubt: { word: "legend.doubt" },
};

/** `load(layer)` is asked for what a comparison or an overlay needs: "source", "phone" or an overlay's name. */
export function createLooks(view, load) {
  let before = false;
  let compared = null;
  let overlay = null;
  let pressedAt = 0;

  const buttons = [...document.querySelectorAll("[data-overlay]")];
  const press = (button, on) => button.setAttribute("aria-pressed", on);

  function show() {
    press($("look-before"), before);
    press($("look-split"), compared === "source");
    press($("look-phone"), compared === "phone");
    for (const button of buttons) press(button, button.dataset.overlay === overlay);
    view.setBefore(before);
    view.setCompared(compared, [word(compared === "phone" ? "side.phone" : "side.before"), word("side.after")]);
    $("stage-legend").hidden = !overlay;
    if (overlay) $("stage-legend").textContent = word(OVERLAYS[overlay].word);
  }

  function setBefore(on) {
    if (before === on) return;
    before = on;
    if (on) load("source");
    speak(word(on ? "side.before" : "side.after"));
    show();
  }

  function compare(layer) {
    compared = compared === layer ? null : layer;
    if (compared) load(compared);
    show();
  }

  function lay(name) {
    if ($("looks").querySelector(`[data-overlay="${name}"]`).disabled) return;
    overlay = overlay === name ? null : name;
    view.setLayer("overlay", null);
    if (overlay) {
      load(overlay);
      speak(word(OVERLAYS[overlay].word));
    }
    show();
  }

  const button = $("look-before");
  button.addEventListener("pointerdown", () => {
    pressedAt = performance.now();
    setBefore(!before);
  });
  button.addEventListener("pointerup", () => {
    if (performance.now() - pressedAt > HOLD_MS) setBefore(false);
  });
  button.addEventListener("click", (event) => {
    if (event.detail === 0) setBefore(!before); // by a key: there was no pointer
  });
  $("look-split").addEventListener("click", () => compare("source"));
  $("look-phone").addEventListener("click", () => compare("phone"));
  for (const one of buttons) one.addEventListener("click", () => lay(one.dataset.overlay));

  return {
    show,
    setBefore,
    compare: (layer) => {
      if (layer !== "phone" || !$("look-phone").disabled) compare(layer);
    },
    lay,
    get overlay() {
      return overlay;
    },
    get needsSource() {
      return before || compared === "source";
    },
    get needsPhone() {
      return compared === "phone";
    },
    /** Grey out what this photo does not have. */
    offer({ has_phone, has_matte, has_doubt }) {
      const there = { depth: true, sharp: true, matte: has_matte, doubt: has_doubt };
      $("look-phone").disabled = !has_phone;
      if (!has_phone && compared === "phone") compared = null;
      for (const one of buttons) one.disabled = !there[one.dataset.overlay];
      if (overlay && !there[overlay]) {
        overlay = null;
        view.setLayer("overlay", null);
      }
      show();
    },
  };
}

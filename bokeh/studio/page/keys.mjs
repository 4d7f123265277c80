// Keys that work wherever the focus is, unless one types.

/** Listen; `actions` is {name: run} and `table` [{name, keys: [key], ...}]. A name may end in ":up" for release. */
export function listenKeys(table, actions) {
  const typing = (target) =>
    target.isContentEditable || target.matches?.("textarea, select, input:not([type=range]):not([type=radio]):not([type=checkbox])");
  // A letter is as Shift says, whatever the caps lock does.
  const keyOf = ({ key, shiftKey }) =>
    /^[a-z]$/i.test(key) ? (shiftKey ? key.toUpperCase() : key.toLowerCase()) : key;
  const find = (event) =>
    table.find(
      ({ keys, control }) => Boolean(control) === (event.ctrlKey || event.metaKey) && keys.includes(keyOf(event)),
    );

  window.addEventListener("keydown", (event) => {
    if (event.altKey || event.defaultPrevented || typing(event.target) || document.querySelector("dialog:modal")) return;
    const row = find(event);
    if (!row || (event.repeat && row.once)) return;
    event.preventDefault();
    actions[row.name]();
  });
  window.addEventListener("keyup", (event) => {
    for (const { name, keys } of table) if (keys.includes(keyOf(event))) actions[`${name}:up`]?.();
  });
  window.addEventListener("blur", () => {
    for (const [name, run] of Object.entries(actions)) if (name.endsWith(":up")) run();
  });
}

/** What the keys do, in the order of the help. */
export const KEYS = [
  { name: "undo", keys: ["z"], control: true, shown: "Ctrl Z", word: "action.undo" },
  { name: "redo", keys: ["Z", "y"], control: true, shown: "Ctrl Shift Z", word: "action.redo" },
  { name: "save", keys: ["s"], control: true, shown: "Ctrl S", word: "action.save" },
  { name: "before", keys: ["b", "B"], once: true, shown: "B", word: "keys.before" },
  { name: "split", keys: ["c", "C"], shown: "C", word: "action.split" },
  { name: "phone", keys: ["v", "V"], shown: "V", word: "action.phone" },
  { name: "wider", keys: ["["], shown: "[", word: "keys.wider" },
  { name: "narrower", keys: ["]"], shown: "]", word: "keys.narrower" },
  { name: "depth", keys: ["d", "D"], shown: "D", word: "overlay.depth" },
  { name: "sharp", keys: ["s", "S"], shown: "S", word: "overlay.sharp" },
  { name: "matte", keys: ["m", "M"], shown: "M", word: "overlay.matte" },
  { name: "doubt", keys: ["u", "U"], shown: "U", word: "overlay.doubt" },
  { name: "zoomIn", keys: ["+", "="], shown: "+", word: "action.zoom-in" },
  { name: "zoomOut", keys: ["-"], shown: "−", word: "action.zoom-out" },
  { name: "fit", keys: ["0"], shown: "0", word: "action.fit" },
  { name: "actual", keys: ["1"], shown: "1", word: "action.actual" },
  { name: "next", keys: ["."], shown: ".", word: "keys.next" },
  { name: "previous", keys: [","], shown: ",", word: "keys.previous" },
  { name: "noBrush", keys: ["Escape"], shown: "Esc", word: "keys.escape" },
  { name: "tour", keys: ["?"], shown: "?", word: "action.tour" },
];

/** Keys that parts have for themselves: said in the help, heard where the focus is. */
export const PART_KEYS = [
  { shown: "← → ↑ ↓", word: "keys.cross" },
  { shown: "Enter", word: "keys.enter" },
  { shown: "Shift ← →", word: "keys.pan" },
  { shown: "Shift", word: "keys.fine" },
];

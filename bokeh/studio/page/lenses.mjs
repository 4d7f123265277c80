// The lenses, each by its own picture of a light; a radio group, so that arrows walk through it.

import { make, setText } from "./dom.mjs";
import { word } from "./words.mjs";

/** Fill `element` with the lenses; `choose(name | undefined)` takes the one chosen, `note` says more about it. */
export function createLenses(element, note, lenses, api, choose) {
  const inputs = new Map();
  const add = (lens, name, picture) => {
    const input = make("input", { type: "radio", name: "lens", value: lens?.name ?? "" });
    input.addEventListener("change", () => choose(lens?.name));
    inputs.set(lens?.name, input);
    const text = make("span", { className: "lens-name", textContent: name });
    const label = make("label", { className: "lens", title: lens?.title ?? name }, input, picture, text);
    element.append(label);
    return text;
  };
  const ideal = add(null, "", make("span", { className: "lens-picture lens-ideal" }));
  for (const lens of lenses) {
    const empty = make("span", { className: "lens-picture" });
    add(lens, lens.name, empty);
    api
      .blob(`/api/lens/${encodeURIComponent(lens.name)}.png`)
      .then((blob) => empty.replaceWith(make("img", { className: "lens-picture", alt: "", src: URL.createObjectURL(blob) })))
      .catch(() => {}); // its name still chooses it
  }
  return {
    show(name) {
      setText(ideal, word("lens.ideal"));
      for (const [one, input] of inputs) input.checked = one === name;
      const lens = lenses.find((one) => one.name === name);
      setText(note, lens ? lens.title : word("lens.ideal.note"));
      if (lens?.note) note.title = lens.note;
      else note.removeAttribute("title");
    },
  };
}

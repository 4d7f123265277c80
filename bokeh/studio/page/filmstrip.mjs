// The photos of the folder, in a row; shown when there are several.

import { $, make } from "./dom.mjs";
import { word } from "./words.mjs";

const STATES = { waiting: "state.waiting", loading: "state.loading", preparing: "state.preparing", failed: "state.failed" };

export function createFilmstrip(api, choose) {
  const list = $("filmstrip");
  const items = new Map();

  function add(photo) {
    const picture = make("img", { className: "film-picture", alt: "" });
    const state = make("span", { className: "film-state" });
    const button = make("button", { type: "button", className: "film" }, picture, state);
    button.addEventListener("click", () => choose(photo.id));
    list.append(make("li", {}, button));
    items.set(photo.id, { photo, button, state });
    api
      .blob(`/api/photos/${photo.id}/thumb`)
      .then((blob) => (picture.src = URL.createObjectURL(blob)))
      .catch(() => picture.classList.add("film-broken")); // what is wrong with it is said when it is opened
  }

  return {
    show(photos, current) {
      for (const photo of photos) if (!items.has(photo.id)) add(photo);
      $("film").hidden = photos.length < 2;
      for (const photo of photos) {
        const { button, state } = items.get(photo.id);
        const said = STATES[photo.state] ? word(STATES[photo.state]) : "";
        button.setAttribute("aria-label", [photo.name, said].filter(Boolean).join(", "));
        button.title = photo.name;
        button.classList.toggle("film-busy", photo.state === "loading" || photo.state === "preparing");
        state.textContent = photo.state === "failed" ? "!" : "";
        if (photo.id === current) {
          button.setAttribute("aria-current", "true");
          button.scrollIntoView({ block: "nearest", inline: "nearest" });
        } else {
          button.removeAttribute("aria-current");
        }
      }
    },
  };
}

// The save dialogue: this photo, more photos, a focus pull, a preset; the command that does the same; progress.

import { $, make } from "./dom.mjs";
import { metres, word } from "./words.mjs";

const POLL_MS = 300;
const GOES = {
  photo: { word: "save.do.photo" },
  photos: { word: "save.do.photos" },
  rack: { word: "save.do.rack" },
  preset: { word: "save.do.preset" },
};

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** `current()` gives {photo, photos, settings, planes: {from, to} in metres or null}; `formats` is the session's. */
export function createSave(api, { formats, current, say }) {
  const dialog = $("save");
  const form = $("save-form");
  let job = null;
  let asked = 0; // the newest command asked for

  for (const format of formats) {
    const name = format.name ?? format;
    $("save-format").append(make("option", { value: name, textContent: name.toUpperCase() }));
  }

  const what = () => new FormData(form).get("what");
  const fields = () => {
    const save = { overwrite: $("save-overwrite").checked };
    if ($("save-format").value) save.format = $("save-format").value;
    if ($("save-hdr").value !== "auto") save.hdr = $("save-hdr").value;
    if ($("save-quality").value) save.save_quality = $("save-quality").valueAsNumber;
    if (what() === "photo" && $("save-name").value.trim()) save.name = $("save-name").value.trim();
    return save;
  };
  const chosen = () => [...$("save-photos").querySelectorAll("input:checked")].map((input) => input.value);

  /** Grey out kinds of HDR that the format does not hold. */
  function limitHdr() {
    const format = formats.find(({ name }) => name === $("save-format").value);
    for (const option of $("save-hdr").options) {
      const free = option.value === "auto" || option.value === "off" || !format?.hdr;
      option.disabled = !free && !format.hdr.includes(option.value);
    }
    if ($("save-hdr").selectedOptions[0]?.disabled) $("save-hdr").value = "auto";
  }

  async function showCommand() {
    const mine = ++asked;
    const { photo, settings } = current();
    try {
      const { command } = await api.post("/api/command", { photo: photo.id, settings, save: fields() });
      if (mine === asked) $("save-command").textContent = command;
    } catch (error) {
      if (mine === asked) fail(error);
    }
  }

  function show() {
    const { photos, photo, planes } = current();
    for (const box of form.querySelectorAll("[data-for]")) box.hidden = !box.dataset.for.split(" ").includes(what());
    limitHdr();
    const several = photos.length > 1;
    $("save-more").hidden = !several;
    if (!several && what() === "photos") form.elements.what.value = "photo";
    $("save-go").textContent = word(GOES[what()].word);
    const ready = planes.from !== null && planes.to !== null;
    $("save-planes").textContent = ready
      ? `${metres(planes.from)} → ${metres(planes.to)}`
      : word("save.planes.missing");
    $("save-title").textContent = photo.name;
    $("save-go").disabled =
      job !== null || (what() === "rack" && !ready) || (what() === "photos" && chosen().length === 0);
    if (what() === "photo") showCommand();
  }

  function listPhotos() {
    const { photos, photo } = current();
    const box = ({ id, name }) => {
      const input = make("input", { type: "checkbox", value: id, checked: true });
      const said = id === photo.id ? `${name} (${word("save.this")})` : name;
      return make("label", { className: "check" }, input, make("span", { textContent: said }));
    };
    $("save-photos").replaceChildren(...photos.map(box));
  }

  function fail(error) {
    $("save-message").textContent = error.message;
    $("save-message").classList.add("save-failed");
  }

  function tell(text) {
    $("save-message").classList.remove("save-failed");
    $("save-message").textContent = text;
  }

  async function follow(key) {
    job = key;
    const bar = $("save-progress");
    $("save-cancel-job").hidden = bar.hidden = false;
    bar.removeAttribute("value");
    show();
    try {
      for (;;) {
        const now = await api.get(`/api/jobs/${key}`);
        if (now.total) {
          bar.max = now.total;
          bar.value = now.done;
        }
        if (now.state === "done") return now;
        if (now.state === "cancelled") throw new Error(word("save.cancelled"));
        if (now.state === "failed") throw new Error(now.message);
        if (now.message) tell(now.message);
        await pause(POLL_MS);
      }
    } finally {
      job = null;
      $("save-cancel-job").hidden = bar.hidden = true;
      show();
    }
  }

  async function start() {
    const { photo, settings, planes } = current();
    if (what() === "preset") {
      const name = $("save-preset").value.trim();
      const { path } = await api.post("/api/preset", { settings, name });
      return [path];
    }
    const save = fields();
    const request = {
      photo: () => [`/api/photos/${photo.id}/save`, { settings, save }],
      photos: () => ["/api/apply", { settings, photos: chosen(), save }],
      rack: () => [
        `/api/photos/${photo.id}/rack`,
        {
          settings,
          from: `${planes.from}m`,
          to: `${planes.to}m`,
          seconds: $("save-seconds").valueAsNumber,
          format: $("save-film").value,
          overwrite: save.overwrite,
        },
      ],
    }[what()]();
    const { job: key } = await api.post(...request);
    const done = await follow(key);
    return done.outputs?.length ? done.outputs : [done.message];
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (job !== null || $("save-go").disabled) return;
    tell(word("save.going"));
    $("save-go").disabled = true;
    try {
      const outputs = await start();
      const names = outputs.length > 3 ? `${outputs.length}` : outputs.join(", ");
      tell(word("save.done", { names }));
      if (!dialog.open) say(word("save.done", { names }));
    } catch (error) {
      fail(error);
    } finally {
      show();
    }
  });
  form.addEventListener("change", () => {
    tell("");
    show();
  });
  $("save-name").addEventListener("input", () => showCommand());
  $("save-cancel-job").addEventListener("click", () => {
    if (job) api.post(`/api/jobs/${job}/cancel`).catch(fail);
  });
  $("save-close").addEventListener("click", () => dialog.close());
  $("save-copy").addEventListener("click", async () => {
    const text = $("save-command").textContent;
    try {
      await navigator.clipboard.writeText(text);
      tell(word("save.copied"));
    } catch {
      getSelection().selectAllChildren($("save-command")); // no leave to write: it is marked, ready for Ctrl C
    }
  });
  for (const [id, on] of [["save-all", true], ["save-none", false]]) {
    $(id).addEventListener("click", () => {
      for (const input of $("save-photos").querySelectorAll("input")) input.checked = on;
      show();
    });
  }

  return {
    open(kind = "photo") {
      tell("");
      form.elements.what.value = kind;
      listPhotos();
      show();
      if (!dialog.open) dialog.showModal();
    },
  };
}

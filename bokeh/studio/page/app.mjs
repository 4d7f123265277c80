// The page: one photo at hand, its settings and history, and the parts that show and change them.

import { createApi, isAborted } from "./api.mjs";
import { createBrushes } from "./brush.mjs";
import { createControls } from "./controls.mjs";
import { $, make, setText } from "./dom.mjs";
import { createDrafts } from "./drafts.mjs";
import { createFilmstrip } from "./filmstrip.mjs";
import { History } from "./history.mjs";
import { KEYS, listenKeys } from "./keys.mjs";
import { createLenses } from "./lenses.mjs";
import { createLooks } from "./looks.mjs";
import { recallLook, recallPhoto, rememberLook, rememberPhoto } from "./memory.mjs";
import { progress, speak, toast, waitFor, warn } from "./notice.mjs";
import { createRing, numberAt, placeOf } from "./ring.mjs";
import { createRuler } from "./ruler.mjs";
import { createSave } from "./save.mjs";
import { createTour } from "./tour.mjs";
import { acceptFiles } from "./upload.mjs";
import { createView } from "./view.mjs";
import { currentLanguage, LANGUAGES, loadWords, metres, number, setLanguage, translate, word } from "./words.mjs";

const DRAFT_PX = 1_000_000;
const MOST_WIDE = 16_384; // of a picture that is asked for
const ASK_AGAIN_MS = 500;
const NARROW = matchMedia("(max-width: 820px)");
const STATES = { waiting: "state.waiting", loading: "state.loading", preparing: "state.preparing" };

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const same = (a, b) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
const sorted = (settings) => Object.fromEntries(Object.entries(settings).sort());
const said = (settings) => Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));

const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
const api = createApi(token);
const look = recallLook();
await loadWords([look.language, ...navigator.languages]);
translate(document);

let session = { photos: [], lenses: [], defaults: {}, formats: [] };
let known = false; // whether the session is
let photo = null; // the entry at hand: {id, name, size, state}
let info = null; // what the server says of it
let settings = {};
let history = new History();
let moving = null; // settings before something began to move
let facts = {};
let lastWish = null;
let layerWidths = {};
let sized = null; // the photo whose size the view knows
let picking = false; // the next click picks a depth for the brush
let planes = { from: null, to: null };
let compiling = false;
let strokes = Promise.resolve(); // one after another

// --- the parts

const view = createView($("stage"), {
  padding: () => (NARROW.matches ? 0 : 20),
  onPick: pick,
  onStroke: paint,
  onZoom: (percent) => {
    $("zoom-value").textContent = `${percent} %`;
    sharpen();
  },
});

const drafts = createDrafts(api, {
  onDraft(bitmap, said, wish) {
    if (wish.photo !== photo?.id) return;
    view.setLayer("draft", bitmap);
    facts = said;
    if (compiling) {
      compiling = false; // it has come to an end, or there would be no picture
      showState();
    }
    showFacts();
    if (looks.overlay === "sharp") loadOverlay();
  },
  onTile: (box, bitmap, by) => view.addTile(box, bitmap, by),
  onProgress: progress,
  onBusy: (on) => $("stage").setAttribute("aria-busy", on),
  onError: trouble,
});

const looks = createLooks(view, (layer) => {
  if (layer === "source" || layer === "phone") loadLayer(layer);
  else loadOverlay();
});

const ring = createRing($("ring"), {
  onInput: (fNumber) => change({ fstop: String(fNumber) }, false),
  onChange: (fNumber) => (moving ? change({ fstop: String(fNumber) }, true) : undefined),
  text: (fNumber) => `f/${fNumber}`, // as it is engraved, in any language
});

const focusOf = (dioptres, fine) => {
  if (dioptres < 1e-3) return "inf";
  return `${Number((1 / dioptres).toPrecision(fine ? 4 : 3))}m`;
};
const ruler = createRuler($("ruler"), {
  onInput: (dioptres, fine) => {
    change({ focus: focusOf(dioptres, fine) }, false);
    showReading(1 / dioptres);
  },
  onChange: (dioptres, fine) => {
    change({ focus: focusOf(dioptres, fine) }, true);
    showReading(1 / dioptres);
  },
  text: (dioptres) => metres(1 / dioptres),
  tick: (metres) => number(metres),
});

const controls = createControls({ aperture: $("aperture-rows"), light: $("light-rows") }, change);
const brushes = createBrushes({ onTool: showTool, onPickDepth: pickDepth });
const filmstrip = createFilmstrip(api, open);
const tour = createTour({ reveal: showTab });
let lenses = null;
let save = null;

// --- settings and their history

function change(patch, rests) {
  if (!photo) return;
  moving ??= settings;
  settings = said({ ...settings, ...patch });
  show();
  if (rests) {
    if (!same(moving, settings)) history.push({ kind: "settings", before: moving, after: settings });
    moving = null;
    remember();
    show();
  }
  wantDraft(rests);
}

function remember() {
  if (!photo) return;
  rememberPhoto(photo.id, { settings, history, planes });
  const { focus: _, ...kept } = settings;
  rememberLook({ language: currentLanguage(), settings: kept });
}

async function step(direction) {
  const entry = history[direction]();
  if (!entry) {
    // Strokes of an earlier run: the server still knows them.
    if (info?.edits?.[`can_${direction}`]) await edit(direction);
    return show();
  }
  if (entry.kind === "settings") {
    settings = direction === "undo" ? entry.before : entry.after;
    wantDraft(true);
  } else {
    await edit(direction);
  }
  remember();
  show();
}

function wantDraft(rests) {
  if (!photo || info?.state !== "ready") return;
  const wish = JSON.stringify([photo.id, sorted(settings), info.edits?.count, rests]);
  if (wish === lastWish) return;
  lastWish = wish;
  const [width, height] = photo.size;
  const most = Math.sqrt((DRAFT_PX * width) / height);
  drafts.want({
    photo: photo.id,
    settings,
    width: Math.max(Math.round(Math.min(width, view.fitWidth, most)), 16),
    shownWidth: () => Math.max(Math.round(Math.min(width, (width * view.percent) / 100, MOST_WIDE)), 16),
    centre: () => view.centre,
    rests,
  });
}

const lensAt = () => session.lenses.find(({ name }) => name === settings.lens);
const fNumber = () => Number(settings.fstop ?? lensAt()?.f_number ?? session.defaults.fstop ?? 1.8);

// --- what is shown

function show() {
  const f = fNumber();
  ring.set(f);
  if ($("f-number").textContent !== `f/${f}`) $("f-number").replaceChildren(make("i", { textContent: "f/" }), String(f));
  controls.show(settings);
  lenses?.show(settings.lens);
  $("best").checked = settings.quality === "best";
  $("ignore-blur").checked = settings.baked === "ignore";
  const focus = settings.focus ?? "auto";
  for (const chip of $("targets").querySelectorAll("[data-focus]")) {
    chip.setAttribute("aria-pressed", chip.dataset.focus === focus);
    chip.hidden = chip.dataset.focus !== "auto" && !(info?.targets ?? ["eyes", "face", "subject"]).includes(chip.dataset.focus);
  }
  $("undo").disabled = !(history.canUndo || info?.edits?.can_undo);
  $("redo").disabled = !(history.canRedo || info?.edits?.can_redo);
  $("reset-all").disabled = Object.keys(settings).length === 0;
  $("edits-reset").disabled = !(info?.edits?.painted ?? info?.edits?.count);
  for (const [id, value] of [["plane-from", planes.from], ["plane-to", planes.to]]) {
    $(id).setAttribute("aria-pressed", value !== null);
  }
  ruler.setMarks(
    [["A", planes.from], ["B", planes.to]]
      .filter(([, value]) => value !== null)
      .map(([name, value]) => ({ name, dioptres: 1 / value })),
  );
}

function showReading(focusM) {
  setText($("reading"), Number.isNaN(focusM) ? "–" : metres(focusM));
  const point = pointOf(settings.focus) ?? facts.point ?? (settings.focus ? null : info?.focus?.point);
  view.setMarker(point ? { x: point[0], y: point[1], text: inWords(focusM) } : null);
}

const showNote = (text) => setText($("reading-note"), text);

const inWords = (focusM) =>
  Number.isNaN(focusM) ? "" : info?.nominal ? word("focus.nominal.short", { distance: metres(focusM) }) : metres(focusM);

function pointOf(focus) {
  const found = /^([\d.]+),([\d.]+)$/.exec(focus ?? "");
  return found ? [Number(found[1]), Number(found[2])] : null;
}

/** Infinity comes as "inf" in JSON; NaN stands for what is not known. */
const distance = (value) => (value === "inf" ? Infinity : (value ?? NaN));

function showFacts() {
  const focusM = distance(facts.focus_m ?? info?.focus?.focus_m);
  showReading(focusM);
  if (!Number.isNaN(focusM)) ruler.setFocus(1 / focusM);
  if (facts.sharp_dioptres) ruler.setSharp(facts.sharp_dioptres);
  if (facts.sharp_m) {
    const [from, to] = facts.sharp_m.map((value) => metres(distance(value)));
    const zone = word("focus.sharp", { from, to });
    showNote([info?.nominal ? word("focus.nominal") : "", zone].filter(Boolean).join(" · "));
  } else {
    showNote(info?.nominal ? word("focus.nominal") : "");
  }
  warn(facts.warnings ?? info?.warnings ?? []);
  speak(inWords(focusM));
}

function showState() {
  filmstrip.show(session.photos, photo?.id);
  $("empty").hidden = photo !== null || !known;
  $("photo-name").textContent = photo?.name ?? "";
  document.title = photo ? `${photo.name} – rebokeh studio` : "rebokeh studio";
  $("panel").inert = $("looks").inert = photo === null || info?.state === "failed";
  $("open-save").disabled = info?.state !== "ready";
  if (!photo) return waitFor(known ? null : word("state.loading"));
  const state = info?.state ?? "loading";
  if (state === "failed") waitFor(info.error ?? word("state.failed"), true);
  else if (state === "ready") waitFor(compiling ? word("state.compiling") : null);
  else waitFor(word(compiling ? "state.compiling" : STATES[state]));
}

function trouble(error) {
  if (isAborted(error)) return;
  toast(error instanceof TypeError ? word("error.gone") : error.message);
}

// --- photos

async function open(id) {
  if (photo?.id === id) return;
  drafts.stop();
  if (photo) remember();
  photo = session.photos.find((one) => one.id === id) ?? null;
  info = null;
  facts = {};
  layerWidths = {};
  moving = lastWish = null;
  sized = null;
  setPicking(false);
  view.clear();
  ruler.clear();
  warn([]);
  if (photo) {
    const kept = recallPhoto(photo.id);
    settings = kept.settings ?? recallLook().settings ?? {};
    history = new History(kept.history);
    planes = kept.planes ?? { from: null, to: null };
    sessionStorage.setItem("photo", photo.id);
    loadThumb();
  }
  showState();
  show();
  showReading(NaN);
  showNote("");
  while (photo?.id === id && !["ready", "failed"].includes(info?.state)) {
    await refresh(id);
    if (!["ready", "failed"].includes(info?.state)) await pause(ASK_AGAIN_MS);
  }
}

async function refresh(id) {
  try {
    const found = await api.get(`/api/photos/${id}`);
    if (photo?.id !== id) return;
    const before = info?.state;
    info = found;
    Object.assign(photo, { state: found.state, size: found.size ?? photo.size });
    if (photo.size && sized !== id) {
      sized = id;
      view.setPhoto(...photo.size);
      if (info.state !== "failed") loadLayer("source");
    }
    showState();
    if (info.state !== "ready" || before === "ready") return;
    if (info.depth) ruler.setDepth(info.depth.dioptres, info.depth.histogram);
    looks.offer(info);
    for (const layer of looks.needsPhone ? ["phone"] : []) loadLayer(layer);
    showFacts();
    show();
    wantDraft(true);
    if (looks.overlay) loadOverlay();
  } catch (error) {
    trouble(error);
    await pause(2 * ASK_AGAIN_MS);
  }
}

/** Show the photo small, until it is there. */
async function loadThumb() {
  const at = photo;
  const bitmap = await api.picture(`/api/photos/${at.id}/thumb`).catch(() => null); // what is wrong is said elsewhere
  if (!bitmap || photo !== at || layerWidths.shown) return;
  if (sized !== at.id) view.setPhoto(bitmap.width, bitmap.height); // its shape is all that is known yet
  view.setLayer("source", bitmap);
}

/** Load the photo itself, or the phone's blur of it, as wide as it is shown. */
async function loadLayer(layer) {
  const at = photo;
  if (!at?.size) return;
  const needed = Math.min(at.size[0], Math.max(Math.round((at.size[0] * view.percent) / 100), view.fitWidth, 640));
  if ((layerWidths[layer] ?? 0) >= needed) return;
  const width = layerWidths[layer] ? at.size[0] : needed; // the second time all of it, so that there is no third
  layerWidths[layer] = width;
  try {
    const bitmap = await api.picture(`/api/photos/${at.id}/${layer}?width=${width}`);
    if (photo !== at) return;
    layerWidths.shown = true;
    view.setLayer(layer, bitmap);
  } catch (error) {
    layerWidths[layer] = 0;
    if (info?.state === "ready") trouble(error); // else it is not read yet
  }
}

let sharpening = 0;
/** Load what is shown anew, once a zoom has come to rest beyond its pixels. */
function sharpen() {
  clearTimeout(sharpening);
  sharpening = setTimeout(() => {
    drafts.refine();
    if (looks.needsSource) loadLayer("source");
    if (looks.needsPhone) loadLayer("phone");
  }, 200);
}

let laying = false;
async function loadOverlay() {
  const kind = looks.overlay;
  if (!kind || laying || info?.state !== "ready") return;
  laying = true;
  const [at, now] = [photo, settings];
  try {
    const width = Math.min(at.size[0], view.fitWidth);
    const bitmap = await api.postPicture(`/api/photos/${at.id}/overlay`, { kind, settings: now, width });
    if (photo === at && looks.overlay === kind) view.setLayer("overlay", bitmap);
  } catch (error) {
    trouble(error);
  }
  laying = false;
  const stale = looks.overlay === "sharp" && !same(now, settings);
  if (looks.overlay && (looks.overlay !== kind || photo !== at || stale)) loadOverlay();
}

// --- in the picture

let picks = 0;
async function pick(x, y) {
  if (info?.state !== "ready") return;
  const [mine, at] = [++picks, photo];
  const depth = picking;
  setPicking(false);
  if (!depth) view.setMarker({ x, y, text: "" });
  try {
    const found = await api.post(`/api/photos/${at.id}/focus`, { x, y, settings });
    if (mine !== picks || photo !== at) return;
    if (depth) {
      brushes.setDepth(found.dioptres);
      toast(word("brush.picked", { distance: metres(distance(found.focus_m)) }));
      return;
    }
    change({ focus: found.focus }, true);
    facts = { ...facts, focus_m: found.focus_m, point: undefined };
    ruler.setFocus(found.dioptres);
    showReading(distance(found.focus_m));
    speak(inWords(distance(found.focus_m)));
  } catch (error) {
    trouble(error);
  }
}

function setPicking(on) {
  picking = on;
  showTool();
}

function pickDepth() {
  setPicking(true);
  toast(word("brush.pick.how"));
  view.focus();
}

let tool = null;
function showTool(next = tool) {
  tool = next;
  view.setBrush(picking ? null : tool);
}

/** Leave out points that lie closer than a brush can show. */
function thinned(points, radius) {
  const least = radius / 4;
  const kept = [points[0]];
  for (const point of points.slice(1, -1)) {
    const last = kept.at(-1);
    if (Math.hypot(point[0] - last[0], point[1] - last[1]) >= least) kept.push(point);
  }
  if (points.length > 1) kept.push(points.at(-1));
  return kept;
}

function paint(points) {
  if (!brushes.ready || info?.state !== "ready") return;
  const [far, near] = info.depth.dioptres;
  const stroke = brushes.stroke(points, near - far);
  stroke.points = thinned(points, stroke.radius);
  const at = photo;
  strokes = strokes.then(async () => {
    if (photo !== at) return;
    if (await edit("strokes", stroke)) history.push({ kind: "stroke" });
    remember();
    show();
  });
}

/** Have the server change the photo's edits; true when it did. */
async function edit(path, body = {}) {
  const at = photo;
  drafts.stop(); // what is on its way shows what is no more
  try {
    const { edits, depth, ...more } = await api.post(`/api/photos/${at.id}/${path}`, body);
    if (photo !== at) return false;
    info = { ...info, ...more, edits: edits ?? info.edits, depth: depth ?? info.depth };
    if (depth) ruler.setDepth(depth.dioptres, depth.histogram);
    lastWish = null;
    wantDraft(true);
    if (looks.overlay) loadOverlay();
    return true;
  } catch (error) {
    trouble(error);
    return false;
  }
}

// --- buttons and keys

const actions = {
  undo: () => step("undo"),
  redo: () => step("redo"),
  save: () => info?.state === "ready" && save.open(),
  before: () => looks.setBefore(true),
  "before:up": () => looks.setBefore(false),
  split: () => looks.compare("source"),
  phone: () => looks.compare("phone"),
  wider: () => change({ fstop: String(numberAt(Math.round(placeOf(fNumber())) - 1)) }, true),
  narrower: () => change({ fstop: String(numberAt(Math.round(placeOf(fNumber())) + 1)) }, true),
  depth: () => looks.lay("depth"),
  sharp: () => looks.lay("sharp"),
  matte: () => looks.lay("matte"),
  doubt: () => looks.lay("doubt"),
  zoomIn: () => view.zoomBy(1.25),
  zoomOut: () => view.zoomBy(0.8),
  fit: () => view.fit(),
  actual: () => view.zoomToPercent(100),
  next: () => walk(1),
  previous: () => walk(-1),
  noBrush: () => {
    setPicking(false);
    brushes.choose(null);
  },
  tour: () => tour.open(),
};

function walk(by) {
  const at = session.photos.findIndex(({ id }) => id === photo?.id);
  const to = session.photos[at + by];
  if (to) open(to.id);
}

function markPlane(end) {
  if (facts.focus_m === undefined) return;
  const here = distance(facts.focus_m);
  const value = Number.isFinite(here) ? Number(here.toPrecision(4)) : 1000;
  planes = { ...planes, [end]: planes[end] === value ? null : value };
  if (planes[end] !== null) toast(word(end === "from" ? "plane.from" : "plane.to", { distance: metres(value) }));
  remember();
  show();
}

async function openFiles(files) {
  let first = null;
  for (const file of files) {
    try {
      toast(word("upload.going", { name: file.name }));
      const added = await api.upload(file);
      know(added);
      first ??= added.id;
    } catch (error) {
      trouble(error);
    }
  }
  if (first) open(first);
}

/** Take a photo that is new, or what is new of one; those that another page was given come as events. */
function know(found) {
  const one = session.photos.find(({ id }) => id === found.id);
  if (one) Object.assign(one, found);
  else if (found.name) session.photos.push(found);
}

function showTab(tab) {
  document.documentElement.dataset.tab = tab;
  for (const button of document.querySelectorAll(".tabs button")) {
    button.setAttribute("aria-pressed", button.dataset.tab === tab);
  }
  for (const group of document.querySelectorAll(`details[data-group="${tab}"]`)) group.open = true;
}

function showWords() {
  translate(document);
  view.setLabels({ label: word("label.view"), splitLabel: word("label.split") });
  brushes.show();
  looks.show();
  ruler.show();
  showState();
  show();
  showFacts();
}

function listen() {
  listenKeys(KEYS, actions);
  acceptFiles(openFiles);
  const clicks = {
    undo: actions.undo,
    redo: actions.redo,
    "reset-all": () => change(Object.fromEntries(Object.keys(settings).map((key) => [key, undefined])), true),
    "edits-reset": async () => {
      if (await edit("edits/reset")) history.push({ kind: "stroke" });
      remember();
      show();
    },
    "open-save": actions.save,
    "open-tour": actions.tour,
    "zoom-in": actions.zoomIn,
    "zoom-out": actions.zoomOut,
    "zoom-value": () => (view.fitted ? actions.actual() : actions.fit()),
    "plane-from": () => markPlane("from"),
    "plane-to": () => markPlane("to"),
  };
  for (const [id, run] of Object.entries(clicks)) $(id).addEventListener("click", run);
  for (const chip of $("targets").querySelectorAll("[data-focus]")) {
    const { focus } = chip.dataset;
    chip.addEventListener("click", () => change({ focus: focus === "auto" ? undefined : focus }, true));
  }
  for (const [id, key, value] of [["best", "quality", "best"], ["ignore-blur", "baked", "ignore"]]) {
    $(id).addEventListener("change", () => change({ [key]: $(id).checked ? value : undefined }, true));
  }
  $("repair").addEventListener("toggle", () => {
    if (!$("repair").open) actions.noBrush();
  });
  for (const button of document.querySelectorAll(".tabs button")) {
    button.addEventListener("click", () => showTab(button.dataset.tab));
  }
  const language = $("language");
  for (const [code, name] of Object.entries(LANGUAGES)) {
    language.append(make("option", { value: code, textContent: name, lang: code }));
  }
  language.value = currentLanguage();
  language.addEventListener("change", () => {
    setLanguage(language.value);
    remember();
    showWords();
  });
  addEventListener("pagehide", () => api.bye());
}

/** Follow what the server tells, and come back when it was away. */
async function followEvents() {
  for (;;) {
    try {
      await api.events((event) => {
        if ("compiling" in event) {
          compiling = Boolean(event.compiling);
          showState();
        }
        if (event.photo && event.state) {
          const { photo: id, name, size, state } = event;
          know(said({ id, name, size, state }));
          showState();
        }
      });
    } catch (error) {
      trouble(error);
    }
    await pause(4 * ASK_AGAIN_MS);
  }
}

listen();
showWords();
try {
  session = { ...session, ...(await api.get("/api/session")) };
  known = true;
  lenses = createLenses($("lenses"), $("lens-note"), session.lenses, api, (name) =>
    change({ lens: name, fstop: undefined }, true),
  );
  save = createSave(api, {
    formats: session.formats,
    say: toast,
    current: () => ({ photo, photos: session.photos, settings, planes }),
  });
  followEvents();
  const last = session.photos.find(({ id }) => id === sessionStorage.getItem("photo"));
  const first = last ?? session.photos[0];
  if (first) open(first.id);
  else showState();
} catch (error) {
  waitFor(error.status === 401 || error.status === 403 ? word("error.token") : error.message, true);
}

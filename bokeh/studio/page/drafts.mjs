// Drafts while something moves, the full picture once it rests. One draft is in flight at a time; when it is back, the
// newest wish goes out, and what lay between is never asked for. Whatever moves ends the full picture that is being made.

import { isAborted } from "./api.mjs";

const TILES_AT_ONCE = 2;
const NEARLY = 0.75; // of the width that a draft at rest would have: as sharp, until the full picture is there
const MOST_TRIES = 4; // of a draft whose place something newer took, when nothing newer came

/** `onDraft(bitmap, facts, wish)`, `onTile(box, bitmap, by)`, `onProgress(share | null)` of the full picture, `onBusy(bool)`, `onError(error)`. */
export function createDrafts(api, { onDraft, onTile, onProgress, onBusy, onError }) {
  let sequence = Date.now(); // above those of a page that was here before
  let wish = null;
  let flying = null;
  let drawn = null; // what the draft that is shown was asked for, and its width
  let full = null;

  function stopFull() {
    full?.abort.abort();
    full = null;
    onProgress(null);
  }

  const keyOf = ({ photo, settings }) => JSON.stringify([photo, Object.entries(settings).sort()]);

  async function fly() {
    if (flying || !wish) return;
    const now = wish;
    wish = null;
    flying = { photo: now.photo, key: keyOf(now), abort: new AbortController() };
    onBusy(true);
    try {
      const answer = await api.ask("POST", `/api/photos/${now.photo}/draft`, {
        body: { settings: now.settings, width: now.width, moving: !now.rests, sequence: ++sequence },
        signal: flying.abort.signal,
      });
      const facts = JSON.parse(answer.headers.get("X-Facts") ?? "{}");
      const bitmap = await createImageBitmap(await answer.blob());
      onDraft(bitmap, facts, now);
      drawn = { key: flying.key, width: bitmap.width };
      if (now.rests && !wish) makeFull(now);
      else if (wish?.rests && isDrawn(wish)) finish();
    } catch (error) {
      // A stale draft is no fault: a newer one is on its way, or what it was of has changed since.
      const tries = (now.tries ?? 0) + 1;
      if (error.code === "Stale" && tries < MOST_TRIES) wish ??= { ...now, tries };
      else if (!isAborted(error) && error.code !== "Stale") onError(error);
    } finally {
      flying = null;
      onBusy(false);
      fly();
    }
  }

  /** Whether what is wished for is shown already, nearly as large as it would be. */
  const isDrawn = (next) => drawn?.key === keyOf(next) && drawn.width >= NEARLY * next.width;

  /** What moved has come to rest as it is drawn: only the full picture is wanting. */
  function finish() {
    const now = wish;
    wish = null;
    makeFull(now);
  }

  async function makeFull({ photo, settings, centre, shownWidth }) {
    stopFull();
    const mine = (full = { abort: new AbortController(), by: Infinity, centre, shownWidth });
    await load(mine, () => {
      const body = { settings, sequence, centre: centre(), width: shownWidth() };
      return api.post(`/api/photos/${photo}/full`, body, { signal: mine.abort.signal });
    });
    refine();
  }

  /** Take the tiles that an answer lists, unless some that are as fine are here or on their way. */
  async function load(mine, ask) {
    const { signal } = mine.abort;
    try {
      const { render, tiles, by, size } = await ask();
      if (by >= mine.by) return;
      Object.assign(mine, { by, render: render ?? mine.render, size: size ?? mine.size });
      let done = 0;
      const left = [...tiles];
      const take = async () => {
        for (let box = left.shift(); box && mine.by === by; box = left.shift()) {
          const bitmap = await api.picture(`/api/renders/${mine.render}/${by}/${box.join(",")}`, { signal });
          if (signal.aborted) return;
          onTile(box, bitmap, by);
          onProgress(++done / tiles.length);
        }
      };
      onProgress(0);
      await Promise.all(Array.from({ length: TILES_AT_ONCE }, take));
      if (full === mine && mine.by === by) onProgress(1);
    } catch (error) {
      if (full === mine) onProgress(null);
      const overtaken = error.status === 410 || error.code === "Stale";
      if (!isAborted(error) && !overtaken && full === mine) onError(error);
      mine.abort.abort();
    }
  }

  /** Take finer tiles where the picture is shown larger than those that are here. */
  async function refine() {
    const mine = full;
    if (!mine?.render || mine.abort.signal.aborted || mine.size[0] / mine.by >= mine.shownWidth()) return;
    const [x, y] = mine.centre();
    const where = new URLSearchParams({ width: mine.shownWidth(), x, y });
    await load(mine, () => api.get(`/api/renders/${mine.render}?${where}`, { signal: mine.abort.signal }));
  }

  return {
    /** Ask for {photo, settings, width, shownWidth(), centre(), rests}. */
    want(next) {
      stopFull();
      if (flying && flying.photo !== next.photo) flying.abort.abort();
      wish = next;
      if (!flying && next.rests && isDrawn(next)) finish();
      else fly();
    },
    refine,
    stop() {
      wish = drawn = null;
      flying?.abort.abort();
      stopFull();
    },
  };
}

// Drafts while something moves, the full picture once it rests. One draft is in flight at a time; when it is back, the
// newest wish goes out, and what lay between is never asked for. Whatever moves ends the full picture that is being made.

import { isAborted } from "./api.mjs";

const TILES_AT_ONCE = 2;
const MOST_TRIES = 4; // of a draft whose place something newer took, when nothing newer came

/** `onDraft(bitmap, facts, wish)`, `onTile(box, bitmap)`, `onProgress(share | null)` of the full picture, `onBusy(bool)`, `onError(error)`. */
export function createDrafts(api, { onDraft, onTile, onProgress, onBusy, onError }) {
  let sequence = Date.now(); // above those of a page that was here before
  let wish = null;
  let flying = null;
  let full = null;

  function stopFull() {
    full?.abort();
    full = null;
    onProgress(null);
  }

  async function fly() {
    if (flying || !wish) return;
    const now = wish;
    wish = null;
    flying = { photo: now.photo, abort: new AbortController() };
    onBusy(true);
    try {
      const answer = await api.ask("POST", `/api/photos/${now.photo}/draft`, {
        body: { settings: now.settings, width: now.width, moving: !now.rests, sequence: ++sequence },
        signal: flying.abort.signal,
      });
      const facts = JSON.parse(answer.headers.get("X-Facts") ?? "{}");
      onDraft(await createImageBitmap(await answer.blob()), facts, now);
      if (now.rests && !wish) makeFull(now);
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

  async function makeFull({ photo, settings, centre }) {
    stopFull();
    const abort = (full = new AbortController());
    try {
      const { render, tiles } = await api.post(
        `/api/photos/${photo}/full`,
        { settings, sequence, centre: centre() },
        { signal: abort.signal },
      );
      let done = 0;
      const left = [...tiles];
      const take = async () => {
        for (let box = left.shift(); box; box = left.shift()) {
          const bitmap = await api.picture(`/api/renders/${render}/${box.join(",")}`, { signal: abort.signal });
          if (abort.signal.aborted) return;
          onTile(box, bitmap);
          onProgress(++done / tiles.length);
        }
      };
      onProgress(0);
      await Promise.all(Array.from({ length: TILES_AT_ONCE }, take));
      if (full === abort) onProgress(1);
    } catch (error) {
      if (full === abort) onProgress(null);
      const overtaken = error.status === 410 || error.code === "Stale";
      if (!isAborted(error) && !overtaken && full === abort) onError(error);
      abort.abort();
    }
  }

  return {
    /** Ask for {photo, settings, width, centre(), rests}. */
    want(next) {
      stopFull();
      if (flying && flying.photo !== next.photo) flying.abort.abort();
      wish = next;
      fly();
    },
    stop() {
      wish = null;
      flying?.abort.abort();
      stopFull();
    },
  };
}

// The picture under the finger: fits, zooms, pans, compares, shows a marker and takes strokes.
// Stands by itself: give it an element and callbacks, then layers; nothing else of the page is needed.
//
// Points are shares of the photo (0..1 from top left); `scale` is CSS pixels per photo pixel, so 100 % is 1 / devicePixelRatio.

const CLICK_PX = 5; // a pointer that moved less has clicked
const MOST_ZOOM = 8; // device pixels per photo pixel
const CRISP_FROM = 3; // from this zoom on the photo's own pixels are shown as squares

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

function part(parent, name, attributes = {}, tag = "div") {
  const made = document.createElement(tag);
  made.className = name;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
}

/**
 * Make a view inside `element`.
 *
 * Callbacks, all optional: onPick(x, y), onStroke(points), onZoom(percent), onCursor(x, y), onSplit(share).
 * Labels: `label` of the picture, `splitLabel` of the divider; `padding` in CSS pixels around a picture that fits.
 */
export function createView(element, callbacks = {}) {
  const root = part(element, "view");
  const canvas = part(root, "view-canvas", { tabindex: "0", role: "application" }, "canvas");
  const marker = part(root, "view-marker", { "aria-hidden": "true" });
  const markerText = part(marker, "view-marker-text", {}, "span");
  const cross = part(root, "view-cross", { "aria-hidden": "true" });
  const divider = part(root, "view-divider", { role: "slider", tabindex: "0", "aria-valuemin": "0", "aria-valuemax": "100" });
  const labels = [part(root, "view-side view-side-left"), part(root, "view-side view-side-right")];
  // Phones take pictures in Display P3: shown so where the screen can.
  const colorSpace = matchMedia("(color-gamut: p3)").matches ? "display-p3" : "srgb";
  const context = canvas.getContext("2d", { colorSpace });

  let size = null; // [width, height] of the photo
  let scale = 1;
  let offset = [0, 0]; // where the photo's corner lies, in CSS pixels
  let fitted = true;
  let shown = { width: 1, height: 1, ratio: 1 };
  let layers = {}; // source, draft, phone, overlay: bitmaps, each stretched over the photo
  let tiles = []; // {box, bitmap, by}: the full picture, over the draft, those that are finer last
  let before = false;
  let compared = null; // "source" | "phone" beside the render
  let split = 0.5;
  let mark = null;
  let cursor = null; // of the keyboard
  let hover = null; // of the pointer, in CSS pixels
  let brush = null; // {radius: share of the longer side, colour}
  let stroke = null;
  let waiting = false;

  const redraw = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  };

  // --- where things are

  const padding = () => (typeof callbacks.padding === "function" ? callbacks.padding() : (callbacks.padding ?? 0));
  const fitScale = () => {
    const space = padding();
    const [width, height] = size;
    const fits = Math.min((shown.width - 2 * space) / width, (shown.height - 2 * space) / height);
    return Math.max(fits, 1e-4);
  };
  const least = () => Math.min(fitScale(), 1 / shown.ratio);
  const toScreen = (x, y) => [offset[0] + x * size[0] * scale, offset[1] + y * size[1] * scale];
  const toPhoto = (x, y) => [(x - offset[0]) / (size[0] * scale), (y - offset[1]) / (size[1] * scale)];
  const inside = ([x, y]) => x >= 0 && x <= 1 && y >= 0 && y <= 1;
  const local = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  function hold() {
    const room = [shown.width, shown.height];
    offset = offset.map((value, axis) => {
      const length = size[axis] * scale;
      return length <= room[axis] ? (room[axis] - length) / 2 : clamp(value, room[axis] - length, 0);
    });
  }

  function zoomTo(wanted, at = [shown.width / 2, shown.height / 2]) {
    if (!size) return;
    const [x, y] = toPhoto(...at);
    scale = clamp(wanted, least(), MOST_ZOOM / shown.ratio);
    fitted = Math.abs(scale / fitScale() - 1) < 1e-3;
    offset = [at[0] - x * size[0] * scale, at[1] - y * size[1] * scale];
    hold();
    callbacks.onZoom?.(percent());
    redraw();
  }

  function fit() {
    if (!size) return;
    scale = fitScale();
    fitted = true;
    hold();
    callbacks.onZoom?.(percent());
    redraw();
  }

  const percent = () => Math.round(scale * shown.ratio * 100);

  function panBy(x, y) {
    if (!size) return;
    offset = [offset[0] + x, offset[1] + y];
    hold();
    redraw();
  }

  /** The part of the photo that is on the screen, in CSS pixels: left, right. */
  const visible = () => [Math.max(0, offset[0]), Math.min(shown.width, offset[0] + size[0] * scale)];

  // --- drawing

  function drawLayer(bitmap) {
    if (bitmap) context.drawImage(bitmap, 0, 0, size[0], size[1]);
  }

  function drawRender() {
    // Drafts are about as large as the screen: more care than this is not seen, and takes the time of the next.
    if (layers.draft) context.imageSmoothingQuality = "low";
    drawLayer(layers.draft ?? layers.source); // the photo is seen until the first draft is there
    context.imageSmoothingQuality = "high";
    context.imageSmoothingEnabled = scale * shown.ratio < CRISP_FROM;
    for (const { box, bitmap } of tiles) {
      context.drawImage(bitmap, box[0], box[1], box[2] - box[0], box[3] - box[1]);
    }
    context.imageSmoothingEnabled = true;
    context.globalAlpha = 1;
    drawLayer(layers.overlay);
  }

  function draw() {
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (!size) return place();
    const k = scale * shown.ratio;
    context.setTransform(k, 0, 0, k, offset[0] * shown.ratio, offset[1] * shown.ratio);
    context.imageSmoothingQuality = "high";
    const other = compared && layers[compared];
    if (before) {
      drawLayer(layers.source);
    } else if (other) {
      const at = (dividerAt() - offset[0]) / scale;
      for (const [left, right, paint] of [
        [0, at, () => drawLayer(other)],
        [at, size[0], drawRender],
      ]) {
        context.save();
        context.beginPath();
        context.rect(left, 0, right - left, size[1]);
        context.clip();
        paint();
        context.restore();
      }
    } else {
      drawRender();
    }
    drawBrush();
    place();
  }

  function drawBrush() {
    if (!brush) return;
    const radius = brush.radius * Math.max(...size);
    if (stroke?.length) {
      context.save();
      context.globalAlpha = 0.45;
      context.strokeStyle = context.fillStyle = brush.colour;
      context.lineWidth = 2 * radius;
      context.lineCap = context.lineJoin = "round";
      context.beginPath();
      stroke.forEach(([x, y], index) => context[index ? "lineTo" : "moveTo"](x * size[0], y * size[1]));
      if (stroke.length === 1) context.lineTo(stroke[0][0] * size[0], stroke[0][1] * size[1] + 0.01);
      context.stroke();
      context.restore();
    }
    const at = hover ? toPhoto(...hover) : cursor;
    if (!at) return;
    context.beginPath();
    context.arc(at[0] * size[0], at[1] * size[1], radius, 0, 2 * Math.PI);
    for (const [colour, width] of [["rgb(0 0 0 / 0.7)", 3], ["#fff", 1.25]]) {
      context.strokeStyle = colour;
      context.lineWidth = width / scale;
      context.stroke();
    }
  }

  const dividerAt = () => {
    const [left, right] = visible();
    return left + split * (right - left);
  };

  /** Put the parts that are no pixels where they belong. */
  function place() {
    const put = (part, at) => {
      part.hidden = !at;
      if (at) part.style.transform = `translate(${at[0].toFixed(1)}px, ${at[1].toFixed(1)}px)`;
    };
    put(marker, size && mark && !before && !brush ? toScreen(mark.x, mark.y) : null);
    if (!marker.hidden) marker.classList.toggle("view-marker-flip", toScreen(mark.x, mark.y)[0] > shown.width - 150);
    put(cross, size && cursor && document.activeElement === canvas ? toScreen(...cursor) : null);
    const halves = size && compared && layers[compared] && !before;
    put(divider, halves ? [dividerAt(), 0] : null);
    divider.setAttribute("aria-valuenow", Math.round(split * 100));
    const [left, right] = size ? visible() : [0, 0];
    const top = Math.max(offset[1], 0);
    put(labels[0], halves && labels[0].textContent ? [left, top] : null);
    put(labels[1], halves && labels[1].textContent ? [right, top] : null);
  }

  // --- pointers

  const pointers = new Map();
  let pressed = null; // {at, moved, pans}
  let pinch = null;

  function beginPinch() {
    const [a, b] = [...pointers.values()];
    pinch = { length: Math.hypot(a[0] - b[0], a[1] - b[1]), middle: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], scale };
    stroke = null;
    pressed = null;
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (!size || event.button > 1) return;
    canvas.setPointerCapture(event.pointerId);
    const at = local(event);
    pointers.set(event.pointerId, at);
    cursor = null;
    if (pointers.size === 2) return beginPinch();
    if (pointers.size > 2) return;
    const paints = brush && event.button === 0 && !event.altKey && inside(toPhoto(...at));
    pressed = { at, last: at, moved: false, button: event.button };
    stroke = paints ? [toPhoto(...at)] : null;
    hover = at;
    redraw();
  });

  canvas.addEventListener("pointermove", (event) => {
    if (!size) return;
    const at = local(event);
    hover = event.pointerType === "touch" && !pointers.has(event.pointerId) ? null : at;
    if (brush) redraw();
    if (!pointers.has(event.pointerId)) return;
    pointers.set(event.pointerId, at);
    if (pinch && pointers.size >= 2) {
      const [a, b] = [...pointers.values()];
      const middle = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
      offset = [offset[0] + middle[0] - pinch.middle[0], offset[1] + middle[1] - pinch.middle[1]];
      pinch.middle = middle;
      zoomTo((pinch.scale * Math.hypot(a[0] - b[0], a[1] - b[1])) / pinch.length, middle);
    } else if (stroke) {
      stroke.push(...coalesced(event).map((point) => toPhoto(...local(point)).map((share) => clamp(share, 0, 1))));
      redraw();
    } else if (pressed) {
      pressed.moved ||= Math.hypot(at[0] - pressed.at[0], at[1] - pressed.at[1]) > CLICK_PX;
      if (pressed.moved) panBy(at[0] - pressed.last[0], at[1] - pressed.last[1]);
      pressed.last = at;
    }
  });

  const coalesced = (event) => {
    const all = event.getCoalescedEvents?.() ?? [];
    return all.length ? all : [event];
  };

  function release(event) {
    if (!pointers.delete(event.pointerId)) return;
    if (event.type === "pointercancel") stroke = pressed = null;
    if (pinch) {
      if (pointers.size < 2) pinch = null;
    } else if (stroke) {
      const points = stroke;
      stroke = null;
      callbacks.onStroke?.(points);
    } else if (pressed && !pressed.moved && pressed.button === 0 && !brush) {
      const at = toPhoto(...local(event));
      if (inside(at)) callbacks.onPick?.(...at);
    }
    if (pointers.size === 0) pressed = null;
    redraw();
  }
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", () => {
    hover = null;
    redraw();
  });
  canvas.addEventListener(
    "wheel",
    (event) => {
      if (!size) return;
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 16 : 1;
      if (event.shiftKey) return panBy(-(event.deltaX + event.deltaY) * lines, 0);
      const speed = event.ctrlKey ? 0.01 : 0.002; // a pinch of the trackpad says less per event than a wheel
      zoomTo(scale * Math.exp(clamp(-event.deltaY * lines * speed, -0.5, 0.5)), local(event));
    },
    { passive: false },
  );

  // --- keys

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  function follow() {
    const [x, y] = toScreen(...cursor);
    const room = 24;
    panBy(clamp(x, room, shown.width - room) - x, clamp(y, room, shown.height - room) - y);
  }

  canvas.addEventListener("keydown", (event) => {
    if (!size || event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    if (arrow && event.shiftKey) {
      panBy(-arrow[0] * 60, -arrow[1] * 60);
    } else if (arrow) {
      const step = 24 / (scale * Math.max(...size)); // even on the screen, whatever the zoom
      const [x, y] = cursor ?? (mark ? [mark.x, mark.y] : [0.5, 0.5]);
      const longer = Math.max(...size);
      cursor = [
        clamp(x + (arrow[0] * step * longer) / size[0], 0, 1),
        clamp(y + (arrow[1] * step * longer) / size[1], 0, 1),
      ];
      hover = null;
      follow();
      callbacks.onCursor?.(...cursor);
    } else if (event.key === "Enter" || event.key === " ") {
      const at = cursor ?? (mark ? [mark.x, mark.y] : [0.5, 0.5]);
      if (brush) callbacks.onStroke?.([at]);
      else callbacks.onPick?.(...at);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    redraw();
  });
  canvas.addEventListener("focus", redraw);
  canvas.addEventListener("blur", redraw);

  // --- the divider of a comparison

  function splitTo(share) {
    split = clamp(share, 0, 1);
    callbacks.onSplit?.(split);
    redraw();
  }
  divider.addEventListener("pointerdown", (event) => {
    divider.setPointerCapture(event.pointerId);
    event.preventDefault();
    divider.focus({ preventScroll: true });
  });
  divider.addEventListener("pointermove", (event) => {
    if (!divider.hasPointerCapture(event.pointerId)) return;
    const [left, right] = visible();
    splitTo((local(event)[0] - left) / Math.max(right - left, 1));
  });
  divider.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -0.02, ArrowDown: -0.02, ArrowRight: 0.02, ArrowUp: 0.02, PageUp: 0.1, PageDown: -0.1 };
    const to = event.key === "Home" ? 0 : event.key === "End" ? 1 : event.key in step ? split + step[event.key] : null;
    if (to === null) return;
    event.preventDefault();
    event.stopPropagation();
    splitTo(to);
  });

  // --- the window

  function measure() {
    const box = root.getBoundingClientRect();
    shown = { width: Math.max(box.width, 1), height: Math.max(box.height, 1), ratio: window.devicePixelRatio || 1 };
    canvas.width = Math.round(shown.width * shown.ratio);
    canvas.height = Math.round(shown.height * shown.ratio);
    if (size) fitted ? fit() : zoomTo(scale);
    draw(); // at once: a canvas that was measured anew is empty
  }
  const observer = new ResizeObserver(measure);
  observer.observe(root);
  measure();

  return {
    /** Show nothing. */
    clear() {
      size = null;
      layers = {};
      tiles = [];
      mark = cursor = stroke = null;
      redraw();
    },
    /** Begin a photo of `width` x `height` pixels; its layers come after. What is shown already stays under them. */
    setPhoto(width, height) {
      size = [width, height];
      layers = { source: layers.source };
      tiles = [];
      mark = cursor = stroke = null;
      fit();
    },
    /** Take a bitmap (or null) as "source", "draft", "phone" or "overlay". A new draft ends the tiles of the last. */
    setLayer(name, bitmap) {
      if (name === "draft") tiles = [];
      layers = { ...layers, [name]: bitmap };
      redraw();
    },
    /** Lay a box [x0, y0, x1, y1] of the full picture, `by` times smaller, over the draft. */
    addTile(box, bitmap, by = 1) {
      tiles = [...tiles, { box, bitmap, by }].sort((a, b) => b.by - a.by);
      redraw();
    },
    /** Show the photo as it was, while asked. */
    setBefore(on) {
      before = on;
      redraw();
    },
    /** Compare with "source" or "phone", or not (null); the words stand in the two halves' corners. */
    setCompared(layer, words = ["", ""]) {
      compared = layer;
      labels.forEach((label, index) => (label.textContent = words[index]));
      redraw();
    },
    /** Mark {x, y, text}, or nothing. */
    setMarker(next) {
      mark = next;
      if (markerText.textContent !== (next?.text ?? "")) markerText.textContent = next?.text ?? "";
      place(); // no pixel of the picture changes
    },
    /** Paint with {radius, colour} instead of picking; null picks again. */
    setBrush(next) {
      brush = next;
      canvas.classList.toggle("view-paints", Boolean(next));
      redraw();
    },
    setLabels({ label, splitLabel }) {
      canvas.setAttribute("aria-label", label);
      divider.setAttribute("aria-label", splitLabel);
    },
    zoomBy: (factor) => zoomTo(scale * factor),
    zoomToPercent: (wanted) => zoomTo(wanted / 100 / shown.ratio),
    fit,
    panBy,
    get percent() {
      return size ? percent() : 100;
    },
    get fitted() {
      return fitted;
    },
    /** Device pixels that the whole photo takes in width when it fits. */
    get fitWidth() {
      return size ? Math.round(size[0] * fitScale() * shown.ratio) : 0;
    },
    /** Where one looks: the middle of the visible part. */
    get centre() {
      return size ? toPhoto(shown.width / 2, shown.height / 2).map((share) => clamp(share, 0, 1)) : [0.5, 0.5];
    },
    /** Where a point of the photo lies on the page, in CSS pixels. */
    where(x, y) {
      const box = canvas.getBoundingClientRect();
      const [left, top] = toScreen(x, y);
      return [box.left + left, box.top + top];
    },
    focus: () => canvas.focus(),
    destroy() {
      observer.disconnect();
      root.remove();
    },
  };
}

"use strict";
(() => {
  // Each picture stands in the page once, where it is seen without this script too.
  const pictures = new Map([...document.querySelectorAll("img[data-picture]")].map((img) => [img.dataset.picture, img]));
  const root = document.documentElement, MOST = 16;
  const view = { zoom: 1, x: 0.5, y: 0.5 };

  // One zoom and one centre, in shares of the picture, for every frame that moves.
  function show() {
    view.zoom = Math.min(Math.max(view.zoom, 1), MOST);
    const half = 0.5 / view.zoom;
    view.x = Math.min(Math.max(view.x, half), 1 - half);
    view.y = Math.min(Math.max(view.y, half), 1 - half);
    root.style.setProperty("--zoom", view.zoom);
    root.style.setProperty("--x", 100 * (0.5 - view.x * view.zoom));
    root.style.setProperty("--y", 100 * (0.5 - view.y * view.zoom));
    root.classList.toggle("zoomed", view.zoom > 1);
    document.getElementById("zoom").textContent = view.zoom.toFixed(1) + "×";
  }

  // What lies under the point (in shares of the frame) stays there.
  function zoomAt(factor, px, py) {
    const before = view.zoom;
    view.zoom = Math.min(Math.max(before * factor, 1), MOST);
    view.x += (px - 0.5) * (1 / before - 1 / view.zoom);
    view.y += (py - 0.5) * (1 / before - 1 / view.zoom);
    show();
  }

  function choose() {
    const names = ["left", "right"].map((side) => document.getElementById(side).value);
    for (const img of document.querySelectorAll("img[data-side]")) {
      const name = names[+img.dataset.side];
      const shown = pictures.get(img.dataset.crop ? name + "/" + img.dataset.crop : name);
      img.src = shown.src;
      img.alt = shown.alt;
      const tag = img.closest(".frame").querySelector(+img.dataset.side ? ".tag.right" : ".tag.left");
      tag.textContent = shown.alt;
    }
  }

  for (const side of ["left", "right"]) document.getElementById(side).addEventListener("change", choose);
  for (const slider of document.querySelectorAll("input[type=range]")) {
    const frame = document.getElementById(slider.dataset.frame);
    const split = () => frame.style.setProperty("--split", slider.value + "%");
    slider.addEventListener("input", split);
    split();
  }
  document.getElementById("in").addEventListener("click", () => zoomAt(1.5, 0.5, 0.5));
  document.getElementById("out").addEventListener("click", () => zoomAt(1 / 1.5, 0.5, 0.5));
  document.getElementById("whole").addEventListener("click", () => { view.zoom = 1; show(); });

  const STEP = 0.1;
  const moved = (x, y) => () => { view.x += STEP * x / view.zoom; view.y += STEP * y / view.zoom; show(); };
  const KEYS = {
    ArrowLeft: moved(-1, 0), ArrowRight: moved(1, 0), ArrowUp: moved(0, -1), ArrowDown: moved(0, 1),
    "+": () => zoomAt(1.5, 0.5, 0.5), "=": () => zoomAt(1.5, 0.5, 0.5), "-": () => zoomAt(1 / 1.5, 0.5, 0.5),
    0: () => { view.zoom = 1; show(); },
  };
  document.getElementById("main").addEventListener("keydown", (event) => {
    const plain = !(event.ctrlKey || event.metaKey || event.altKey);
    // Arrows scroll the page, as everywhere, while there is nothing to move.
    if (!plain || !(event.key in KEYS) || (event.key.startsWith("Arrow") && view.zoom === 1)) return;
    event.preventDefault();
    KEYS[event.key]();
  });

  for (const frame of document.querySelectorAll(".frame.moves")) {
    const down = new Map();
    const share = (event) => {
      const box = frame.getBoundingClientRect();
      return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    };
    const spread = () => {
      const [a, b] = [...down.values()];
      return Math.hypot(a[0] - b[0], a[1] - b[1]);
    };
    frame.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey && view.zoom === 1 && event.deltaY > 0) return;
      event.preventDefault();
      zoomAt(Math.exp(-event.deltaY / 300), ...share(event));
    }, { passive: false });
    frame.addEventListener("dblclick", (event) => zoomAt(2, ...share(event)));
    frame.addEventListener("pointerdown", (event) => {
      down.set(event.pointerId, share(event));
      frame.setPointerCapture(event.pointerId);
    });
    frame.addEventListener("pointermove", (event) => {
      if (!down.has(event.pointerId)) return;
      const before = down.get(event.pointerId), now = share(event);
      if (down.size === 2) {
        const was = spread();
        down.set(event.pointerId, now);
        zoomAt(spread() / Math.max(was, 1e-3), ...now);
        return;
      }
      down.set(event.pointerId, now);
      view.x -= (now[0] - before[0]) / view.zoom;
      view.y -= (now[1] - before[1]) / view.zoom;
      show();
    });
    for (const end of ["pointerup", "pointercancel"]) frame.addEventListener(end, (event) => down.delete(event.pointerId));
  }
  choose();
  show();
})();

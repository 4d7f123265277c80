// Photos that are dragged into the page, pasted, or chosen.

import { $ } from "./dom.mjs";

/** `open(files)` takes them. */
export function acceptFiles(open) {
  let inside = 0; // dragenter and dragleave come for every part that is crossed
  const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const show = () => ($("drop").hidden = inside <= 0);

  window.addEventListener("dragenter", (event) => {
    if (!carriesFiles(event)) return;
    inside += 1;
    show();
  });
  window.addEventListener("dragleave", (event) => {
    if (!carriesFiles(event)) return;
    inside -= 1;
    show();
  });
  window.addEventListener("dragover", (event) => {
    if (carriesFiles(event)) event.preventDefault();
  });
  window.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    inside = 0;
    show();
    open([...event.dataTransfer.files]);
  });
  window.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) open(files);
  });
  for (const id of ["open-file", "empty-open"]) $(id).addEventListener("click", () => $("file").click());
  $("file").addEventListener("change", () => {
    open([...$("file").files]);
    $("file").value = "";
  });
}

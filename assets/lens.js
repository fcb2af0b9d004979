// Runs when the page opens: a closer look at all pictures of a pair alike, and boxes drawn around faults.
() => {
  const CLOSEST = 12, STEP = 1.5; // how many times larger, at most and by one press
  const SMALLEST = 5; // pixels on the screen: less is a click and no box
  const NUDGE = 0.04; // by one press of an arrow key, as a share of what is to be seen of a picture
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const view = { zoom: 1, x: 0.5, y: 0.5 }; // x, y: the place, as a share of each picture, that stays where it is
  const fingers = new Map(); // where each finger on the pictures was last
  let drawing = null; // the frame of the picture, and the corner where the box began

  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
  const marking = () => "marking" in document.body.dataset;
  // A picture fills its frame in one direction only: where it is, if its frame is there.
  const area = (image, frame) => {
    const scale = Math.min(frame.width / image.naturalWidth, frame.height / image.naturalHeight);
    const [width, height] = [image.naturalWidth * scale, image.naturalHeight * scale];
    const [left, top] = [frame.left + (frame.width - width) / 2, frame.top + (frame.height - height) / 2];
    return { left, top, width, height };
  };
  const place = (event, { left, top, width, height }) =>
    [clamp((event.clientX - left) / width, 0, 1), clamp((event.clientY - top) / height, 0, 1)];
  // The places of a picture as they are with nothing enlarged, and as they are now.
  const whole = (frame) => area(frame.querySelector("img"), frame.getBoundingClientRect());
  const enlarged = (frame) => area(frame.querySelector("img"), frame.querySelector("img").getBoundingClientRect());
  const frameOf = (event) => {
    const frame = event.target.closest?.(".paired .image-container > button")?.querySelector(".image-frame");
    return frame?.querySelector("img")?.naturalWidth ? frame : null;
  };

  const look = (zoom, x = view.x, y = view.y) => {
    Object.assign(view, { zoom: clamp(zoom, 1, CLOSEST), x: clamp(x, 0, 1), y: clamp(y, 0, 1) });
    document.body.style.setProperty("--closer", view.zoom);
    for (const frame of document.querySelectorAll(".paired .image-frame")) {
      const { left, top, width, height } = frame.getBoundingClientRect(), picture = whole(frame);
      const x = (picture.left - left + view.x * picture.width) / width;
      const y = (picture.top - top + view.y * picture.height) / height;
      for (const layer of frame.children) {
        layer.style.transformOrigin = `${100 * x}% ${100 * y}%`;
        layer.style.transform = view.zoom > 1 ? `scale(${view.zoom})` : "";
      }
    }
  };
  const mark = (on) => {
    document.body.toggleAttribute("data-marking", on); // its value is the side whose box the keys move, once they do
    document.querySelector("#bench-mark")?.setAttribute("aria-pressed", on);
  };
  const erase = (frame) => frame.querySelector(".fault")?.remove();
  const box = (frame, edges) => {
    const { naturalWidth, naturalHeight } = frame.querySelector("img");
    const [left, top, right, bottom] = edges.map((edge) => Number(edge.toFixed(4)));
    erase(frame);
    // Fits its frame just as the picture does, so that it stays in place whatever the frame's size.
    const name = document.documentElement.lang === "zh-CN" ? "标记的瑕疵" : "A marked fault";
    frame.insertAdjacentHTML("beforeend", `<svg class="fault" data-box="[${[left, top, right, bottom]}]" role="img"
      aria-label="${name}" viewBox="0 0 ${naturalWidth} ${naturalHeight}"><rect x="${left * naturalWidth}"
      y="${top * naturalHeight}" width="${(right - left) * naturalWidth}"
      height="${(bottom - top) * naturalHeight}"/></svg>`);
    look(view.zoom);
  };
  const draw = (event) => {
    const { frame, from } = drawing, to = place(event, enlarged(frame));
    box(frame, [Math.min, Math.max].flatMap((pick) => [0, 1].map((axis) => pick(from[axis], to[axis]))));
  };
  // The box by keys: begun in the middle of what is to be seen, moved, or sized at its right and lower edges.
  const nudge = (frame, [across, down], sizes) => {
    const step = NUDGE / view.zoom, [x, y] = [view.x, view.y].map((at) => at + (0.5 - at) / view.zoom);
    const there = frame.querySelector(".fault")?.dataset.box;
    if (!there) return box(frame, [x - 3 * step, y - 3 * step, x + 3 * step, y + 3 * step]);
    const [left, top, right, bottom] = JSON.parse(there);
    if (sizes) {
      return box(frame, [left, top, clamp(right + across * step, left + step, 1),
        clamp(bottom + down * step, top + step, 1)]);
    }
    const [by, sink] = [clamp(across * step, -left, 1 - right), clamp(down * step, -top, 1 - bottom)];
    box(frame, [left + by, top + sink, right + by, bottom + sink]);
  };
  const pan = (arrow) => { // by the same share of what is to be seen, however close
    const step = 2 * NUDGE / (view.zoom - 1);
    look(view.zoom, view.x + step * arrow[0], view.y + step * arrow[1]);
  };
  const pinchOrDrag = (event, frame) => {
    const before = fingers.get(event.pointerId);
    const other = [...fingers.values()].find((one) => one.pointerId !== event.pointerId);
    const { width, height } = whole(frame);
    const distance = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    if (other) {
      if (view.zoom === 1) Object.assign(view, Object.fromEntries(["x", "y"].map((axis, index) =>
        [axis, (place(event, whole(frame))[index] + place(other, whole(frame))[index]) / 2])));
      look(view.zoom * distance(event) / Math.max(distance(before), 1));
    } else if (view.zoom > 1) {
      look(view.zoom, view.x - (event.clientX - before.clientX) / width / (view.zoom - 1),
        view.y - (event.clientY - before.clientY) / height / (view.zoom - 1));
    }
    fingers.set(event.pointerId, event);
  };

  document.addEventListener("pointerdown", (event) => {
    const frame = frameOf(event);
    if (!frame) return;
    if (!marking()) {
      if (event.pointerType === "touch") fingers.set(event.pointerId, event);
    } else if (frame.closest("#bench-left, #bench-right") && event.isPrimary && event.button === 0) {
      erase(frame);
      drawing = { frame, from: place(event, enlarged(frame)) };
      event.target.setPointerCapture(event.pointerId);
    }
  });
  document.addEventListener("pointermove", (event) => {
    const frame = frameOf(event);
    if (drawing) {
      if (event.isPrimary) draw(event);
    } else if (frame && fingers.has(event.pointerId)) pinchOrDrag(event, frame);
    else if (frame && event.pointerType !== "touch" && !marking()) look(view.zoom, ...place(event, whole(frame)));
  });
  for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, (event) => {
    fingers.delete(event.pointerId);
    if (!drawing || !event.isPrimary) return;
    const drawn = drawing.frame.querySelector(".fault rect")?.getBoundingClientRect();
    if (drawn && Math.min(drawn.width, drawn.height) < SMALLEST) erase(drawing.frame);
    drawing = null;
  });
  document.addEventListener("wheel", (event) => {
    const frame = frameOf(event);
    if (!frame || (view.zoom === 1 && event.deltaY >= 0 && !event.ctrlKey)) return; // the page scrolls
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode ? 33 : 1); // some browsers count lines
    const zoom = view.zoom * Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.002)); // a pinched touchpad holds ctrl
    look(zoom, ...(marking() ? [] : place(event, whole(frame))));
  }, { passive: false });
  document.addEventListener("touchstart", (event) => { // or the page would scroll
    if (frameOf(event) && (event.touches.length > 1 || view.zoom > 1 || marking())) event.preventDefault();
  }, { passive: false });
  document.addEventListener("dragstart", (event) => { // of the picture's file, by the browser
    if (frameOf(event)) event.preventDefault();
  });
  const PRESSES = { "bench-closer": () => look(view.zoom * STEP), "bench-farther": () => look(view.zoom / STEP),
    "bench-whole": () => look(1), "bench-mark": () => mark(!marking()) };
  document.addEventListener("click", (event) => PRESSES[event.target.closest("#bench-lens button")?.id]?.());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(marking() || view.zoom > 1)) return;
    if (event.target.closest("input, textarea, select, [contenteditable=true], [role=tab], [role=slider]")) return;
    const side = document.body.dataset.marking || "left", arrow = ARROWS[event.key];
    const frame = document.querySelector(`#bench-${side} .image-frame`);
    if (!frame?.offsetParent) return; // the bench is not on show
    const crosses = marking() && event.key.toLowerCase() === "x";
    if (arrow && marking()) nudge(frame, arrow, event.shiftKey);
    else if (arrow) pan(arrow);
    else if (marking() && ["Delete", "Backspace"].includes(event.key)) erase(frame);
    else if (!crosses) return;
    event.preventDefault();
    if (marking()) document.body.dataset.marking = crosses === (side === "left") ? "right" : "left";
  });
  addEventListener("resize", () => look(view.zoom));
  document.addEventListener("pair", () => {
    document.querySelectorAll(".fault").forEach((one) => one.remove());
    drawing = null;
    fingers.clear();
    mark(false);
    look(1, 0.5, 0.5);
  });
  document.addEventListener("pictures", () => { // those of a pair are there: so are its boxes from before an undo
    const boxes = JSON.parse(document.querySelector("#bench .asked")?.dataset.boxes ?? "[]");
    ["left", "right"].forEach((side, index) => {
      const frame = document.querySelector(`#bench-${side} .image-frame`);
      if (boxes[index] && frame?.querySelector("img") && !frame.querySelector(".fault")) box(frame, boxes[index]);
    });
  });
}

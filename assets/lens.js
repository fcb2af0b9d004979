// Runs when the page opens: a closer look at all pictures of a pair alike, and boxes drawn around faults.
() => {
  const CLOSEST = 12, STEP = 1.5; // how many times larger, at most and by one press
  const SMALLEST = 5; // pixels on the screen: less is a click and no box
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
    document.body.toggleAttribute("data-marking", on);
    document.querySelector("#bench-mark")?.setAttribute("aria-pressed", on);
  };
  const draw = (event) => {
    const { frame, from } = drawing, { naturalWidth, naturalHeight } = frame.querySelector("img");
    const to = place(event, enlarged(frame));
    const [left, top, right, bottom] = [Math.min, Math.max].flatMap((pick) =>
      [0, 1].map((axis) => Number(pick(from[axis], to[axis]).toFixed(4))));
    frame.querySelector(".fault")?.remove();
    // Fits its frame just as the picture does, so that it stays in place whatever the frame's size.
    frame.insertAdjacentHTML("beforeend", `<svg class="fault" data-box="[${[left, top, right, bottom]}]" role="img"
      aria-label="A marked fault" viewBox="0 0 ${naturalWidth} ${naturalHeight}"><rect x="${left * naturalWidth}"
      y="${top * naturalHeight}" width="${(right - left) * naturalWidth}"
      height="${(bottom - top) * naturalHeight}"/></svg>`);
    look(view.zoom);
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
      frame.querySelector(".fault")?.remove();
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
    const box = drawing.frame.querySelector(".fault rect")?.getBoundingClientRect();
    if (box && Math.min(box.width, box.height) < SMALLEST) drawing.frame.querySelector(".fault").remove();
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
  addEventListener("resize", () => look(view.zoom));
  document.addEventListener("pair", () => {
    document.querySelectorAll(".fault").forEach((one) => one.remove());
    drawing = null;
    fingers.clear();
    mark(false);
    look(1, 0.5, 0.5);
  });
}

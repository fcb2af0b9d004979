// Runs when the page opens: keys for the bench, and no vote by a press that was not meant for the pair on show.
() => {
  const KEYS = { 1: "#bench-votes button:nth-of-type(1)", 2: "#bench-votes button:nth-of-type(2)",
    3: "#bench-votes button:nth-of-type(3)", 4: "#bench-votes button:nth-of-type(4)",
    z: "#bench-undo", " ": "#bench-skip" };
  const PAUSE = 350; // milliseconds: nobody judges faster, but double clicks and impatient presses come
  let shown = null, changed = 0, pressed = 0;
  new MutationObserver(() => {
    const pair = document.querySelector("#bench .asked")?.dataset.pair;
    if (pair !== shown) [shown, changed] = [pair, Date.now()];
  }).observe(document.body, { attributes: true, attributeFilter: ["data-pair"], childList: true, subtree: true });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("#bench-votes button, #bench-undo, #bench-skip");
    if (!button) return;
    const now = Date.now();
    if (now - Math.max(changed, pressed) < PAUSE) {
      event.stopImmediatePropagation();
      event.preventDefault();
      return;
    }
    pressed = now;
    if (event.detail) button.blur(); // else the space key, which skips, would press it again
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS)) return;
    const field = "textarea, select, [contenteditable=true], input:not([type=radio]):not([type=checkbox])";
    if (event.target.closest(field)) return;
    if (event.key === " " && event.target.closest("button, input, summary, a")) return;
    const button = document.querySelector(KEYS[event.key]);
    if (!button || button.offsetParent === null) return; // the bench is not on show
    event.preventDefault();
    button.click();
  });
}

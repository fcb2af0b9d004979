// Runs when the page opens: keys for the bench, and no vote by a press that was not meant for the pair on show.
() => {
  const KEYS = { 1: "#bench-votes button:nth-of-type(1)", 2: "#bench-votes button:nth-of-type(2)",
    3: "#bench-votes button:nth-of-type(3)", 4: "#bench-votes button:nth-of-type(4)",
    z: "#bench-undo", " ": "#bench-skip", "+": "#bench-closer", "=": "#bench-closer", "-": "#bench-farther",
    0: "#bench-whole", b: "#bench-mark" };
  const CHOICE = "#bench input:is([type=radio], [type=checkbox])";
  const PAUSE = 350; // milliseconds: nobody judges faster, but double clicks and impatient presses come
  let shown = null, timer = null, fetched = null;
  const settle = () => { // the body says whether a press would count, for the eye and for tests
    document.body.dataset.bench = "settling";
    clearTimeout(timer);
    timer = setTimeout(() => { // pictures that are still on their way are not judged yet
      const there = [...document.querySelectorAll(".paired img")].every((one) => one.complete);
      if (!there) return settle();
      document.body.dataset.bench = "ready";
      if (shown !== fetched) {
        document.dispatchEvent(new Event("pictures"));
        document.querySelector("#bench-ahead")?.click(); // the next pair's pictures, meanwhile
      }
      fetched = shown;
    }, PAUSE);
  };
  new MutationObserver(() => {
    const pair = document.querySelector("#bench .asked")?.dataset.pair;
    if (pair === shown) return;
    const number = (one) => one?.split("-")[0]; // the rest tells when it was shown, perhaps once more
    if (number(pair) !== number(shown)) {
      document.dispatchEvent(new Event("pair"));
      document.activeElement?.closest(CHOICE)?.blur(); // or the next key would score the new pair
    }
    shown = pair;
    settle();
  }).observe(document.body, { attributes: true, attributeFilter: ["data-pair"], childList: true, subtree: true });
  // A choice by the mouse is over with it: the keys are the bench's again. One that is reached by keys keeps them.
  let pressed = false;
  document.addEventListener("pointerdown", (event) => { pressed = !!event.target.closest("label"); }, true);
  document.addEventListener("keydown", () => { pressed = false; }, true);
  document.addEventListener("change", (event) => {
    const choice = pressed && event.target.closest(CHOICE);
    if (choice) setTimeout(() => choice.blur());
  }, true);
  document.addEventListener("click", (event) => {
    // Else the space key, which skips, would press what was last clicked on.
    if (event.detail) event.target.closest("#bench button, .paired button")?.blur();
    const button = event.target.closest("#bench-votes button, #bench-undo, #bench-skip");
    if (!button) return;
    if (document.body.dataset.bench === "settling") {
      event.stopImmediatePropagation();
      event.preventDefault();
      return;
    }
    settle();
  }, true);
  document.addEventListener("keydown", (event) => {
    if (!event.key || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    // With Caps Lock on a letter is a capital; on some layouts digits are the shifted ones of their row.
    const digit = event.shiftKey ? "" : event.code?.replace("Digit", "");
    const key = [event.key.toLowerCase(), digit].find((one) => one in KEYS);
    if (key === undefined) return;
    const field = "textarea, select, [contenteditable=true], input:not([type=radio]):not([type=checkbox])";
    if (event.target.closest(field)) return;
    if (key === " " && event.target.closest("button, input, summary, a")) return;
    const button = document.querySelector(KEYS[key]);
    if (!button || button.offsetParent === null) return; // the bench is not on show
    event.preventDefault();
    button.click();
  });
}

// Runs when the page opens: gives parts of gradio's markup the roles and names that screen readers need.
() => {
  // The page's own words are English or simplified Chinese, whatever gradio's are: for screen readers and style.css.
  const chinese = navigator.language === "zh-CN";
  document.documentElement.lang = chinese ? "zh-CN" : "en";
  // Stop takes the place of the button that was pressed: the second click of a double click must not hit it.
  let pressed = -Infinity;
  document.addEventListener("click", (click) => {
    const button = click.target.closest(".run");
    if (!button) return;
    if (!button.classList.contains("stop")) pressed = click.timeStamp;
    else if (click.timeStamp - pressed < 400) click.stopImmediatePropagation();
  }, true);
  const mend = () => {
    for (const empty of document.querySelectorAll('[aria-label="Empty value"]')) empty.setAttribute("role", "img");
    // Its children are buttons, which a list may not have.
    for (const examples of document.querySelectorAll("#chat .examples")) examples.removeAttribute("role");
    // A label names the first thing in it that it can, here the button that copies.
    for (const field of document.querySelectorAll(".token :is(textarea, input)")) {
      field.setAttribute("aria-label", field.closest("label")?.querySelector("span")?.textContent.trim() ?? "Token");
    }
    for (const example of document.querySelectorAll(".gallery-item")) {
      const number = [...example.parentElement.children].indexOf(example) + 1;
      if (!example.textContent.trim()) example.setAttribute("aria-label", `${chinese ? "示例" : "Example"} ${number}`);
    }
  };
  mend();
  new MutationObserver(mend).observe(document.body, { childList: true, subtree: true });
}

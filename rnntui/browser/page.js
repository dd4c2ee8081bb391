// Keys go to the terminal without a click on it: once its screen is there, and after a click beside it.
const focus = () => document.querySelector(".xterm-helper-textarea")?.focus();

addEventListener("DOMContentLoaded", () => {
  const drawn = new MutationObserver(() => {
    if (document.body.classList.contains("-first-byte")) {
      drawn.disconnect();
      focus();
    }
  });
  drawn.observe(document.body, { attributeFilter: ["class"] });
  addEventListener("mouseup", focus);
});

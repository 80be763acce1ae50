import { tellZone } from "./page";

/** The consumer's pages work without this: it only prevents a second press while the first is on its way. */
document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  if (form.dataset["sent"]) {
    event.preventDefault();
    return;
  }
  form.dataset["sent"] = "yes";
  form.setAttribute("aria-busy", "true");
  const button = form.querySelector<HTMLButtonElement>("button[data-busy]");
  if (button) button.textContent = button.dataset["busy"] ?? button.textContent;
});

// Coming back with the browser's Back button must not leave a dead form.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form")) {
    delete form.dataset["sent"];
    form.removeAttribute("aria-busy");
  }
});

tellZone();

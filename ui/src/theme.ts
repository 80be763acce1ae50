/** Light, dark or the system's choice; remembered in this browser. */
import { memory } from "./page";

export function applyTheme(choice: string | null): void {
  const root = document.documentElement;
  if (choice === "light" || choice === "dark") root.setAttribute("data-bs-theme", choice);
  else root.removeAttribute("data-bs-theme");
  for (const option of document.querySelectorAll<HTMLElement>("[data-theme-choice]")) {
    option.setAttribute("aria-pressed", String(option.dataset["themeChoice"] === (choice ?? "system")));
  }
}

export function installTheme(): void {
  applyTheme(memory.read("theme"));
  document.addEventListener("click", (event) => {
    const option = (event.target as Element).closest<HTMLElement>("[data-theme-choice]");
    if (!option) return;
    const choice = option.dataset["themeChoice"] === "system" ? null : option.dataset["themeChoice"] ?? null;
    memory.write("theme", choice);
    applyTheme(choice);
    document.dispatchEvent(new Event("gt:theme"));
  });
}

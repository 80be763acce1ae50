/** Toasts: short notices that may carry an undo; kept while the pointer or focus is on them. */
import { iconAddress, post } from "./page";
import { t } from "./words";

export interface Toast {
  text: string;
  /** go, wait, stop or act: what the notice means. */
  tone?: string;
  /** Address to POST to when the reader chooses undo. */
  undo?: string;
  seconds?: number;
}

const icons: Record<string, string> = {
  go: "allowed",
  wait: "warning",
  stop: "refused",
  act: "info",
};

export function toast({ text, tone = "act", undo, seconds = undo ? 10 : 6 }: Toast): void {
  const place = document.getElementById("gt-toasts");
  if (!place) return;
  const line = document.createElement("div");
  line.className = "toast-line";
  line.innerHTML =
    '<svg class="icon" aria-hidden="true"><use></use></svg><span class="text"></span>';
  line.querySelector("svg")?.classList.add(tone);
  line.querySelector("use")?.setAttribute("href", iconAddress(icons[tone] ?? "info"));
  const words = line.querySelector(".text");
  if (words) words.textContent = text;
  if (undo) line.append(button(t("Undo"), () => void take(undo, line)));
  line.append(button(t("Close"), () => line.remove()));
  place.append(line);
  leaveAfter(line, seconds * 1000);
}

function button(word: string, act: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "btn btn-sm";
  made.textContent = word;
  made.addEventListener("click", act);
  return made;
}

async function take(undo: string, line: HTMLElement): Promise<void> {
  line.remove();
  try {
    const answer = await post(undo);
    if (!answer.ok) throw new Error(String(answer.status));
    toast({ text: t("Undone."), tone: "go" });
    document.body.dispatchEvent(new CustomEvent("gt:undone", { bubbles: true }));
  } catch {
    toast({ text: t("This could not be undone. Please check the page."), tone: "stop" });
  }
}

function leaveAfter(line: HTMLElement, milliseconds: number): void {
  const wait = () =>
    window.setTimeout(() => {
      if (line.matches(":hover, :focus-within")) wait();
      else line.remove();
    }, milliseconds);
  wait();
}

/** Bars under the top bar: a lost connection says so, and goes by itself. */
import { iconAddress } from "./page";

const held = new Map<string, string>();

function draw(): void {
  const place = document.getElementById("gt-bars");
  if (!place) return;
  place.replaceChildren(
    ...[...held.values()].map((text) => {
      const bar = document.createElement("div");
      bar.className = "bar";
      bar.innerHTML = '<svg class="icon" aria-hidden="true"><use></use></svg><span></span>';
      bar.querySelector("use")?.setAttribute("href", iconAddress("offline"));
      const words = bar.querySelector("span");
      if (words) words.textContent = text;
      return bar;
    }),
  );
}

export function showBar(name: string, text: string): void {
  if (held.get(name) === text) return;
  held.set(name, text);
  draw();
}

export function clearBar(name: string): void {
  if (held.delete(name)) draw();
}

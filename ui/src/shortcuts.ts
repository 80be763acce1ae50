/** Keys: `/` searches, `g` and a letter goes somewhere, `?` lists them; others are declared in markup. */
import { memory, typing } from "./page";
import { t } from "./words";

/** Single keys may be switched off by people whose speech software types letters. */
export function keysOn(): boolean {
  return memory.read("keys") !== "off";
}

function press(selector: string): boolean {
  const found = [...document.querySelectorAll<HTMLElement>(selector)].find(
    (e) => e.getClientRects().length > 0,
  );
  if (!found) return false;
  if (found.matches("input, select, textarea")) found.focus();
  else found.click();
  return true;
}

function go(letter: string): boolean {
  return press(`.rail .entry[data-go="${CSS.escape(letter)}"]`);
}

function list(): void {
  if (document.querySelector("dialog.ask")) return;
  const dialog = document.createElement("dialog");
  dialog.className = "ask";
  dialog.setAttribute("aria-labelledby", "gt-keys-title");
  dialog.innerHTML =
    '<form method="dialog"><h2 id="gt-keys-title"></h2><dl class="keys"></dl>' +
    '<label class="form-check mt-3"><input type="checkbox" class="form-check-input">' +
    '<span class="form-check-label"></span></label>' +
    '<div class="buttons"><button class="btn" autofocus></button></div></form>';
  const set = (selector: string, text: string) => {
    const place = dialog.querySelector(selector);
    if (place) place.textContent = text;
  };
  set("h2", t("Keyboard shortcuts"));
  set(".form-check-label", t("Use single-key shortcuts"));
  set(".buttons button", t("Close"));
  const rows = dialog.querySelector("dl");
  for (const [keys, meaning] of known()) {
    const dt = document.createElement("dt");
    dt.append(
      ...keys.split(" ").map((k) => Object.assign(document.createElement("kbd"), { textContent: k })),
    );
    rows?.append(dt, Object.assign(document.createElement("dd"), { textContent: meaning }));
  }
  const box = dialog.querySelector<HTMLInputElement>("input");
  if (box) {
    box.checked = keysOn();
    box.addEventListener("change", () => memory.write("keys", box.checked ? null : "off"));
  }
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}

function known(): [string, string][] {
  const rows: [string, string][] = [["/", t("Search")]];
  for (const entry of document.querySelectorAll<HTMLElement>(".rail .entry[data-go]")) {
    rows.push([`g ${entry.dataset["go"] ?? ""}`, entry.textContent?.trim() ?? ""]);
  }
  for (const control of document.querySelectorAll<HTMLElement>("[data-key]")) {
    const word = control.getAttribute("aria-label") ?? control.dataset["keyWord"] ?? control.textContent;
    rows.push([control.dataset["key"] ?? "", word?.trim() ?? ""]);
  }
  for (const control of document.querySelectorAll<HTMLElement>("gt-phone [aria-keyshortcuts]")) {
    const word = control.querySelector(".word")?.textContent ?? "";
    rows.push([control.getAttribute("aria-keyshortcuts") ?? "", word]);
  }
  rows.push(["?", t("This list")]);
  return rows;
}

export function installShortcuts(): void {
  let waiting = 0;
  document.addEventListener("keydown", (event) => {
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!plain || event.isComposing || typing(event.target) || document.querySelector("dialog[open]")) {
      return;
    }
    if (event.key === "?") return void (list(), event.preventDefault());
    if (!keysOn()) return;
    const afterG = Date.now() - waiting < 1500;
    waiting = 0;
    let done = false;
    if (afterG) done = go(event.key);
    else if (event.key === "/") done = press("[data-search]");
    else if (event.key === "g") {
      waiting = Date.now();
      done = true;
    } else done = press(`[data-key="${CSS.escape(event.key)}"]:not(:disabled)`);
    if (done) event.preventDefault();
  });
}

/** Small behaviours of markup that works without script too. */
import { memory } from "./page";
import { toast } from "./toast";
import { t } from "./words";

function closeMenus(except?: Element | null): void {
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu[open]")) {
    if (menu !== except) menu.open = false;
  }
}

/** Menus close on a click outside, on Escape (focus returns) and after a choice. */
function menus(): void {
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const chosen = target.closest(".menu-body .item");
    closeMenus(chosen && !chosen.hasAttribute("data-stay") ? null : target.closest("details.menu"));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector<HTMLDetailsElement>("details.menu[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary")?.focus();
  });
}

/** Column choice: hides a table's columns in this browser and remembers it. */
export function applyColumns(root: ParentNode = document): void {
  for (const table of root.querySelectorAll<HTMLTableElement>("table[data-columns]")) {
    const hidden = new Set((memory.read(`columns.${table.dataset["columns"]}`) ?? "").split(","));
    for (const cell of table.querySelectorAll<HTMLElement>("[data-col]")) {
      cell.hidden = hidden.has(cell.dataset["col"] ?? "");
    }
    const chooser = document.querySelector(`[data-columns-of="${CSS.escape(table.dataset["columns"] ?? "")}"]`);
    for (const box of chooser?.querySelectorAll<HTMLInputElement>("input") ?? []) {
      box.checked = !hidden.has(box.value);
    }
  }
}

function columns(): void {
  document.addEventListener("change", (event) => {
    const chooser = (event.target as Element).closest<HTMLElement>("[data-columns-of]");
    if (!chooser) return;
    const off = [...chooser.querySelectorAll<HTMLInputElement>("input:not(:checked)")];
    memory.write(`columns.${chooser.dataset["columnsOf"]}`, off.map((b) => b.value).join(",") || null);
    applyColumns();
  });
  document.addEventListener("htmx:load", (e) => applyColumns((e.target as Element).parentNode ?? document));
  applyColumns();
}

/** Copy buttons: `data-copy` holds the text. */
function copying(): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-copy]");
    if (!button) return;
    void navigator.clipboard
      .writeText(button.dataset["copy"] ?? "")
      .then(() => toast({ text: t("Copied."), tone: "go", seconds: 2 }));
  });
}

/** Dialogs in the page: `data-open="#id"` opens, `data-close` closes. */
function dialogs(): void {
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const opener = target.closest<HTMLElement>("[data-open]");
    if (opener) document.querySelector<HTMLDialogElement>(opener.dataset["open"] ?? "")?.showModal();
    if (target.closest("[data-close]")) target.closest("dialog")?.close();
  });
}

/** Selects and boxes that filter send their form at once; without script there is a button. */
function submitting(): void {
  document.addEventListener("change", (event) => {
    const field = event.target as HTMLInputElement;
    if (field.matches?.("[data-submit]")) field.form?.requestSubmit();
  });
}

export function installMenus(): void {
  menus();
  columns();
  copying();
  dialogs();
  submitting();
}

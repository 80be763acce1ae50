/** Moving around swaps #main only: the rail, the phone and the live stream stay as they are. */
import htmx from "htmx.org";
import { toast } from "./toast";
import { t } from "./words";

interface Swap {
  xhr: XMLHttpRequest;
  boosted?: boolean;
  target: Element;
  shouldSwap: boolean;
  isError: boolean;
  serverResponse: string;
  selectOverride?: string;
  swapOverride?: string;
  elt: Element;
}

function isBoosted(detail: Swap & { requestConfig?: { boosted?: boolean } }): boolean {
  return Boolean(detail.boosted ?? detail.requestConfig?.boosted);
}

/** A boosted answer replaces #main; one that has no #main (signed out, say) is a new page. */
function routeBoosted(detail: Swap): void {
  const main = document.getElementById("main");
  if (!main || !/\sid="main"/.test(detail.serverResponse)) {
    detail.shouldSwap = false;
    window.location.assign(detail.xhr.responseURL || window.location.href);
    return;
  }
  detail.shouldSwap = true;
  detail.isError = false;
  detail.target = main;
  detail.selectOverride = "#main";
  detail.swapOverride = "outerHTML show:window:top";
}

interface Move extends Swap {
  history: { type: string; path: string };
  requestConfig: { verb: string };
}

/** A form that was refused is shown again where it was: its address may not be readable. */
function keepAddress(move: Move): void {
  if (move.requestConfig.verb === "get" || move.xhr.status < 400) return;
  move.history.type = "replace";
  move.history.path = window.location.pathname + window.location.search;
}

function explain(status: number): string {
  if (status === 401 || status === 403) {
    return t("You are signed out or may not do this. Please sign in again.");
  }
  if (status === 429) return t("That was too fast. Please wait a moment and try again.");
  return t("That did not work. Nothing was changed; please try again.");
}

function markRail(): void {
  const path = window.location.pathname;
  for (const entry of document.querySelectorAll<HTMLAnchorElement>(".rail .entry")) {
    const home = entry.pathname;
    if (path === home || path.startsWith(`${home.replace(/\/$/, "")}/`)) {
      entry.setAttribute("aria-current", "page");
    } else entry.removeAttribute("aria-current");
  }
}

function busy(on: boolean): void {
  document.getElementById("gt-working")?.classList.toggle("on", on);
}

/** After a move, readers of speech hear the new heading; the keyboard starts at the page. */
function announce(): void {
  const heading = document.querySelector("#main h1")?.textContent?.trim();
  const live = document.getElementById("gt-live");
  if (live && heading) live.textContent = heading;
  document.getElementById("main")?.focus({ preventScroll: true });
}

export function installNavigation(): void {
  let moving = 0;
  htmx.on("htmx:beforeSwap", (event) => {
    const detail = (event as CustomEvent<Swap>).detail;
    if (isBoosted(detail)) routeBoosted(detail);
    else if (detail.xhr.status === 422) {
      detail.shouldSwap = true;
      detail.isError = false;
    } else if (detail.xhr.status >= 400) {
      toast({ text: explain(detail.xhr.status), tone: "stop" });
    }
  });
  htmx.on("htmx:beforeRequest", (event) => {
    if (isBoosted((event as CustomEvent<Swap>).detail)) busy(++moving > 0);
  });
  htmx.on("htmx:afterRequest", (event) => {
    if (isBoosted((event as CustomEvent<Swap>).detail)) busy((moving = Math.max(0, moving - 1)) > 0);
  });
  htmx.on("htmx:sendError", () => {
    toast({ text: t("The server cannot be reached. Please try again."), tone: "stop" });
  });
  htmx.on("htmx:afterSettle", (event) => {
    markRail();
    if (((event as CustomEvent<Swap>).detail.elt as Element | undefined)?.id === "main") announce();
  });
  htmx.on("htmx:historyRestore", markRail);
  htmx.on("htmx:beforeHistoryUpdate", (event) => keepAddress((event as CustomEvent<Move>).detail));
  markRail();
}

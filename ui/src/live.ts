/** Live streams: one EventSource per page for small facts, htmx's own for swapped fragments. */
import htmx from "htmx.org";
import { clearBar, showBar } from "./bars";
import { toast, type Toast } from "./toast";
import { t } from "./words";

/** Names the platform's stream uses; each arrives as a DOM event `gt:NAME` on <body>. */
const names = [
  "call", "agent", "floor", "desk", "campaign", "account", "decision", "payment", "import",
  "attempt", "hold", "event", "alert",
];

const lost = new Set<object>();

function mark(source: object, up: boolean): void {
  if (up) lost.delete(source);
  else lost.add(source);
  if (lost.size) showBar("live", t("Live updates are interrupted. Trying again…"));
  else clearBar("live");
}

function tell(name: string, data: string): void {
  let detail: unknown = data;
  try {
    detail = JSON.parse(data);
  } catch {
    // A plain text event is handed on as it is.
  }
  document.body.dispatchEvent(new CustomEvent(`gt:${name}`, { detail, bubbles: true }));
}

/** `<gt-live src="/live">`: keeps one stream open and recovers by itself. */
class GtLive extends HTMLElement {
  private source: EventSource | undefined;
  private retry: number | undefined;
  private pause = 500;

  connectedCallback(): void {
    this.open();
  }

  disconnectedCallback(): void {
    this.source?.close();
    window.clearTimeout(this.retry);
    mark(this, true);
  }

  private open(): void {
    const source = new EventSource(this.getAttribute("src") ?? "/live");
    this.source = source;
    source.onopen = () => {
      const recovered = lost.has(this);
      this.pause = 500;
      mark(this, true);
      // What was missed meanwhile: pages refresh themselves on this event.
      if (recovered) tell("recovered", "{}");
    };
    source.onerror = () => {
      mark(this, false);
      if (source.readyState !== EventSource.CLOSED) return;
      this.retry = window.setTimeout(() => this.open(), this.pause);
      this.pause = Math.min(this.pause * 2, 15_000);
    };
    for (const name of names) source.addEventListener(name, (e) => tell(name, String(e.data)));
    // A page about one person hears of that person only.
    source.addEventListener("account", (e) => {
      const { consumer } = JSON.parse(String(e.data)) as { consumer?: number };
      if (consumer) tell(`account-${consumer}`, "{}");
    });
    source.addEventListener("toast", (e) => toast(JSON.parse(String(e.data)) as Toast));
  }
}

/** A part that changes by itself never takes away what somebody is typing or has open. */
function keepWhatIsUsed(event: Event): void {
  const { detail } = event as CustomEvent<{ target?: Element; shouldSwap: boolean }>;
  const used = detail.target?.querySelector("details.inline[open], details.menu[open], :focus");
  if (used && !used.matches("button, a, summary")) detail.shouldSwap = false;
}

export function installLive(): void {
  document.addEventListener("htmx:oobBeforeSwap", keepWhatIsUsed);
  customElements.define("gt-live", GtLive);
  htmx.on("htmx:sseError", (e) => mark(((e as CustomEvent).target as Element) ?? e, false));
  htmx.on("htmx:sseOpen", (e) => mark(((e as CustomEvent).target as Element) ?? e, true));
  htmx.on("htmx:sseClose", (e) => mark(((e as CustomEvent).target as Element) ?? e, true));
  document.addEventListener("gt:toast", (e) => toast((e as CustomEvent<Toast>).detail));
}

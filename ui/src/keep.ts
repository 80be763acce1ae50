/** A live update leaves open what is open, and the focus where it is. */

const FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex]";

interface Kept {
  open: number[];
  focus: number;
}

function look(root: ParentNode & Node): Kept {
  const open = [...root.querySelectorAll("details")].flatMap((one, n) => (one.open ? [n] : []));
  const focus = [...root.querySelectorAll(FOCUSABLE)].findIndex((one) => one === document.activeElement);
  return { open, focus };
}

function reopen(root: ParentNode, kept: Kept): void {
  const all = root.querySelectorAll("details");
  for (const n of kept.open) {
    const one = all[n];
    if (one) one.open = true;
  }
}

function refocus(root: ParentNode, kept: Kept): void {
  if (kept.focus < 0 || document.activeElement !== document.body) return;
  root.querySelectorAll<HTMLElement>(FOCUSABLE)[kept.focus]?.focus({ preventScroll: true });
}

interface Swap {
  target: Element;
  requestConfig: { triggeringEvent?: Event };
}

/** True for what the live stream or a clock asked for; what a person did may close things. */
function unasked(swap: Swap): boolean {
  const cause = swap.requestConfig.triggeringEvent?.type ?? "";
  return swap.target.id !== "main" && (cause === "" || cause.startsWith("gt:"));
}

export function installKeep(): void {
  const before = new WeakMap<Element, Kept>();
  const restore = (target: Element): void => {
    const kept = before.get(target);
    if (!kept) return;
    before.delete(target);
    reopen(target, kept);
    refocus(target, kept);
  };
  document.addEventListener("htmx:beforeSwap", (event) => {
    const swap = (event as CustomEvent<Swap>).detail;
    if (unasked(swap)) before.set(swap.target, look(swap.target));
  });
  document.addEventListener("htmx:afterSwap", (event) => restore((event as CustomEvent<Swap>).detail.target));
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = (event as CustomEvent<{ target: Element; fragment: DocumentFragment }>).detail;
    const kept = look(target);
    reopen(fragment, kept);
    const id = target.id;
    if (kept.focus >= 0) queueMicrotask(() => refocus(document.getElementById(id) ?? document, kept));
  });
  document.addEventListener("htmx:sseBeforeMessage", (event) => {
    const target = event.target as Element;
    before.set(target, look(target));
  });
  document.addEventListener("htmx:sseMessage", (event) => restore(event.target as Element));
}

import { meta } from "./page";

/** How far the server's clock is ahead of the browser's, in milliseconds. */
const said = Date.parse(meta("gt-now"));
const ahead = Number.isNaN(said) ? 0 : said - (performance.timeOrigin + performance.now());
// A page that took a moment to arrive is not a wrong clock.
const correction = Math.abs(ahead) < 3000 ? 0 : ahead;

/** The time now by the server's clock, in milliseconds since 1970. */
export function now(): number {
  return performance.timeOrigin + performance.now() + correction;
}

type Listener = () => void;
const listeners = new Set<Listener>();
let running: number | undefined;

function tick(): void {
  for (const listener of listeners) listener();
  running = window.setTimeout(tick, 1000 - (now() % 1000));
}

/** One shared tick on the second for every timer on the page; returns the way out. */
export function everySecond(listener: Listener): () => void {
  listeners.add(listener);
  running ??= window.setTimeout(tick, 1000 - (now() % 1000));
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      window.clearTimeout(running);
      running = undefined;
    }
  };
}

/** Seconds as m:ss, from one hour on h:mm:ss. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n: number) => String(n).padStart(2, "0");
  const h = Math.floor(whole / 3600);
  const m = Math.floor((whole % 3600) / 60);
  return h ? `${h}:${two(m)}:${two(whole % 60)}` : `${m}:${two(whole % 60)}`;
}

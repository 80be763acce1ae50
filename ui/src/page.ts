/** What the page's head says: tokens and addresses the server handed in. */
export function meta(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";
}

/** The address of one icon in the sprite. */
export function iconAddress(name: string): string {
  return `${meta("gt-icons")}#${name}`;
}

/** POST a small form the way htmx does, with the CSRF token; resolves to the response. */
export function post(url: string, fields: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { "X-CSRF-Token": meta("csrf-token"), "X-Requested-With": "fetch" },
    body: new URLSearchParams(fields),
    signal: AbortSignal.timeout(10_000),
  });
}

/** True while the reader types, so that a single key is text and not a command. */
export function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** localStorage where it exists and is allowed; otherwise nothing is remembered. */
export const memory = {
  read(key: string): string | null {
    try {
      return localStorage.getItem(`gt.${key}`);
    } catch {
      return null;
    }
  },
  write(key: string, value: string | null): void {
    try {
      if (value === null) localStorage.removeItem(`gt.${key}`);
      else localStorage.setItem(`gt.${key}`, value);
    } catch {
      // A browser that forbids storage only loses the preference.
    }
  },
};

/** Tell the server the reader's time zone, so that pages write moments as the reader's clock does. */
export function tellZone(): void {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone) return;
  const secure = window.location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `gt_zone=${encodeURIComponent(zone)}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
}

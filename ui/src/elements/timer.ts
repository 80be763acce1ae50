import { html, LitElement } from "lit";
import { property } from "lit/decorators.js";
import { duration, everySecond, now } from "../clock";

/** `<gt-timer since="2026-11-22T07:00:00Z">`: time since (or with `until`, to) a moment, ticking m:ss. */
export class GtTimer extends LitElement {
  @property() since = "";
  @property() until = "";
  private stop: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    // A ticking number is read on demand, never announced each second.
    this.setAttribute("role", "timer");
    this.setAttribute("aria-live", "off");
    this.stop = everySecond(() => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stop?.();
  }

  override render(): unknown {
    const from = Date.parse(this.since);
    const to = Date.parse(this.until);
    if (!Number.isNaN(to)) return html`${duration((to - now()) / 1000)}`;
    return Number.isNaN(from) ? html`<slot></slot>` : html`${duration((now() - from) / 1000)}`;
  }
}

customElements.define("gt-timer", GtTimer);

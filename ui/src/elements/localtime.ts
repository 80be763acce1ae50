import { html, LitElement } from "lit";
import { property } from "lit/decorators.js";
import { everySecond, now } from "../clock";

/** `<gt-localtime zone="America/Denver">`: the time there now; with `at`, a moment in the reader's zone. */
export class GtLocaltime extends LitElement {
  @property() zone = "";
  @property() at = "";
  private stop: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    if (!this.at) this.stop = everySecond(() => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stop?.();
  }

  override render(): unknown {
    const language = document.documentElement.lang || undefined;
    try {
      const zone = this.zone ? { timeZone: this.zone } : {};
      const options: Intl.DateTimeFormatOptions = this.at
        ? { dateStyle: "medium", timeStyle: "short", ...zone }
        : { timeStyle: "short", ...zone };
      const moment = this.at ? new Date(this.at) : new Date(now());
      return html`${new Intl.DateTimeFormat(language, options).format(moment)}`;
    } catch {
      return html`<slot></slot>`;
    }
  }
}

customElements.define("gt-localtime", GtLocaltime);

import { html, LitElement, nothing } from "lit";
import { property, state } from "lit/decorators.js";
import { clearBar, showBar } from "../bars";
import { iconAddress, meta, post, typing } from "../page";
import { keysOn } from "../shortcuts";
import { toast } from "../toast";
import { t } from "../words";
import { chime } from "./chime";
import type { Line } from "./line";
import { type ConsumerCall, type LineState, looks, type PhoneConfig } from "./model";
import { OneTab } from "./onetab";

/**
 * `<gt-phone config-url="/desk/phone-config" hold-url="/desk/hold" hangup-url="/desk/hangup">`
 *
 * The agent's line to the platform and the consumer call joined to it. It lives in the top
 * bar, outside every swapped region. Hears `gt:call` (ConsumerCall), tells `gt:line`
 * ({ state }). Attribute `manual` asks before the line is answered.
 */
export class GtPhone extends LitElement {
  @property({ attribute: "config-url" }) configUrl = "/desk/phone-config";
  @property({ attribute: "hold-url" }) holdUrl = "/desk/hold";
  @property({ attribute: "hangup-url" }) hangupUrl = "/desk/hangup";
  @property({ type: Boolean }) manual = false;
  @property({ reflect: true }) line: LineState = "offline";
  @state() private call: ConsumerCall | undefined;
  @state() private muted = false;
  @state() private pad = false;
  @state() private typed = "";
  private wire: Line | undefined;
  private tab: OneTab | undefined;
  private worker: Worker | undefined;
  private retry: number | undefined;
  private pause = 1000;
  private leaving: AbortController | undefined;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.leaving = new AbortController();
    const { signal } = this.leaving;
    document.addEventListener("gt:call", (e) => this.heard((e as CustomEvent<ConsumerCall>).detail), { signal });
    document.addEventListener("keydown", (e) => this.key(e), { signal });
    window.addEventListener("beforeunload", (e) => this.call && e.preventDefault(), { signal });
    window.addEventListener("pagehide", () => this.wire?.stop(), { signal });
    this.tab = new OneTab(
      () => void this.connect(),
      () => this.disconnect("elsewhere"),
      () => !this.call && this.line !== "in-line",
    );
    void this.tab.take();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.leaving?.abort();
    this.tab?.close();
    this.disconnect("offline");
  }

  /** Fetch the configuration and register; on failure try again, slower each time. */
  private async connect(): Promise<void> {
    this.become("registering");
    try {
      const answer = await fetch(this.configUrl, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const config = (await answer.json()) as PhoneConfig;
      const { Line } = await import("./line");
      this.wire?.stop();
      this.wire = new Line(config, !this.manual, {
        state: (now) => this.become(now),
        connected: (up) => this.connection(up),
      });
      this.wire.start();
      this.pause = 1000;
      this.keepAwake();
    } catch {
      this.become("offline");
      this.connection(false);
      this.retry = window.setTimeout(() => void this.connect(), this.pause);
      this.pause = Math.min(this.pause * 2, 20_000);
    }
  }

  private disconnect(into: LineState): void {
    window.clearTimeout(this.retry);
    this.worker?.terminate();
    this.worker = undefined;
    this.wire?.stop();
    this.wire = undefined;
    clearBar("phone");
    this.become(into);
  }

  private keepAwake(): void {
    if (this.worker || !meta("gt-tick")) return;
    this.worker = new Worker(meta("gt-tick"));
    this.worker.onmessage = () => this.wire?.tick();
  }

  private connection(up: boolean): void {
    if (up) clearBar("phone");
    else {
      showBar("phone", t("The phone lost its connection. Reconnecting…"));
      if (this.line !== "in-line") this.become("offline");
    }
  }

  private become(now: LineState): void {
    if (this.line === now) return;
    this.line = now;
    if (now !== "in-line") {
      this.muted = false;
      this.pad = false;
    }
    this.dispatchEvent(new CustomEvent("gt:line", { detail: { state: now }, bubbles: true }));
  }

  private heard(call: ConsumerCall): void {
    const before = this.call;
    const news = before?.attempt !== call.attempt || !before;
    this.call = call.phase === "ended" ? undefined : call;
    if (!this.call) {
      this.pad = false;
      this.typed = "";
      this.say(t("Call ended."));
      return;
    }
    if (news || (before?.phase === "ringing" && call.phase === "connected")) {
      if (this.line !== "elsewhere") chime();
      this.say(`${this.word(call)} ${call.who ?? ""}. ${call.why ?? ""}`);
    }
  }

  private say(text: string): void {
    const live = document.getElementById("gt-live");
    if (live) live.textContent = text;
  }

  private word(call: ConsumerCall): string {
    if (call.phase === "held") return t("On hold");
    if (call.phase === "connected") return t("In conversation");
    return call.direction === "in" ? t("Incoming call") : t("Calling");
  }

  private toggleMute = (): void => {
    if (this.line !== "in-line") return;
    this.muted = !this.muted;
    this.wire?.mute(this.muted);
    this.say(this.muted ? t("Muted.") : t("Not muted."));
  };

  private togglePad = (): void => {
    this.pad = !this.pad;
    this.typed = "";
  };

  private toggleHold = (): void => {
    const held = this.call?.phase === "held";
    void this.tell(this.holdUrl, { on: held ? "false" : "true" });
  };

  private hangUp = (): void => {
    if (this.call) void this.tell(this.hangupUrl, {});
    else this.wire?.close();
  };

  private async tell(url: string, fields: Record<string, string>): Promise<void> {
    try {
      const answer = await post(url, this.call?.attempt ? { ...fields, attempt: this.call.attempt } : fields);
      if (!answer.ok) throw new Error(String(answer.status));
    } catch {
      toast({ text: t("The platform did not take that. Please try again."), tone: "stop" });
    }
  }

  private press(digit: string): void {
    this.wire?.digit(digit);
    this.typed = (this.typed + digit).slice(-16);
  }

  /** m, h, k, x act when nobody types; with Alt they act everywhere. */
  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.repeat || document.querySelector("dialog[open]")) return;
    if (this.pad && /^[0-9*#]$/.test(event.key) && !typing(event.target)) {
      event.preventDefault();
      return this.press(event.key);
    }
    const control = this.controlOf(event);
    if (!control) return;
    event.preventDefault();
    control();
  }

  private controlOf(event: KeyboardEvent): (() => void) | undefined {
    if (!event.altKey && (typing(event.target) || !keysOn())) return undefined;
    if (!this.call && this.line !== "in-line") return undefined;
    const letter = event.altKey ? event.code.replace("Key", "").toLowerCase() : event.key;
    const controls: Record<string, (() => void) | undefined> = { m: this.toggleMute };
    if (this.call) Object.assign(controls, { h: this.toggleHold, k: this.togglePad, x: this.hangUp });
    return controls[letter];
  }

  override render(): unknown {
    return html`<div class="phone-box" role="group" aria-label=${t("Phone")}>
      ${this.call ? this.callView(this.call) : this.lineView()} ${this.pad ? this.padView() : nothing}
    </div>`;
  }

  private icon(name: string): unknown {
    return html`<svg class="icon" aria-hidden="true"><use href=${iconAddress(name)}></use></svg>`;
  }

  private lineView(): unknown {
    const look = looks[this.line];
    const status = html`<span class="phone-line ${look.tone}" title=${t(look.word)}
      >${this.icon(look.icon)}<span class="word">${t(look.word)}</span></span
    >`;
    if (this.line === "elsewhere") {
      return html`${status}<button type="button" class="btn btn-sm" @click=${() => this.tab?.ask()}>
          ${t("Use it here")}
        </button>`;
    }
    if (this.line === "ringing" && this.manual) {
      return html`${status}<button type="button" class="btn btn-sm btn-go" @click=${() => this.wire?.answer()}>
          ${t("Open the line")}
        </button>`;
    }
    if (this.line === "in-line") return html`${status}${this.muteKey()}`;
    return status;
  }

  private callView(call: ConsumerCall): unknown {
    const held = call.phase === "held";
    const tone = held ? "wait" : call.phase === "connected" ? "go" : "";
    return html`<div class="phone-call ${tone}">
      <span class="who"><strong>${call.who ?? t("Unknown caller")}</strong>
        <span>${this.word(call)}${call.why ? html` · ${call.why}` : nothing}</span></span>
      ${call.since ? html`<gt-timer since=${call.since}></gt-timer>` : nothing}
      ${this.muteKey()}
      ${this.button("h", held ? "resume" : "hold", held ? t("Resume") : t("Hold"), this.toggleHold, held)}
      ${this.button("k", "keypad", t("Keypad"), this.togglePad, this.pad)}
      ${this.button("x", "hang-up", t("Hang up"), this.hangUp, undefined, "hang")}
    </div>`;
  }

  private muteKey(): unknown {
    const word = this.muted ? t("Muted") : t("Mute");
    return this.button("m", this.muted ? "muted" : "mute", word, this.toggleMute, this.muted);
  }

  private button(
    key: string,
    icon: string,
    word: string,
    act: () => void,
    pressed?: boolean,
    extra = "",
  ): unknown {
    return html`<button
      type="button"
      class="phone-key ${extra}"
      title="${word} (${key})"
      aria-pressed=${pressed === undefined ? nothing : String(pressed)}
      aria-keyshortcuts=${key}
      @click=${act}
    >
      ${this.icon(icon)}<span class="word">${word}</span><kbd aria-hidden="true">${key}</kbd>
    </button>`;
  }

  private padView(): unknown {
    return html`<div class="phone-pad" role="group" aria-label=${t("Keypad")}>
      <output aria-live="off">${this.typed}</output>
      ${[..."123456789*0#"].map(
        (d) => html`<button type="button" @click=${() => this.press(d)}>${d}</button>`,
      )}
    </div>`;
  }
}

customElements.define("gt-phone", GtPhone);

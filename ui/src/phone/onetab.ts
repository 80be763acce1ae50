/** Only one tab holds the phone. The others wait, take over when it closes, or ask for it. */

const name = "goodterms-phone";

export class OneTab {
  private readonly channel = new BroadcastChannel(name);
  private release: (() => void) | undefined;
  private readonly waiting = new AbortController();

  /** `gained` runs when this tab holds the phone, `lost` when it gave it away. */
  constructor(
    private readonly gained: () => void,
    private readonly lost: () => void,
    private readonly mayLeave: () => boolean,
  ) {
    this.channel.onmessage = (event) => {
      if (event.data === "give" && this.release && this.mayLeave()) this.give();
    };
  }

  /** Take the phone if no other tab holds it; otherwise say so and wait for our turn. */
  async take(): Promise<void> {
    if (!("locks" in navigator)) {
      this.gained();
      return;
    }
    const got = await this.request({ ifAvailable: true });
    if (!got) {
      this.lost();
      void this.request({ signal: this.waiting.signal }).catch(() => undefined);
    }
  }

  /** Ask the tab that holds the phone to hand it over; it refuses during a call. */
  ask(): void {
    this.channel.postMessage("give");
  }

  /** Let go for good: the element is leaving the page. */
  close(): void {
    this.waiting.abort();
    this.release?.();
    this.channel.close();
  }

  private give(): void {
    this.release?.();
    this.release = undefined;
    this.lost();
    // Queue behind the tab that asked, so that closing it brings the phone back here.
    window.setTimeout(() => void this.request({ signal: this.waiting.signal }).catch(() => undefined), 500);
  }

  private request(options: LockOptions): Promise<boolean> {
    return new Promise((resolve, reject) => {
      navigator.locks
        .request(name, options, (lock) => {
          resolve(lock !== null);
          if (lock === null) return undefined;
          const held = new Promise<void>((free) => (this.release = free));
          this.gained();
          return held;
        })
        .catch(reject);
    });
  }
}

/** What the phone knows: the state of its own line, and the consumer call joined to it. */

/** Our line to the platform: it is called once and stays open while the agent works. */
export type LineState =
  | "offline"
  | "registering"
  | "ready"
  | "ringing"
  | "in-line"
  | "elsewhere"
  | "no-microphone";

/** What the platform tells about the consumer call (event `call` of the live stream). */
export interface ConsumerCall {
  /** ringing: being dialled or coming in; connected; held; ended. */
  phase: "ringing" | "connected" | "held" | "ended";
  attempt?: string;
  /** Who: a name the agent may see. */
  who?: string;
  /** Why this call: one short sentence. */
  why?: string;
  /** ISO 8601 moment the phase began. */
  since?: string;
  direction?: "in" | "out";
}

/** How a state looks: meaning, icon and word; the words are translated where shown. */
export const looks: Record<LineState, { tone: string; icon: string; word: string }> = {
  offline: { tone: "stop", icon: "phone-off", word: "Phone offline" },
  registering: { tone: "wait", icon: "refresh", word: "Connecting…" },
  ready: { tone: "", icon: "phone", word: "Line closed" },
  ringing: { tone: "act", icon: "phone-in", word: "Line ringing" },
  "in-line": { tone: "go", icon: "phone-call", word: "Line open" },
  elsewhere: { tone: "wait", icon: "external", word: "Phone is in another tab" },
  "no-microphone": { tone: "stop", icon: "muted", word: "Microphone blocked" },
};

export interface PhoneConfig {
  ws_url: string;
  uri: string;
  password: string;
  display_name?: string;
}

/** The line: SIP over WebSocket by JsSIP. Loaded only where there is a phone. */
import { UA, WebSocketInterface } from "jssip";
import type { RTCSession } from "jssip/lib/RTCSession";
import type { LineState, PhoneConfig } from "./model";

export interface LineListener {
  state(state: LineState): void;
  /** The connection to the platform broke or came back. */
  connected(up: boolean): void;
}

export class Line {
  private readonly agent: UA;
  private readonly socket: WebSocketInterface;
  private session: RTCSession | undefined;
  private readonly sound = new Audio();

  constructor(
    config: PhoneConfig,
    private readonly autoAnswer: boolean,
    private readonly listener: LineListener,
  ) {
    this.sound.autoplay = true;
    this.socket = new WebSocketInterface(config.ws_url);
    this.agent = new UA({
      sockets: [this.socket],
      uri: config.uri,
      password: config.password,
      ...(config.display_name ? { display_name: config.display_name } : {}),
      register: true,
      register_expires: 300,
      session_timers: false,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 8,
      user_agent: "goodterms",
    });
    this.listen();
  }

  start(): void {
    this.listener.state("registering");
    this.agent.start();
  }

  stop(): void {
    this.agent.stop();
    this.sound.srcObject = null;
  }

  answer(): void {
    this.session?.answer({
      mediaConstraints: { audio: true, video: false },
      pcConfig: { iceServers: [] },
    });
  }

  /** Mute is ours alone: the consumer hears nothing, the line stays open. */
  mute(on: boolean): void {
    if (on) this.session?.mute({ audio: true });
    else this.session?.unmute({ audio: true });
  }

  digit(tone: string): void {
    this.session?.sendDTMF(tone, { transportType: "RFC2833" as never });
  }

  /** Close our own line. */
  close(): void {
    if (this.session && !this.session.isEnded()) this.session.terminate();
  }

  /** From the worker's tick: keep the socket warm, and restart what has stopped trying. */
  tick(): void {
    if (this.agent.isConnected()) this.socket.send("\r\n\r\n");
  }

  private rest(): void {
    if (this.session && !this.session.isEnded()) return;
    this.listener.state(this.agent.isRegistered() ? "ready" : "registering");
  }

  private listen(): void {
    const { agent, listener } = this;
    agent.on("connected", () => listener.connected(true));
    agent.on("disconnected", () => listener.connected(false));
    agent.on("registered", () => this.rest());
    agent.on("registrationFailed", () => {
      if (!this.session || this.session.isEnded()) listener.state("offline");
    });
    agent.on("newRTCSession", ({ session, originator }: { session: RTCSession; originator: string }) => {
      if (originator === "remote") this.incoming(session);
    });
  }

  private incoming(session: RTCSession): void {
    if (this.session && !this.session.isEnded()) {
      // One line: a second call to the phone itself is busy.
      session.terminate({ status_code: 486 });
      return;
    }
    this.session = session;
    this.listener.state("ringing");
    session.on("peerconnection", ({ peerconnection }: { peerconnection: RTCPeerConnection }) => {
      peerconnection.addEventListener("track", (event) => this.play(event));
    });
    // Two hundred milliseconds without a new address is enough on one network.
    let ready: number | undefined;
    session.on("icecandidate", (event: { ready: () => void }) => {
      window.clearTimeout(ready);
      ready = window.setTimeout(() => event.ready(), 200);
    });
    session.on("getusermediafailed", () => this.listener.state("no-microphone"));
    session.on("confirmed", () => this.listener.state("in-line"));
    session.on("ended", () => this.over(session));
    session.on("failed", () => this.over(session));
    if (this.autoAnswer) this.answer();
  }

  private play(event: RTCTrackEvent): void {
    this.sound.srcObject = event.streams[0] ?? new MediaStream([event.track]);
    void this.sound.play().catch(() => undefined);
  }

  private over(session: RTCSession): void {
    if (this.session !== session) return;
    this.session = undefined;
    this.sound.srcObject = null;
    this.rest();
  }
}

/** The hub's events (server-sent), kept open, with what came in between fetched by the browser's own resume. */
export interface HubEvent {
  kind: string;
  record: string | null;
  deployment: string | null;
  /** What was done, as the audit log names it. */
  act: string;
}

export type LinkState = "connecting" | "open" | "lost";

const AGAIN_MS = [1000, 2000, 4000, 8000, 15000];
/** After so many refusals in a row the hub may not know the number any more, as after a restored backup. */
const DOUBTED_AFTER = 3;

export class EventLink {
  private source: EventSource | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private last = "";
  private failures = 0;

  constructor(
    private readonly kinds: readonly string[],
    private readonly onEvent: (event: HubEvent, id: string) => void,
    private readonly onState: (state: LinkState) => void,
    private readonly onFleet: (fleet: unknown) => void = () => undefined,
  ) {}

  open(): void {
    this.close();
    this.onState("connecting");
    const address = this.last ? `/api/v1/events?after=${encodeURIComponent(this.last)}` : "/api/v1/events";
    const source = new EventSource(address);
    this.source = source;
    source.onopen = () => {
      this.failures = 0;
      this.onState("open");
    };
    source.onerror = () => {
      // The browser itself tries again after a cut line, but gives up on an answer that is no event stream.
      this.onState("lost");
      if (source.readyState === EventSource.CLOSED) this.later();
    };
    for (const kind of this.kinds) source.addEventListener(kind, (message) => this.take(kind, message as MessageEvent));
    source.addEventListener("fleet", (message) => this.onFleet(JSON.parse((message as MessageEvent<string>).data)));
  }

  close(): void {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  private later(): void {
    const wait = AGAIN_MS[Math.min(this.failures, AGAIN_MS.length - 1)] ?? 15000;
    this.failures += 1;
    if (this.failures >= DOUBTED_AFTER) this.last = "";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), wait);
  }

  private take(kind: string, message: MessageEvent<string>): void {
    if (message.lastEventId) this.last = message.lastEventId;
    const data = JSON.parse(message.data) as { record?: string; deployment?: string | null; act?: string };
    const { record = null, deployment = null, act = "" } = data;
    this.onEvent({ kind, record, deployment, act }, message.lastEventId);
  }
}

import { QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { act, render, screen } from "@testing-library/react";
import { Events } from "../src/api/Events";

/** A line of events that a test speaks into. */
class FakeSource {
  static last: FakeSource;
  onopen: (() => void) | null = null;
  readyState = 1;
  private readonly listeners = new Map<string, (message: { data: string; lastEventId: string }) => void>();
  constructor() {
    FakeSource.last = this;
  }
  addEventListener(kind: string, listener: (message: { data: string; lastEventId: string }) => void): void {
    this.listeners.set(kind, listener);
  }
  close(): void {
    this.readyState = 2;
  }
  say(kind: string, number: number): void {
    const data = JSON.stringify({ record: `alert ${number}`, deployment: "d" });
    this.listeners.get(kind)?.({ data, lastEventId: String(number) });
  }
}

function Shown({ of, part, read }: { of: string; part?: string; read: () => Promise<string> }) {
  useQuery({ queryKey: part ? [of, "d", part] : [of, "d"], queryFn: read });
  return null;
}

test("an alert renews the queue and the figures, and is no look at the whole deployment", async () => {
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", FakeSource);
  const queue = vi.fn(async () => "queue");
  const figures = vi.fn(async () => "figures");
  const view = vi.fn(async () => "view");
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { networkMode: "always" } } })}>
      <Events on>
        <Shown of="alerts" read={queue} />
        <Shown of="deployment" part="figures" read={figures} />
        <Shown of="deployment" read={view} />
      </Events>
    </QueryClientProvider>,
  );
  await act(() => vi.advanceTimersByTimeAsync(2000));
  await act(async () => {
    FakeSource.last.say("alert.raised", 1);
    await vi.advanceTimersByTimeAsync(2000);
  });
  expect([queue, figures, view].map((each) => each.mock.calls.length)).toEqual([2, 2, 1]);
  await act(async () => {
    FakeSource.last.say("presence.changed", 2);
    await vi.advanceTimersByTimeAsync(2000);
  });
  expect(view).toHaveBeenCalledTimes(2);
  vi.useRealTimers();
});

function Newest({ read }: { read: () => Promise<number> }) {
  const { data } = useQuery({ queryKey: ["alerts"], queryFn: read });
  return <p>newest: {data ?? "none"}</p>;
}

test("in a storm of fifty alerts a second the queue is read once a second, each answer is shown, the last one too", async () => {
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", FakeSource);
  let raised = 0;
  let reads = 0;
  // The hub takes its time under load: longer than events are gathered.
  const read = async () => {
    reads += 1;
    const seen = raised;
    await new Promise((resolve) => setTimeout(resolve, 400));
    return seen;
  };
  const queries = new QueryClient({ defaultOptions: { queries: { networkMode: "always" } } });
  render(
    <QueryClientProvider client={queries}>
      <Events on>
        <Newest read={read} />
      </Events>
    </QueryClientProvider>,
  );
  await act(() => vi.advanceTimersByTimeAsync(1000));
  reads = 0;
  for (let at = 0; at < 10_000; at += 20) {
    raised += 1;
    await act(async () => {
      FakeSource.last.say("alert.raised", raised);
      await vi.advanceTimersByTimeAsync(20);
    });
    if (at === 5000) expect(screen.getByText(/newest: [1-9]\d\d/)).toBeInTheDocument();
  }
  expect(reads).toBeLessThanOrEqual(11);
  await act(() => vi.advanceTimersByTimeAsync(3000));
  expect(screen.getByText("newest: 500")).toBeInTheDocument();
  vi.useRealTimers();
});

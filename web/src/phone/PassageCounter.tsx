import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useHubClock } from "../live/queries";
import { inWords, useRecognitionTests } from "../reports/recognition";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { useToast } from "../ui/Toasts";
import { BigChoice } from "./BigChoice";
import { usePhone } from "./PhoneState";

/** While a blue-list test runs: who walks past, and that they do now. Two taps for each passage, network or not. */
export function PassageCounter({ deployment }: { deployment: string }) {
  const open = useRecognitionTests(deployment).data?.find((each) => each.ended_at === null);
  const { count } = usePhone();
  const clock = useHubClock(deployment);
  const queries = useQueryClient();
  const say = useToast();
  const [tester, setTester] = useState<string | null>(null);
  const [typed, setTyped] = useState("");
  const known = ["testers", open?.test];
  // Who was counted before stays in memory until the window closes; on the phone's disk only what waits to be sent is.
  const testers = useQuery<string[]>({
    queryKey: known,
    queryFn: () => [],
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  }).data;
  if (!open) return null;
  const whom = tester ?? typed.trim();
  const passes = async () => {
    await count(open.test, whom, new Date(clock()).toISOString());
    queries.setQueryData<string[]>(known, (all = []) => (all.includes(whom) ? all : [...all, whom]));
    setTester(null);
    setTyped("");
    say(`Noted: ${whom}.`);
  };
  return (
    <section className="stack tight" aria-label="Recognition test">
      <strong>Recognition test: count every passage</strong>
      <span className="soft small">{inWords(open)}</span>
      {testers && testers.length > 0 && (
        <BigChoice
          label="Who walks past?"
          options={testers.map((each) => ({ id: each, text: each }))}
          value={tester}
          onChange={setTester}
        />
      )}
      <TextField
        label="Another tester"
        hint="The reference under which they are listed; it becomes a button."
        value={typed}
        onChange={(text) => {
          setTyped(text);
          setTester(null);
        }}
      />
      <Button kind="primary" size="big" wide isDisabled={!whom} onPress={() => void passes()}>
        {whom ? `${whom} passes now` : "Count a passage"}
      </Button>
    </section>
  );
}

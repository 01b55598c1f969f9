import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../api/client";
import { inWords, recognitionKey, useRecognitionTests } from "../reports/recognition";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { ProblemNotice } from "../ui/States";
import { useToast } from "../ui/Toasts";
import { BigChoice } from "./BigChoice";

/** While a blue-list test runs: who walks past, and that they do now. Two taps for each passage. */
export function PassageCounter({ deployment }: { deployment: string }) {
  const open = useRecognitionTests(deployment).data?.find((each) => each.ended_at === null);
  const queries = useQueryClient();
  const say = useToast();
  const [tester, setTester] = useState<string | null>(null);
  const [typed, setTyped] = useState("");
  const known = ["testers", open?.test];
  // Testers' references stay in memory until the window closes, and are never kept on the phone.
  const testers = useQuery<string[]>({
    queryKey: known,
    queryFn: () => [],
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  }).data;
  const count = useMutation({
    mutationFn: async ({ test, whom }: { test: string; whom: string }) =>
      body(
        await api.POST("/api/v1/recognition-tests/{test}/count-passage", {
          params: { path: { test } },
          body: { tester: whom },
        }),
      ),
    onSuccess: async (_, { whom }) => {
      queries.setQueryData<string[]>(known, (all = []) => (all.includes(whom) ? all : [...all, whom]));
      setTester(null);
      setTyped("");
      say(`Counted: ${whom}.`);
      await queries.invalidateQueries({ queryKey: recognitionKey(deployment) });
    },
  });
  if (!open) return null;
  const whom = tester ?? typed.trim();
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
      {count.error && <ProblemNotice problem={count.error} />}
      <Button
        kind="primary"
        size="big"
        wide
        isDisabled={!whom || count.isPending}
        onPress={() => count.mutate({ test: open.test, whom })}
      >
        {whom ? `${whom} passes now` : "Count a passage"}
      </Button>
    </section>
  );
}

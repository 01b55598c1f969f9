import { useMutation } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import type { Schemas } from "../api/client";
import { Button } from "../ui/Button";
import { ProblemNotice } from "../ui/States";
import { passkeysWork, shownPasskey } from "./passkey";

interface Props {
  /** Says what it is for. */
  children: string;
  /** Asks the hub what the browser has to answer. */
  ask: () => Promise<Schemas["PasskeyOptions"]>;
  /** Sends the hub the browser's answer. */
  show: (answer: Schemas["PasskeyAnswer"]) => Promise<unknown>;
  onDone: () => Promise<void>;
}

/** Shows the hub a passkey; nothing where the browser cannot. */
export function PasskeyButton({ children, ask, show, onDone }: Props) {
  const showing = useMutation({
    mutationFn: async () => {
      const asked = await ask();
      await show({ challenge: asked.challenge, credential: await shownPasskey(asked.options) });
    },
    onSuccess: onDone,
  });
  if (!passkeysWork()) return null;
  return (
    <>
      {showing.error && <ProblemNotice problem={showing.error} />}
      <Button kind="primary" wide isDisabled={showing.isPending} onPress={() => showing.mutate()}>
        <KeyRound aria-hidden />
        {children}
      </Button>
    </>
  );
}

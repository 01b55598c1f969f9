import { useMutation } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { api, body } from "../api/client";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { Panel } from "../ui/Page";
import { ProblemNotice } from "../ui/States";
import { Brand } from "./Brand";
import { passkeysWork, shownPasskey } from "./passkey";
import type { Session } from "./session";

export function Locked({ session, onDone }: { session: Session; onDone: () => Promise<void> }) {
  const [password, setPassword] = useState("");
  const byPassword = useMutation({
    mutationFn: async () => api.POST("/api/v1/session/unlock/password", { body: { password } }),
    onSuccess: onDone,
    onError: () => setPassword(""),
  });
  const byPasskey = useMutation({
    mutationFn: async () => {
      const asked = body(await api.POST("/api/v1/session/unlock/passkey/options"));
      const credential = await shownPasskey(asked.options);
      return api.POST("/api/v1/session/unlock/passkey", { body: { challenge: asked.challenge, credential } });
    },
    onSuccess: onDone,
  });
  const signOut = useMutation({ mutationFn: async () => api.DELETE("/api/v1/session"), onSuccess: onDone });
  const problem = byPassword.error ?? byPasskey.error ?? signOut.error;
  return (
    <main className="alone">
      <div className="stack">
        <Brand />
        <Panel title="The console is locked">
          <div className="stack">
            <p>Nobody did anything here for a while, {session.name}. What you were doing is kept: unlock to go on.</p>
            {problem && <ProblemNotice problem={problem} />}
            {passkeysWork() && (
              <Button kind="primary" wide isDisabled={byPasskey.isPending} onPress={() => byPasskey.mutate()}>
                <KeyRound aria-hidden />
                Unlock with a passkey
              </Button>
            )}
            {session.method === "password and code" && (
              <form
                noValidate
                className="stack"
                onSubmit={(event) => {
                  event.preventDefault();
                  byPassword.mutate();
                }}
              >
                <TextField
                  label="Password"
                  type="password"
                  autoComplete="current-password"
                  autoFocus
                  value={password}
                  onChange={setPassword}
                />
                <Button type="submit" wide isDisabled={!password || byPassword.isPending}>
                  Unlock
                </Button>
              </form>
            )}
            <Button kind="plain" onPress={() => signOut.mutate()}>
              Sign out instead
            </Button>
          </div>
        </Panel>
      </div>
    </main>
  );
}

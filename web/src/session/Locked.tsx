import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../api/client";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { Panel } from "../ui/Page";
import { ProblemNotice } from "../ui/States";
import { Brand } from "./Brand";
import { PasskeyButton } from "./PasskeyButton";
import type { Session } from "./session";

export function Locked({ session, onDone }: { session: Session; onDone: () => Promise<void> }) {
  const [password, setPassword] = useState("");
  const byPassword = useMutation({
    mutationFn: async () => api.POST("/api/v1/session/unlock/password", { body: { password } }),
    onSuccess: onDone,
    onError: () => setPassword(""),
  });
  const signOut = useMutation({ mutationFn: async () => api.DELETE("/api/v1/session"), onSuccess: onDone });
  return (
    <main className="alone">
      <div className="stack">
        <Brand />
        <Panel title="The console is locked">
          <div className="stack">
            <p>{session.name}, what you were doing is kept: unlock to go on.</p>
            <PasskeyButton
              ask={async () => body(await api.POST("/api/v1/session/unlock/passkey/options"))}
              show={async (answer) => api.POST("/api/v1/session/unlock/passkey", { body: answer })}
              onDone={onDone}
            >
              Unlock with a passkey
            </PasskeyButton>
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
                {byPassword.error && <ProblemNotice problem={byPassword.error} />}
                <Button type="submit" wide isDisabled={!password || byPassword.isPending}>
                  Unlock
                </Button>
              </form>
            )}
            {signOut.error && <ProblemNotice problem={signOut.error} />}
            <Button kind="plain" onPress={() => signOut.mutate()}>
              Sign out instead
            </Button>
          </div>
        </Panel>
      </div>
    </main>
  );
}

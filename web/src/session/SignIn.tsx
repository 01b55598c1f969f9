import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { api, body } from "../api/client";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { Panel } from "../ui/Page";
import { Notice, ProblemNotice } from "../ui/States";
import { Brand } from "./Brand";
import { PasskeyButton } from "./PasskeyButton";

const FROM_DIRECTORY: Record<string, string> = {
  refused: "Your force's directory did not let you in here, or your account is not known. Ask an administrator.",
  unreachable: "Your force's directory does not answer. Try again, or use a passkey or password.",
};

export function SignIn({ onDone }: { onDone: () => Promise<void> }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [search] = useSearchParams();
  const ways = useQuery({ queryKey: ["ways"], queryFn: async () => body(await api.GET("/api/v1/sign-in")) });
  const byPassword = useMutation({
    mutationFn: async () => body(await api.POST("/api/v1/sign-in/password", { body: { name, password, code } })),
    onSuccess: onDone,
    onError: () => setCode(""),
  });
  const directory = FROM_DIRECTORY[search.get("directory") ?? ""];
  return (
    <main className="alone">
      <div className="stack">
        <Brand />
        <Panel title="Sign in">
          <div className="stack">
            {directory && (
              <Notice tone="bad">
                <p>{directory}</p>
              </Notice>
            )}
            <PasskeyButton
              ask={async () => body(await api.POST("/api/v1/sign-in/passkey/options"))}
              show={async (answer) => api.POST("/api/v1/sign-in/passkey", { body: answer })}
              onDone={onDone}
            >
              Use a passkey
            </PasskeyButton>
            {ways.data?.directory && (
              <a className="button wide" href="/api/v1/sign-in/directory">
                Use your force's directory
              </a>
            )}
            <form
              noValidate
              className="stack"
              onSubmit={(event) => {
                event.preventDefault();
                byPassword.mutate();
              }}
            >
              <TextField label="Sign-in name" autoComplete="username" value={name} onChange={setName} />
              <TextField
                label="Password"
                type="password"
                autoComplete="current-password"
                value={password}
                onChange={setPassword}
              />
              <TextField
                label="Code"
                hint="The six digits that your phone shows."
                inputMode="numeric"
                autoComplete="one-time-code"
                maxLength={6}
                value={code}
                onChange={setCode}
              />
              {byPassword.error && <ProblemNotice problem={byPassword.error} />}
              <Button type="submit" wide isDisabled={byPassword.isPending || !name || !password || !code}>
                Sign in with password and code
              </Button>
            </form>
          </div>
        </Panel>
        <p className="soft small">Every sign-in, and everything done here, is written in the audit log.</p>
      </div>
    </main>
  );
}

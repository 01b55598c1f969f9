import { useMutation, useQuery } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useEffect, useState } from "react";
import { useNavigate } from "react-router";
import { api, body } from "../api/client";
import { Problem } from "../api/problem";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { Panel } from "../ui/Page";
import { ProblemNotice, Shown } from "../ui/States";
import { Brand } from "./Brand";
import { madePasskey, passkeysWork } from "./passkey";

/** Where the link of an invitation leads: `/set-up#LINK`. The part after # never goes to a server by itself. */
export function SetUp({ onDone }: { onDone: () => Promise<void> }) {
  const [link] = useState(() => window.location.hash.slice(1));
  useEffect(() => {
    // It must not stay in sight, nor in the history.
    window.history.replaceState(null, "", window.location.pathname);
  }, []);
  const offer = useQuery({
    queryKey: ["set-up"],
    queryFn: async () => body(await api.POST("/api/v1/set-up", { body: { link } })),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  return (
    <main className="alone">
      <div className="stack">
        <Brand />
        <Shown of={offer} what="your invitation">
          {(found) => (
            <>
              <p>
                Your sign-in name is <strong>{found.sign_in_name}</strong>. Choose how you will sign in.
              </p>
              <ByPasskey link={link} offer={found.passkey} onDone={onDone} />
              <ByPassword link={link} offer={found} onDone={onDone} />
            </>
          )}
        </Shown>
      </div>
    </main>
  );
}

interface Common {
  link: string;
  onDone: () => Promise<void>;
}

function useEntered(onDone: () => Promise<void>) {
  const navigate = useNavigate();
  return async () => {
    await onDone();
    await navigate("/", { replace: true });
  };
}

function ByPasskey({
  link,
  offer,
  onDone,
}: Common & { offer: { options: Parameters<typeof madePasskey>[0]; challenge: string } }) {
  const [name, setName] = useState("This device");
  const entered = useEntered(onDone);
  const make = useMutation({
    mutationFn: async () => {
      const credential = await madePasskey(offer.options);
      const form = { link, name, challenge: offer.challenge, credential };
      return body(await api.POST("/api/v1/set-up/passkey", { body: form }));
    },
    onSuccess: entered,
  });
  if (!passkeysWork()) return null;
  return (
    <Panel title="With a passkey">
      <div className="stack">
        <p className="soft">The safest: your device or security key, with its PIN or your fingerprint.</p>
        <TextField label="What to call this passkey" value={name} onChange={setName} />
        {make.error && <ProblemNotice problem={make.error} />}
        <Button kind="primary" wide isDisabled={make.isPending || !name} onPress={() => make.mutate()}>
          <KeyRound aria-hidden />
          Make a passkey
        </Button>
      </div>
    </Panel>
  );
}

function ByPassword({ link, offer, onDone }: Common & { offer: { secret: string; picture: string; codes: string } }) {
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const entered = useEntered(onDone);
  const set = useMutation({
    mutationFn: async () =>
      body(await api.POST("/api/v1/set-up/password", { body: { link, password, codes: offer.codes, code } })),
    onSuccess: entered,
  });
  const wrong = (field: string) => (set.error instanceof Problem ? set.error.field(field) : undefined);
  return (
    <Panel title="With a password and codes">
      <form
        noValidate
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          set.mutate();
        }}
      >
        <TextField
          label="New password"
          hint="Twelve characters or more; a few unrelated words are best."
          type="password"
          autoComplete="new-password"
          value={password}
          onChange={setPassword}
          wrong={wrong("password")}
        />
        <p>Read this with an authenticator app, then type the code that it shows.</p>
        <img
          className="qr"
          alt="The code for your authenticator app"
          src={`data:image/svg+xml;base64,${btoa(offer.picture)}`}
        />
        <p className="soft small">
          Or type this into the app: <span className="mono">{offer.secret}</span>
        </p>
        <TextField
          label="Code"
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={6}
          value={code}
          onChange={setCode}
          wrong={wrong("code")}
        />
        {set.error && <ProblemNotice problem={set.error} />}
        <Button type="submit" wide isDisabled={set.isPending || !password || !code}>
          Set the password
        </Button>
      </form>
    </Panel>
  );
}

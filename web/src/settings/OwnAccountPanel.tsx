import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../api/client";
import { Problem } from "../api/problem";
import { reachWords } from "../people/reach";
import { madePasskey, passkeysWork } from "../session/passkey";
import { useSession } from "../session/session";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/Dialog";
import { TextField } from "../ui/Field";
import { Panel } from "../ui/Page";
import { Badge, Empty, ProblemNotice, Shown } from "../ui/States";
import { Table } from "../ui/Table";
import { Time } from "../ui/Time";
import { useToast } from "../ui/Toasts";

/** How one signs in oneself, and where one is signed in now. */
export function OwnAccountPanel() {
  return (
    <div className="grid-two">
      <Passkeys />
      <Sessions />
    </div>
  );
}

function Passkeys() {
  const [name, setName] = useState("");
  const [removing, setRemoving] = useState<string | null>(null);
  const queries = useQueryClient();
  const say = useToast();
  const found = useQuery({ queryKey: ["account"], queryFn: async () => body(await api.GET("/api/v1/account")) });
  const renew = () => queries.invalidateQueries({ queryKey: ["account"] });
  const add = useMutation({
    mutationFn: async () => {
      const asked = body(await api.POST("/api/v1/account/passkeys/options"));
      const credential = await madePasskey(asked.options);
      return body(
        await api.POST("/api/v1/account/passkeys", { body: { name, challenge: asked.challenge, credential } }),
      );
    },
    onSuccess: async () => {
      setName("");
      await renew();
      say("The passkey is added.");
    },
  });
  if (found.error instanceof Problem && found.error.status === 404) return <NoAccount />;
  return (
    <Panel title="Passkeys">
      <Shown of={found} what="your sign-in">
        {(account) => (
          <div className="stack">
            <p>
              You sign in as <strong>{account.sign_in_name}</strong>
              {account.has_password && " (with a password and codes too)"}.
            </p>
            <OwnRights />
            {account.passkeys.length ? (
              <Table
                label="Passkeys"
                rows={account.passkeys}
                id={(row) => row.id}
                columns={[
                  { title: "Name", show: (row) => row.name },
                  { title: "Last used", show: (row) => <Time at={row.used_at} /> },
                  { title: "", show: (row) => <Button onPress={() => setRemoving(row.id)}>Remove</Button> },
                ]}
              />
            ) : (
              <p className="soft">No passkey yet. It is the safest way in: add one for each device you use.</p>
            )}
            {add.error && <ProblemNotice problem={add.error} />}
            <ConfirmDialog
              title="Remove the passkey"
              isOpen={removing !== null}
              onClose={() => setRemoving(null)}
              act="Remove"
              danger
              onConfirm={async () => {
                if (removing === null) return;
                await api.DELETE("/api/v1/account/passkeys/{passkey}", { params: { path: { passkey: removing } } });
                await renew();
              }}
            >
              <p>Nobody signs in with it again. Without another way in, only an administrator can let you in anew.</p>
            </ConfirmDialog>
            {passkeysWork() && (
              <div className="row low">
                <TextField label="Name of a new passkey" value={name} onChange={setName} />
                <Button isDisabled={!name.trim() || add.isPending} onPress={() => add.mutate()}>
                  Add a passkey
                </Button>
              </div>
            )}
          </div>
        )}
      </Shown>
    </Panel>
  );
}

/** Somebody whom a one-time link or an administrator's own command let in, and who could not sign in again. */
function NoAccount() {
  return (
    <Panel title="Sign-in">
      <div className="stack">
        <OwnRights />
        <Empty title="You have no sign-in of your own">
          <p>
            You were let in this once. To come back, ask an administrator to invite you under <strong>People</strong>:
            the invitation leads you to a passkey, or to a password with codes.
          </p>
        </Empty>
      </div>
    </Panel>
  );
}

function OwnRights() {
  const { session } = useSession();
  return (
    <p>
      Your rights: {session.roles.join(", ") || "no role"}, for <strong>{reachWords(session.reach)}</strong>.
    </p>
  );
}

function Sessions() {
  const queries = useQueryClient();
  const found = useQuery({
    queryKey: ["account", "sessions"],
    queryFn: async () => body(await api.GET("/api/v1/account/sessions")),
  });
  const end = useMutation({
    mutationFn: async (session: string) =>
      api.DELETE("/api/v1/account/sessions/{session}", { params: { path: { session } } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["account"] }),
  });
  return (
    <Panel title="Where you are signed in">
      {end.error && <ProblemNotice problem={end.error} />}
      <Shown of={found} what="your sessions">
        {(all) => (
          <Table
            label="Sessions"
            rows={all}
            id={(row) => row.id}
            columns={[
              {
                title: "Since",
                show: (row) => (
                  <span className="row">
                    <Time at={row.started_at} />
                    {row.this_one && <Badge tone="good">here</Badge>}
                    {row.locked && <Badge>locked</Badge>}
                  </span>
                ),
              },
              { title: "From", show: (row) => row.origin },
              {
                title: "",
                show: (row) => !row.this_one && <Button onPress={() => end.mutate(row.id)}>End</Button>,
              },
            ]}
          />
        )}
      </Shown>
    </Panel>
  );
}

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body, type Schemas } from "../api/client";
import { Problem } from "../api/problem";
import { choices, useVocabulary } from "../api/vocabulary";
import { type Role, useSession } from "../session/session";
import { Button } from "../ui/Button";
import { ConfirmDialog, Dialog } from "../ui/Dialog";
import { Select, TextField } from "../ui/Field";
import { Notice, ProblemNotice } from "../ui/States";
import { useToast } from "../ui/Toasts";
import { InvitationLink } from "./InvitationLink";
import type { Account, Member } from "./PeopleRoutes";
import { ReachChoice } from "./ReachChoice";
import { RoleChoice } from "./RoleChoice";
import { reachWords } from "./reach";

type Skill = Schemas["CompetenceForm"]["skill"];

interface Props {
  member: Member;
  account: Account | undefined;
  onClose: () => void;
}

/** One colleague: roles, where they count, training, and how they sign in. */
export function MemberDialog({ member, account, onClose }: Props) {
  const { holds, session } = useSession();
  const [closing, setClosing] = useState(false);
  const queries = useQueryClient();
  const renew = () => queries.invalidateQueries({ queryKey: ["people"] });
  const own = member.staff === session.staff;
  const mayChange = holds("administrator") && !member.closed_at && !own;
  return (
    <Dialog title={member.name} isOpen onClose={onClose} large>
      <p className="soft mono">{member.staff}</p>
      {own && (
        <Notice>
          <p>This is you. Nobody changes their own roles, rights or training: another administrator must.</p>
        </Notice>
      )}
      {mayChange ? (
        <>
          <div className="grid-two">
            <Roles member={member} renew={renew} />
            <Training member={member} renew={renew} />
          </div>
          <Rights member={member} renew={renew} />
          <SignInOf member={member} account={account} renew={renew} />
        </>
      ) : (
        <p>
          {member.roles.join(", ") || "No role."} Rights for {reachWords(member.reach)}.
        </p>
      )}
      <div className="actions">
        {mayChange && (
          <Button kind="danger" onPress={() => setClosing(true)}>
            Close the account
          </Button>
        )}
        <Button onPress={onClose}>Done</Button>
      </div>
      <ConfirmDialog
        title={`Close the account of ${member.name}`}
        isOpen={closing}
        onClose={() => setClosing(false)}
        act="Close for good"
        danger
        onConfirm={async () => {
          await api.POST("/api/v1/people/{staff}/close-account", {
            params: { path: { staff: member.staff } },
            body: { version: member.version },
          });
          await renew();
          onClose();
        }}
      >
        <p>They are signed out and cannot sign in again. What they decided stays theirs.</p>
      </ConfirmDialog>
    </Dialog>
  );
}

function Roles({ member, renew }: { member: Member; renew: () => Promise<void> }) {
  const [roles, setRoles] = useState<Role[]>(member.roles);
  const say = useToast();
  const keep = useMutation({
    mutationFn: async () =>
      body(
        await api.POST("/api/v1/people/{staff}/set-roles", {
          params: { path: { staff: member.staff } },
          body: { version: member.version, roles },
        }),
      ),
    onSuccess: async () => {
      await renew();
      say(`The roles of ${member.name} are changed.`);
    },
  });
  return (
    <div className="stack">
      <RoleChoice value={roles} onChange={setRoles} />
      {keep.error && <ProblemNotice problem={keep.error} />}
      <div>
        <Button isDisabled={keep.isPending} onPress={() => keep.mutate()}>
          Keep these roles
        </Button>
      </div>
    </div>
  );
}

function Rights({ member, renew }: { member: Member; renew: () => Promise<void> }) {
  const [reach, setReach] = useState(member.reach);
  const say = useToast();
  const keep = useMutation({
    mutationFn: async () =>
      body(
        await api.POST("/api/v1/people/{staff}/set-reach", {
          params: { path: { staff: member.staff } },
          body: { version: member.version, reach },
        }),
      ),
    onSuccess: async () => {
      await renew();
      say(`${member.name} has rights for ${reachWords(reach)}.`);
    },
  });
  const wrong = (field: string) => (keep.error instanceof Problem ? keep.error.field(field) : undefined);
  return (
    <div className="stack">
      <div className="grid-two">
        <ReachChoice value={reach} onChange={setReach} wrong={wrong} />
      </div>
      {keep.error && <ProblemNotice problem={keep.error} />}
      <div>
        <Button isDisabled={keep.isPending} onPress={() => keep.mutate()}>
          Keep these rights
        </Button>
      </div>
    </div>
  );
}

function Training({ member, renew }: { member: Member; renew: () => Promise<void> }) {
  const vocabulary = useVocabulary().data;
  const [skill, setSkill] = useState<string | null>(null);
  const [until, setUntil] = useState("");
  const say = useToast();
  const record = useMutation({
    mutationFn: async () =>
      body(
        await api.POST("/api/v1/people/{staff}/record-competence", {
          params: { path: { staff: member.staff } },
          body: { version: member.version, skill: skill as Skill, expires_on: until },
        }),
      ),
    onSuccess: async () => {
      await renew();
      say("The training is recorded.");
    },
  });
  return (
    <div className="stack">
      <Select label="Trained for" value={skill} onChange={setSkill} options={choices(vocabulary, "skills")} />
      <TextField
        label="Until"
        hint="The newest record of a skill holds: an earlier day takes it away."
        type="date"
        value={until}
        onChange={setUntil}
      />
      {record.error && <ProblemNotice problem={record.error} />}
      <div>
        <Button isDisabled={record.isPending || !skill || !until} onPress={() => record.mutate()}>
          Record the training
        </Button>
      </div>
    </div>
  );
}

function SignInOf({
  member,
  account,
  renew,
}: {
  member: Member;
  account: Account | undefined;
  renew: () => Promise<void>;
}) {
  const [name, setName] = useState(account?.sign_in_name ?? "");
  const say = useToast();
  const at = { params: { path: { staff: member.staff } } };
  const invite = useMutation({
    mutationFn: async () =>
      body(await api.POST("/api/v1/accounts/{staff}/invitation", { ...at, body: { sign_in_name: name } })),
    onSuccess: renew,
  });
  const signOut = useMutation({
    mutationFn: async () => body(await api.DELETE("/api/v1/accounts/{staff}/sessions", at)),
    onSuccess: () => say(`${member.name} is signed out everywhere.`),
  });
  if (invite.data) return <InvitationLink invitation={invite.data} onClose={() => invite.reset()} />;
  return (
    <div className="stack">
      <TextField label="Sign-in name" value={name} onChange={setName} />
      {(invite.error ?? signOut.error) && <ProblemNotice problem={invite.error ?? signOut.error} />}
      <div className="row">
        <Button isDisabled={!name.trim() || invite.isPending} onPress={() => invite.mutate()}>
          {account ? "Invite anew: password, codes and passkeys start over" : "Invite"}
        </Button>
        <Button isDisabled={signOut.isPending} onPress={() => signOut.mutate()}>
          Sign out everywhere
        </Button>
      </div>
    </div>
  );
}

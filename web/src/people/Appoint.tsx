import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../api/client";
import { Problem } from "../api/problem";
import { type Role, useSession } from "../session/session";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { TextField } from "../ui/Field";
import { Notice, ProblemNotice } from "../ui/States";
import { InvitationLink } from "./InvitationLink";
import { ReachChoice } from "./ReachChoice";
import { RoleChoice } from "./RoleChoice";

/** A new colleague: name, roles and where they count, and a one-time link to set their sign-in up. */
export function Appoint({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [signInName, setSignInName] = useState("");
  const [roles, setRoles] = useState<Role[]>([]);
  // Nobody gives more than they have, so one begins with what one has.
  const [reach, setReach] = useState(useSession().session.reach);
  const [added, setAdded] = useState<string | null>(null);
  const queries = useQueryClient();
  const add = useMutation({
    mutationFn: async () => {
      // Where only the invitation was refused, the person is there already: adding them again would make two.
      const staff = added ?? body(await api.POST("/api/v1/people", { body: { name, roles, reach } })).staff;
      setAdded(staff);
      return body(
        await api.POST("/api/v1/accounts/{staff}/invitation", {
          params: { path: { staff } },
          body: { sign_in_name: signInName },
        }),
      );
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["people"] }),
  });
  const wrong = (field: string) => (add.error instanceof Problem ? add.error.field(field) : undefined);
  return (
    <Dialog title="Add somebody" isOpen onClose={onClose} alert>
      {add.data ? (
        <InvitationLink invitation={add.data} onClose={onClose} />
      ) : (
        <form
          noValidate
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            add.mutate();
          }}
        >
          {added && !add.isPending && (
            <Notice>
              <p>{name} is added, and only the invitation is missing: mend the sign-in name.</p>
            </Notice>
          )}
          <TextField label="Name" value={name} onChange={setName} wrong={wrong("name")} isDisabled={added !== null} />
          <TextField
            label="Sign-in name"
            hint="3 to 64 small letters, digits, and . _ @ - between them."
            value={signInName}
            onChange={setSignInName}
            wrong={wrong("sign_in_name")}
          />
          {!added && <RoleChoice value={roles} onChange={setRoles} />}
          {!added && <ReachChoice value={reach} onChange={setReach} wrong={wrong} />}
          {add.error && <ProblemNotice problem={add.error} />}
          <div className="actions">
            <Button onPress={onClose}>Cancel</Button>
            <Button type="submit" kind="primary" isDisabled={add.isPending || !name.trim() || !signInName.trim()}>
              Add and invite
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

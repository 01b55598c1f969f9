import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, body, type Schemas } from "../api/client";
import { useSession } from "../session/session";
import { Button } from "../ui/Button";
import { Page, Panel } from "../ui/Page";
import { Badge, Empty, Shown } from "../ui/States";
import { Table } from "../ui/Table";
import { Day } from "../ui/Time";
import { Appoint } from "./Appoint";
import { MemberDialog } from "./MemberDialog";
import { reachWords } from "./reach";

export type Member = Schemas["MemberView"];
export type Account = Schemas["AccountView"];

export default function PeopleRoutes() {
  const { holds } = useSession();
  const [appointing, setAppointing] = useState(false);
  const [opened, setOpened] = useState<string | null>(null);
  const people = useQuery({
    queryKey: ["people", "list"],
    queryFn: async () => body(await api.GET("/api/v1/people", { params: { query: { limit: 200 } } })),
  });
  const accounts = useQuery({
    queryKey: ["people", "accounts"],
    enabled: holds("administrator"),
    queryFn: async () => body(await api.GET("/api/v1/accounts", { params: { query: { limit: 200 } } })),
  });
  const account = (staff: string) => accounts.data?.items.find((each) => each.staff === staff);
  const member = people.data?.items.find((each) => each.staff === opened);
  return (
    <Page
      title="People and roles"
      below="Who may do what, and until when they are trained for it."
      actions={
        holds("administrator") && (
          <Button kind="primary" onPress={() => setAppointing(true)}>
            Add somebody
          </Button>
        )
      }
    >
      {appointing && <Appoint onClose={() => setAppointing(false)} />}
      {member && <MemberDialog member={member} account={account(member.staff)} onClose={() => setOpened(null)} />}
      <Panel>
        <Shown of={{ ...people, data: people.data?.items }} what="people" empty={<Empty title="Nobody yet" />}>
          {(all) => (
            <Table
              label="People"
              rows={all}
              id={(row) => row.staff}
              columns={[
                {
                  title: "Name",
                  show: (row) => (
                    <Button kind="plain" onPress={() => setOpened(row.staff)}>
                      {row.name}
                    </Button>
                  ),
                },
                { title: "Roles", show: (row) => row.roles.join(", ") || "–" },
                { title: "Rights for", show: (row) => reachWords(row.reach) },
                {
                  title: "Training",
                  show: (row) =>
                    row.competences.map((each) => (
                      <div key={each.skill} className="unbroken">
                        {each.skill} until <Day on={each.expires_on} />
                      </div>
                    )),
                },
                { title: "Sign-in", show: (row) => <SignInState member={row} account={account(row.staff)} /> },
              ]}
            />
          )}
        </Shown>
      </Panel>
    </Page>
  );
}

function SignInState({ member, account }: { member: Member; account: Account | undefined }) {
  if (member.closed_at) return <Badge tone="bad">closed</Badge>;
  if (!account) return <>–</>;
  if (account.has_password || account.passkeys || account.directory_name) return <Badge tone="good">set up</Badge>;
  return account.invited_until ? <Badge tone="accent">invited</Badge> : <Badge tone="warn">not invited</Badge>;
}

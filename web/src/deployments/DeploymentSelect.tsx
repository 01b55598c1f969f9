import { useSearchParams } from "react-router";
import { Select } from "../ui/Field";
import { Empty, Shown } from "../ui/States";
import { type Summary, useDeployments } from "./queries";

interface Props {
  value: string | null;
  onChange: (deployment: string) => void;
}

/** Which deployment a screen is about. */
export function DeploymentSelect({ value, onChange }: Props) {
  const found = useDeployments([], "");
  const all = found.data?.pages.flatMap((page) => page.items);
  return (
    <Shown of={{ ...found, data: all }} what="deployments" empty={<Empty title="There is no deployment yet" />}>
      {(rows) => (
        <Select
          label="Deployment"
          hint={found.hasNextPage ? "The newest are listed." : undefined}
          value={value}
          onChange={onChange}
          options={rows.map((each) => ({
            id: each.deployment,
            text: nameOf(each),
            hint: each.rehearsal ? `${each.state}, rehearsal` : each.state,
          }))}
        />
      )}
    </Shown>
  );
}

/** The deployment that the address of a screen names, and how to name another there. */
export function useDeploymentInAddress(): [string | null, (deployment: string) => void] {
  const [search, setSearch] = useSearchParams();
  return [search.get("deployment"), (deployment) => setSearch({ deployment })];
}

/** "Station Square, 22 Nov 2026": how people tell deployments apart. */
export function nameOf({ site, window }: Pick<Summary, "site" | "window">): string {
  return `${site || "Without a site yet"}, ${DAY.format(new Date(window.start))}`;
}

const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

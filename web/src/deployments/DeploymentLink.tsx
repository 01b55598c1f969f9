import { Link } from "react-router";
import { nameOf } from "./DeploymentSelect";
import { useDeployments } from "./queries";

/** A deployment by its site and day; by the end of its identifier where it is not among the newest. */
export function DeploymentLink({ deployment }: { deployment: string }) {
  const all = useDeployments([], "").data?.pages.flatMap((page) => page.items);
  const found = all?.find((each) => each.deployment === deployment);
  return <Link to={`/deployments/${deployment}`}>{found ? nameOf(found) : `deployment …${deployment.slice(-6)}`}</Link>;
}

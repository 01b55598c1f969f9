import {
  ClipboardList,
  Cog,
  FileChartColumn,
  FileSearch,
  ListChecks,
  Radio,
  ScrollText,
  Server,
  Smartphone,
  Users,
  Video,
} from "lucide-react";
import type { Role, SignedIn } from "./session/session";

interface Place {
  to: string;
  title: string;
  icon: typeof Radio;
  roles: readonly Role[];
  /** Shown only with rights for the whole hub. */
  forHub?: boolean;
}

/** Who sees which screens; what each may do there is the hub's word, not this list's. */
const PLACES: readonly Place[] = [
  { to: "/live", title: "Live", icon: Radio, roles: ["operator", "engagement officer", "authorising officer"] },
  { to: "/phone", title: "Phone", icon: Smartphone, roles: ["engagement officer"] },
  {
    to: "/deployments",
    title: "Deployments",
    icon: ClipboardList,
    roles: ["applicant", "authorising officer", "watchlist manager", "operator", "engagement officer", "auditor"],
  },
  {
    to: "/watchlists",
    title: "Watchlists",
    icon: ListChecks,
    roles: ["watchlist manager", "authorising officer", "operator"],
  },
  {
    to: "/records",
    title: "Records",
    icon: ScrollText,
    roles: ["operator", "engagement officer", "authorising officer"],
  },
  {
    to: "/reports",
    title: "Reports",
    icon: FileChartColumn,
    roles: ["applicant", "authorising officer", "watchlist manager", "operator", "engagement officer", "auditor"],
  },
  { to: "/cameras", title: "Cameras", icon: Video, roles: ["administrator", "operator"] },
  { to: "/nodes", title: "Nodes", icon: Server, roles: ["administrator", "operator", "auditor"] },
  { to: "/people", title: "People", icon: Users, roles: ["administrator", "auditor"] },
  { to: "/audit", title: "Audit", icon: FileSearch, roles: ["auditor"], forHub: true },
  {
    to: "/settings",
    title: "Settings",
    icon: Cog,
    roles: [
      "applicant",
      "authorising officer",
      "watchlist manager",
      "operator",
      "engagement officer",
      "administrator",
      "auditor",
    ],
  },
];

/** The screens of whoever is signed in, in the order of the menu: at the first of them they begin. */
export function placesFor({ holds, holdsForHub }: Pick<SignedIn, "holds" | "holdsForHub">): readonly Place[] {
  return PLACES.filter((place) => (place.forHub ? holdsForHub : holds)(...place.roles));
}

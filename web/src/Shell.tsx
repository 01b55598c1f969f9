import {
  ClipboardList,
  Cog,
  FileChartColumn,
  FileSearch,
  ListChecks,
  Lock,
  LogOut,
  Menu,
  Moon,
  Radio,
  ScrollText,
  Server,
  Smartphone,
  Sun,
  Users,
  Video,
} from "lucide-react";
import { useState } from "react";
import { NavLink, Outlet } from "react-router";
import { useUpdates } from "./api/Events";
import { type Role, type SignedIn, useSession } from "./session/session";
import { Button } from "./ui/Button";
import { setTheme, theme } from "./ui/preferences";
import { Notice } from "./ui/States";

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

function placesFor({ holds, holdsForHub }: Pick<SignedIn, "holds" | "holdsForHub">): readonly Place[] {
  return PLACES.filter((place) => (place.forHub ? holdsForHub : holds)(...place.roles));
}

/** The frame around every screen but the phone's: where one can go, who is signed in, whether the hub is heard. */
export function Shell() {
  const signedIn = useSession();
  const { session, lock, signOut } = signedIn;
  const { state } = useUpdates();
  const [open, setOpen] = useState(false);
  const [light, setLight] = useState(theme() === "light");
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to the screen
      </a>
      <aside className="side" data-open={open || undefined}>
        <NavLink to="/" className="brand">
          <img src="/icon.svg" alt="" />
          OpenLFR
        </NavLink>
        <span className="menu-button">
          <Button aria-label={open ? "Close the menu" : "Open the menu"} onPress={() => setOpen(!open)}>
            <Menu aria-hidden />
          </Button>
        </span>
        <nav className="nav" aria-label="Screens">
          {placesFor(signedIn).map(({ to, title, icon: Icon }) => (
            <NavLink key={to} to={to} onClick={() => setOpen(false)}>
              <Icon aria-hidden />
              {title}
            </NavLink>
          ))}
        </nav>
        <div className="who stack tight">
          <div>
            <strong>{session.name}</strong>
            <div className="soft small">{session.roles.join(", ") || "no role"}</div>
          </div>
          <div className="row">
            <Button aria-label="Lock the console" onPress={lock}>
              <Lock aria-hidden />
            </Button>
            <Button
              aria-label={light ? "Use dark colours" : "Use light colours"}
              onPress={() => {
                setTheme(light ? "dark" : "light");
                setLight(!light);
              }}
            >
              {light ? <Moon aria-hidden /> : <Sun aria-hidden />}
            </Button>
            <Button aria-label="Sign out" onPress={() => void signOut()}>
              <LogOut aria-hidden />
            </Button>
          </div>
        </div>
      </aside>
      <main className="main" id="main" tabIndex={-1}>
        {state === "lost" && (
          <Notice tone="bad">
            <p>The hub is not heard. What you see may be old; new alerts appear as soon as the line is back.</p>
          </Notice>
        )}
        <Outlet />
      </main>
    </div>
  );
}

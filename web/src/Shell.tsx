import { Lock, LogOut, Menu, Moon, Sun } from "lucide-react";
import { useState } from "react";
import { NavLink, Outlet } from "react-router";
import { useUpdates } from "./api/Events";
import { placesFor } from "./places";
import { useSession } from "./session/session";
import { Button } from "./ui/Button";
import { setTheme, theme } from "./ui/preferences";
import { Notice } from "./ui/States";

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

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { BrowserRouter, Navigate, Route, Routes } from "react-router";
import { isUnreachable } from "./api/problem";
import { NewProgram } from "./NewProgram";
import { placesFor } from "./places";
import { Shell } from "./Shell";
import { SessionGate } from "./session/SessionGate";
import { useSession } from "./session/session";
import { Loading } from "./ui/States";
import { Toasts } from "./ui/Toasts";

const Live = lazy(() => import("./live/LiveRoutes"));
const Phone = lazy(() => import("./phone/PhoneRoutes"));
const Deployments = lazy(() => import("./deployments/DeploymentRoutes"));
const Watchlists = lazy(() => import("./watchlists/WatchlistRoutes"));
const Records = lazy(() => import("./records/RecordRoutes"));
const Reports = lazy(() => import("./reports/ReportRoutes"));
const Audit = lazy(() => import("./audit/AuditRoutes"));
const Cameras = lazy(() => import("./cameras/CameraRoutes"));
const People = lazy(() => import("./people/PeopleRoutes"));
const Nodes = lazy(() => import("./nodes/NodeRoutes"));
const Settings = lazy(() => import("./settings/SettingsRoutes"));

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // Events say when something changed; this is for what they do not cover.
      staleTime: 15_000,
      retry: (failures, error) => isUnreachable(error) && failures < 3,
      refetchOnWindowFocus: true,
    },
    mutations: { retry: false },
  },
});

export function App() {
  return (
    <QueryClientProvider client={queries}>
      <Toasts>
        <NewProgram />
        <BrowserRouter>
          <SessionGate>
            <Suspense fallback={<Loading what="this screen" />}>
              <Routes>
                <Route path="/phone/*" element={<Phone />} />
                <Route element={<Shell />}>
                  <Route index element={<Home />} />
                  <Route path="/live/*" element={<Live />} />
                  <Route path="/deployments/*" element={<Deployments />} />
                  <Route path="/watchlists/*" element={<Watchlists />} />
                  <Route path="/records/*" element={<Records />} />
                  <Route path="/reports/*" element={<Reports />} />
                  <Route path="/audit/*" element={<Audit />} />
                  <Route path="/cameras/*" element={<Cameras />} />
                  <Route path="/people/*" element={<People />} />
                  <Route path="/nodes/*" element={<Nodes />} />
                  <Route path="/settings/*" element={<Settings />} />
                  <Route path="*" element={<Home />} />
                </Route>
              </Routes>
            </Suspense>
          </SessionGate>
        </BrowserRouter>
      </Toasts>
    </QueryClientProvider>
  );
}

/** Where whoever is signed in begins: at the first screen that is theirs. */
function Home() {
  const [first] = placesFor(useSession());
  return <Navigate to={first?.to ?? "/settings"} replace />;
}

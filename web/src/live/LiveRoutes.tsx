import { Route, Routes } from "react-router";
import { LiveDeployment } from "./LiveDeployment";
import { LiveSites } from "./LiveSites";
import "./index.css";

export default function LiveRoutes() {
  return (
    <Routes>
      <Route index element={<LiveSites />} />
      <Route path=":deployment" element={<LiveDeployment />} />
      <Route path=":deployment/alerts/:alert" element={<LiveDeployment />} />
    </Routes>
  );
}

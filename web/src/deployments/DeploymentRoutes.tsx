import { Navigate, Route, Routes } from "react-router";
import { EditApplication, NewApplication } from "./ApplicationForm";
import { DeploymentList } from "./DeploymentList";
import { DeploymentPage } from "./DeploymentPage";

export default function DeploymentRoutes() {
  return (
    <Routes>
      <Route index element={<DeploymentList />} />
      <Route path="new" element={<NewApplication />} />
      <Route path=":deployment" element={<DeploymentPage />} />
      <Route path=":deployment/edit" element={<EditApplication />} />
      <Route path="*" element={<Navigate to="/deployments" replace />} />
    </Routes>
  );
}

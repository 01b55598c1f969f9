import { Navigate, Route, Routes } from "react-router";
import { NewCamera } from "./CameraForm";
import { CameraList } from "./CameraList";
import { CameraPage } from "./CameraPage";
import "./cameras.css";

export default function CameraRoutes() {
  return (
    <Routes>
      <Route index element={<CameraList />} />
      <Route path="new" element={<NewCamera />} />
      <Route path=":camera" element={<CameraPage />} />
      <Route path="*" element={<Navigate to="/cameras" replace />} />
    </Routes>
  );
}

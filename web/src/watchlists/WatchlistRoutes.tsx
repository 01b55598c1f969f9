import { Navigate, Route, Routes } from "react-router";
import { WatchlistChooser } from "./WatchlistChooser";
import { WatchlistPage } from "./WatchlistPage";
import "./watchlists.css";

export default function WatchlistRoutes() {
  return (
    <Routes>
      <Route index element={<WatchlistChooser />} />
      <Route path=":watchlist" element={<WatchlistPage />} />
      <Route path="*" element={<Navigate to="/watchlists" replace />} />
    </Routes>
  );
}

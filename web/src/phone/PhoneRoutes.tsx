import { Route, Routes } from "react-router";
import { ConnectionBar } from "./ConnectionBar";
import { PhoneAlert } from "./PhoneAlert";
import { PhoneHome } from "./PhoneHome";
import { PhoneState } from "./PhoneState";
import "../live/index.css";
import "./phone.css";

/** The engagement officer's screens: one hand, one alert, with or without a network. */
export default function PhoneRoutes() {
  return (
    <PhoneState>
      <div className="phone">
        <ConnectionBar />
        <main className="phone-main" id="main">
          <Routes>
            <Route index element={<PhoneHome />} />
            <Route path="alerts/:alert" element={<PhoneAlert />} />
            <Route path="*" element={<PhoneHome />} />
          </Routes>
        </main>
      </div>
    </PhoneState>
  );
}

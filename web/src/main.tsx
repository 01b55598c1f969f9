import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { keepProgram } from "./program";
import "./styles/index.css";
import { setTheme, theme } from "./ui/preferences";

setTheme(theme());
const root = document.getElementById("root");
if (!root) throw new Error("The page has no place for the console.");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
if (import.meta.env.PROD) keepProgram();

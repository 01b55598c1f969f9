import react from "@vitejs/plugin-react";
import { VitePWA } from "vite-plugin-pwa";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [
    react(),
    VitePWA({
      registerType: "prompt",
      injectRegister: null,
      manifest: {
        name: "OpenLFR",
        short_name: "OpenLFR",
        description: "Alerts, decisions and outcomes of a deployment",
        start_url: "/phone",
        display: "standalone",
        background_color: "#0e1217",
        theme_color: "#0e1217",
        icons: [{ src: "/icon.svg", sizes: "any", type: "image/svg+xml", purpose: "any" }],
      },
      workbox: {
        // Only the program itself is kept for use without a network; nothing from the API ever is.
        globPatterns: ["**/*.{js,css,html,svg,woff2}"],
        navigateFallbackDenylist: [/^\/api\//, /^\/public\//],
        cleanupOutdatedCaches: true,
      },
    }),
  ],
  build: {
    outDir: "../src/openlfr/hub/console",
    emptyOutDir: true,
    // Data addresses would need a wider content security policy.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
  },
  server: { proxy: { "/api": "http://localhost:8080" } },
  test: { environment: "jsdom", globals: true, setupFiles: ["tests/setup.ts"], include: ["tests/**/*.test.{ts,tsx}"] },
});

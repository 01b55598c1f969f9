import react from "@vitejs/plugin-react";
import { VitePWA } from "vite-plugin-pwa";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [
    react(),
    VitePWA({
      injectRegister: null,
      manifest: {
        name: "OpenLFR",
        short_name: "OpenLFR",
        description: "Alerts, decisions and outcomes of a deployment",
        start_url: "/phone",
        display: "standalone",
        background_color: "#0e1217",
        theme_color: "#0e1217",
        icons: [
          { src: "/icon.svg", sizes: "any", type: "image/svg+xml", purpose: "any" },
          { src: "/icon-192.png", sizes: "192x192", type: "image/png", purpose: "any" },
          { src: "/icon-512.png", sizes: "512x512", type: "image/png", purpose: "any" },
        ],
      },
      workbox: {
        // Only the program itself is kept for use without a network; nothing from the API ever is.
        globPatterns: ["**/*.{js,css,html,svg}"],
        // A screen is opened with the hub's own program, and with the kept one only where the hub does not answer: so
        // nobody is left with an old console after an upgrade.
        navigateFallback: null,
        directoryIndex: null,
        runtimeCaching: [
          {
            urlPattern: ({ request, url }) => request.mode === "navigate" && !/^\/(api|public)\//.test(url.pathname),
            handler: async ({ request }) => {
              const late = new Promise<never>((_, fail) => setTimeout(fail, 4000));
              try {
                const answer = await Promise.race([fetch(request), late]);
                // A proxy whose hub is away answers in its place.
                if (answer.status < 502) return answer;
              } catch {
                // No network, or one that is as good as none.
              }
              return (await caches.match("/index.html", { ignoreSearch: true })) ?? fetch(request);
            },
          },
        ],
        skipWaiting: true,
        clientsClaim: true,
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

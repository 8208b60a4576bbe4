import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// The studio serves what is built here; while developing, `vite` serves it and passes API calls on to a running studio.
export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("src", import.meta.url)) } },
  build: {
    outDir: "../src/danlu/studio/static",
    emptyOutDir: true,
    // What several pages share comes in one file: a page that waits for a dozen small ones waits longer.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "shared", minShareCount: 2 }] } } },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8288" } },
});

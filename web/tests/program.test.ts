import { isOutdated } from "../src/program";

const page = (file: string) => `<html><script type="module" src="/assets/${file}"></script></html>`;

afterEach(() => {
  document.head.innerHTML = "";
  vi.unstubAllGlobals();
});

test("a page is outdated when its hub hands out another program, and not while the hub is away", async () => {
  document.head.innerHTML = '<script type="module" src="/assets/index-old.js"></script>';
  vi.stubGlobal("fetch", async () => new Response(page("index-old.js")));
  expect(await isOutdated()).toBe(false);
  vi.stubGlobal("fetch", async () => new Response(page("index-new.js")));
  expect(await isOutdated()).toBe(true);
  vi.stubGlobal("fetch", async () => new Response("The hub is away.", { status: 503 }));
  expect(await isOutdated()).toBe(false);
});

import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** Serves a folder under a path of its own, as a host of static files would: no special header. */
export async function serve(folder: string, base: string): Promise<{ url: string; close: () => void }> {
  const server: Server = createServer((request, response) => {
    const path = new URL(request.url!, "http://local").pathname;
    try {
      if (!path.startsWith(base)) throw new Error("elsewhere");
      const file = join(folder, normalize(path.slice(base.length) || "index.html"));
      const body = readFileSync(file);
      response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}${base}`, close: () => server.close() };
}

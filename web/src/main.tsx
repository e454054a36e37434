import { render } from "preact";
import { App } from "./app.tsx";
import { open } from "./client.ts";

// A file dropped beside a box would have the browser leave the page.
for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());

render(<App />, document.getElementById("app")!);
open();

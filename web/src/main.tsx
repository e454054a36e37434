import { render } from "preact";
import { App } from "./app.tsx";
import { open } from "./client.ts";

render(<App />, document.getElementById("app")!);
open();

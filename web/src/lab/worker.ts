import { type CrewStart, serveCrew } from "./crew.ts";
import { createLab } from "./lab.ts";
import type { LabStart, ToLab } from "./messages.ts";
import { port } from "./port.ts";

/** One script for every worker: the first message says what this one is. */
port.onmessage = ({ data }) => {
  const start = data as CrewStart | LabStart;
  if (start.role === "crew") serveCrew(port, start);
  else {
    const lab = createLab((message, transfer) => port.postMessage(message, transfer));
    port.onmessage = (event) => lab(event.data as ToLab);
  }
};

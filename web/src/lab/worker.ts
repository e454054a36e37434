import { type CrewStart, serveCrew } from "./crew.ts";
import { createLab } from "./lab.ts";
import type { LabStart, ToLab } from "./messages.ts";
import { type PaintStart, servePaint } from "./paint.ts";
import { port } from "./port.ts";

/** One script for every worker: the first message says what this one is. */
port.onmessage = ({ data }) => {
  const start = data as CrewStart | LabStart | PaintStart;
  if (start.role === "crew") serveCrew(port, start);
  else if (start.role === "paint") servePaint(port);
  else {
    const lab = createLab((message, transfer) => port.postMessage(message, transfer));
    port.onmessage = (event) => lab(event.data as ToLab);
  }
};

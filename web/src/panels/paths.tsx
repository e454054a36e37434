import type { JSX } from "preact";
import { look } from "../client.ts";
import { Canvas } from "../draw/canvas.tsx";
import { drawContour } from "../draw/contour.ts";
import { Panel, Waiting } from "./panel.tsx";

/** How does it move? */
export function Paths(): JSX.Element {
  const now = look.value;
  return (
    <Panel
      title="How does it move?"
      words={
        <>
          One problem's loss on the plane in which gradient descent and Adam move most, brighter the lower. The paths of{" "}
          <b class="learned">the learned optimizer</b>, <b class="adam">Adam</b> and <b class="sgd">gradient descent</b>{" "}
          are cast onto it.
        </>
      }
    >
      {now ? (
        <Canvas
          shape="square"
          moves
          label="The paths of the learned optimizer, Adam and gradient descent from the same start, on a slice of the loss."
          draw={(c, w, h, theme, time) => drawContour(c, w, h, theme, time, now.slice, now.ways)}
        />
      ) : (
        <Waiting shape="square">Measuring…</Waiting>
      )}
    </Panel>
  );
}

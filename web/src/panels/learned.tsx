import type { JSX } from "preact";
import { look } from "../client.ts";
import { Canvas } from "../draw/canvas.tsx";
import { drawHeat, drawScale } from "../draw/heat.ts";
import { Panel, Waiting } from "./panel.tsx";

/** What has it learned? */
export function Learned(): JSX.Element {
  const now = look.value;
  const maps = now?.maps;
  const reach = maps ? Math.max(...maps.gradients.map(Math.abs)) : 0;
  return (
    <Panel
      wide
      title="What has it learned?"
      words="The step that each rule takes on one number of θ, for every gradient (across) at each of the first 32 steps (down), after the same gradients before. Gradient descent's step is the gradient times a rate; Adam divides by its usual size; the learned one is what the LSTM found."
    >
      {maps ? (
        <>
          <div class="maps">
            {maps.of.map((m) => (
              <figure key={m.name}>
                <figcaption>{m.label}</figcaption>
                <Canvas
                  shape="map"
                  label={`${m.label}: the update by gradient and step. At the first step a gradient of ${reach.toPrecision(2)} gives ${m.updates[0]!.at(-1)!.toPrecision(2)}; at step ${m.updates.length}, ${m.updates.at(-1)!.at(-1)!.toPrecision(2)}.`}
                  draw={(c, w, h, theme) => drawHeat(c, w, h, theme, m.updates, maps.scale, reach)}
                />
              </figure>
            ))}
          </div>
          <p class="scale">
            <span>−{maps.scale.toPrecision(2)}</span>
            <Canvas
              shape="strip"
              label="Blue is a step down, orange a step up"
              draw={(c, w, h, t) => drawScale(c, w, h, t)}
            />
            <span>+{maps.scale.toPrecision(2)}</span>
          </p>
        </>
      ) : now ? (
        <Waiting shape="map">
          The coordinates of this network share what they know: one gradient alone decides no step.
        </Waiting>
      ) : (
        <>
          <div class="maps">
            {["Learned", "Gradient descent", "Adam"].map((label) => (
              <figure key={label}>
                <figcaption>{label}</figcaption>
                <Waiting shape="map">Measuring…</Waiting>
              </figure>
            ))}
          </div>
          <p class="scale">
            <span>&nbsp;</span>
          </p>
        </>
      )}
    </Panel>
  );
}

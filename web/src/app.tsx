import type { JSX } from "preact";
import { announcement, failure } from "./client.ts";
import { Art } from "./panels/art.tsx";
import { Controls } from "./panels/controls.tsx";
import { Files } from "./panels/files.tsx";
import { Learned } from "./panels/learned.tsx";
import { MetaLoss } from "./panels/meta-loss.tsx";
import { Paths } from "./panels/paths.tsx";
import { Race } from "./panels/race.tsx";
import { Sizes } from "./panels/sizes.tsx";

/** The page. */
export function App(): JSX.Element {
  return (
    <main>
      <header>
        <h1>An optimizer that learns to optimize</h1>
        <p class="lead">
          Gradient descent needs a rule that turns a gradient into a step. People design such rules: plain gradient
          descent, Adam. Here a small network, an LSTM, learns one: it trains many small problems, and is itself trained
          by gradient descent to make their loss fall fast. Press <b>Start</b>; everything happens in this tab.
        </p>
      </header>
      <p class="unseen" role="status">
        {announcement}
      </p>
      {failure.value && (
        <p class="failure" role="alert">
          {failure.value}
        </p>
      )}
      <Controls />
      <div class="panels">
        <MetaLoss />
        <Race />
        <Paths />
        <Sizes />
        <Learned />
      </div>
      <Files />
      <div class="panels">
        <Art />
      </div>
      <footer>
        <p>
          gradgrad {__VERSION__}: trained optimizers for TypeScript, after{" "}
          <i>Learning to learn by gradient descent by gradient descent</i> (Andrychowicz et al. 2016). Nothing leaves
          this page and nothing is fetched from elsewhere.
        </p>
      </footer>
    </main>
  );
}

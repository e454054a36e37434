import { computed, signal } from "@preact/signals";
import type { JSX } from "preact";
import type { Picture } from "../../../src/data/picture.ts";
import { ask, round } from "../client.ts";
import { Canvas } from "../draw/canvas.tsx";
import type { PaintOptimizer, PaintOrder } from "../lab/paint.ts";
import { content, frame, paint, paintFailure, painting, stopPainting, style, takeVgg19, vgg19 } from "../painter.ts";
import { drawImage, imageOf, pngOf, readPicture } from "../picture.ts";
import { save } from "../save.ts";
import { Drop } from "./drop.tsx";
import { facts } from "./files.tsx";

type Choice = "adam" | "lbfgs" | "trained" | "brought";

const choice = signal<Choice>("adam");
const side = signal(96);
const steps = signal(128);
/** As many parts as the features ask for, until a person says. */
const chosen = signal<number | undefined>(undefined);
const styleWeight = computed(() => chosen.value ?? (vgg19.value ? 4 : 3));
const begin = signal<PaintOrder["start"]>("noise");

async function attempt(work: () => Promise<void>): Promise<void> {
  paintFailure.value = undefined;
  try {
    await work();
  } catch (error) {
    paintFailure.value = (error as Error).message;
  }
}

async function optimizerOf(wanted: Choice): Promise<PaintOptimizer> {
  if (wanted === "trained") return ask<Uint8Array>({ kind: "download" });
  if (wanted === "brought") return facts.value!.bytes;
  return wanted;
}

/** An optimizer that is no longer there (a run that was reset, a file let go) is Adam, as the list then shows. */
function available(wanted: Choice): Choice {
  const gone = (wanted === "trained" && round.value === 0) || (wanted === "brought" && !facts.value);
  return gone ? "adam" : wanted;
}

const go = (): Promise<void> =>
  attempt(async () =>
    paint(() => optimizerOf(available(choice.value)), {
      side: side.value,
      steps: steps.value,
      styleWeight: styleWeight.value,
      start: begin.value,
    }),
  );

function Source({
  title,
  of,
  take,
}: {
  title: string;
  of: Picture | undefined;
  take: (p: Picture) => void;
}): JSX.Element {
  return (
    <figure>
      <figcaption>{title}</figcaption>
      {of ? (
        <Canvas shape="picture" label={`${title}: ${of.name}`} draw={(c, w, h) => drawImage(c, w, h, imageOf(of))} />
      ) : (
        <div class="picture" />
      )}
      <Drop accept="image/*" take={(file) => void attempt(async () => take(await readPicture(file)))}>
        Drop or choose a picture
      </Drop>
    </figure>
  );
}

function Choices(): JSX.Element {
  return (
    <div class="fields">
      <label class="long">
        Optimizer
        <select
          name="painter"
          value={available(choice.value)}
          onChange={({ currentTarget }) => {
            choice.value = currentTarget.value as Choice;
          }}
        >
          <option value="adam">Adam</option>
          <option value="lbfgs">L-BFGS (several evaluations a step)</option>
          {facts.value && <option value="brought">{facts.value.name}, which was brought</option>}
          {round.value > 0 && <option value="trained">the one trained here, on other problems</option>}
        </select>
      </label>
      <label>
        Side
        <select
          name="side"
          value={side.value}
          onChange={({ currentTarget }) => {
            side.value = Number(currentTarget.value);
          }}
        >
          {[64, 96, 128].map((n) => (
            <option key={n}>{n}</option>
          ))}
        </select>
      </label>
      <label>
        Steps
        <select
          name="steps"
          value={steps.value}
          onChange={({ currentTarget }) => {
            steps.value = Number(currentTarget.value);
          }}
        >
          {[64, 128, 256, 512].map((n) => (
            <option key={n}>{n}</option>
          ))}
        </select>
      </label>
      <label>
        Starts from
        <select
          name="begin"
          value={begin.value}
          onChange={({ currentTarget }) => {
            begin.value = currentTarget.value as PaintOrder["start"];
          }}
        >
          <option value="noise">noise</option>
          <option value="content">the content</option>
        </select>
      </label>
      <label>
        Style: {styleWeight.value}×
        <input
          type="range"
          name="style"
          min={1}
          max={50}
          value={styleWeight.value}
          onInput={({ currentTarget }) => {
            chosen.value = Number(currentTarget.value);
          }}
        />
      </label>
    </div>
  );
}

/** Neural art: the content of one picture in the style of another, by any optimizer. */
export function Art(): JSX.Element {
  const now = frame.value;
  return (
    <section class="panel wide" aria-labelledby="art">
      <h2 id="art">Paint with it</h2>
      <p class="words">
        A picture is numbers too, and a loss can say how far it is from one picture's content and another's style; any
        optimizer then paints.{" "}
        {vgg19.value
          ? `Seen through VGG-19, from ${vgg19.value.name}.`
          : "Pictures are seen through fixed random filters at four scales, which need no download: they know texture and colour, not things. Drop a file of VGG-19's weights for more."}
      </p>
      <div class="maps">
        <Source
          title="Content"
          of={content.value}
          take={(p) => {
            content.value = p;
          }}
        />
        <Source
          title="Style"
          of={style.value}
          take={(p) => {
            style.value = p;
          }}
        />
        <figure>
          <figcaption>{now ? `${now.at}, loss ${now.loss.toPrecision(3)}` : "The picture"}</figcaption>
          {now ? (
            <Canvas
              shape="picture"
              label={`The picture: ${now.at.toLowerCase()}, loss ${now.loss.toPrecision(3)}`}
              draw={(c, w, h) => drawImage(c, w, h, now.image)}
            />
          ) : (
            <p class="waiting picture">Nothing yet: press Paint.</p>
          )}
          <Drop accept=".safetensors" take={(file) => void attempt(() => takeVgg19(file))}>
            VGG-19's weights, if you have them
          </Drop>
          {vgg19.value && (
            <button
              type="button"
              onClick={() => {
                vgg19.value = undefined;
              }}
            >
              Use the random filters
            </button>
          )}
        </figure>
      </div>
      <Choices />
      {paintFailure.value && (
        <p class="failure" role="alert">
          {paintFailure.value}
        </p>
      )}
      <div class="buttons">
        <button
          type="button"
          class="main"
          disabled={!content.value || !style.value}
          onClick={painting.value ? stopPainting : go}
        >
          {painting.value ? "Stop" : "Paint"}
        </button>
        <button
          type="button"
          disabled={!now}
          onClick={() => now && void attempt(async () => save("painted.png", [await pngOf(now.image)], "image/png"))}
        >
          Save picture
        </button>
      </div>
    </section>
  );
}

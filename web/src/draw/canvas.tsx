import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { darkScheme, lessMotion, type Theme, themeOf } from "./theme.ts";

/** Draws on w × h pixels of the page; `time` in seconds, for what moves. */
export type Draw = (context: CanvasRenderingContext2D, w: number, h: number, theme: Theme, time: number) => void;

/**
 * A picture that is drawn in the next frame whenever its data, size or colours change; one that moves, in every frame while
 * it is on the screen. `label` is what a screen reader says.
 */
export function Canvas({
  draw,
  label,
  shape,
  moves = false,
}: {
  draw: Draw;
  label: string;
  shape: string;
  moves?: boolean;
}): JSX.Element {
  const element = useRef<HTMLCanvasElement>(null);
  const latest = useRef(draw);
  latest.current = draw;
  const request = useRef<() => void>(() => {});

  useEffect(() => {
    const canvas = element.current!;
    let frame = 0;
    let visible = true;
    const paint = (now: number): void => {
      frame = 0;
      const scale = Math.min(devicePixelRatio || 1, 2);
      const [w, h] = [canvas.clientWidth, canvas.clientHeight];
      if (w === 0 || h === 0) return;
      const [width, height] = [Math.round(w * scale), Math.round(h * scale)];
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      const context = canvas.getContext("2d")!;
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.clearRect(0, 0, w, h);
      const still = lessMotion.matches;
      latest.current(context, w, h, themeOf(canvas), still ? Number.POSITIVE_INFINITY : now / 1000);
      if (moves && visible && !still) ask();
    };
    const ask = (): void => {
      if (frame === 0) frame = requestAnimationFrame(paint);
    };
    request.current = ask;
    const sizes = new ResizeObserver(ask);
    sizes.observe(canvas);
    const sight = new IntersectionObserver(([entry]) => {
      visible = entry!.isIntersecting;
      if (visible) ask();
    });
    sight.observe(canvas);
    darkScheme.addEventListener("change", ask);
    return () => {
      cancelAnimationFrame(frame);
      sizes.disconnect();
      sight.disconnect();
      darkScheme.removeEventListener("change", ask);
    };
  }, [moves]);

  useEffect(() => request.current());
  return <canvas ref={element} class={`canvas ${shape}`} role="img" aria-label={label} />;
}

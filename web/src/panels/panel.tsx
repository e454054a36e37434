import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";

/** A figure with its heading and the words that explain it. */
export function Panel({
  title,
  words,
  wide = false,
  children,
}: {
  title: string;
  words: ComponentChildren;
  wide?: boolean;
  children: ComponentChildren;
}): JSX.Element {
  const id = useId();
  return (
    <section class={wide ? "panel wide" : "panel"} aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <p class="words">{words}</p>
      {children}
    </section>
  );
}

/** What stands where a figure will be. */
export function Waiting({ shape, children }: { shape: string; children: ComponentChildren }): JSX.Element {
  return <p class={`waiting ${shape}`}>{children}</p>;
}

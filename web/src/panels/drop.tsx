import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";

/** A place to drop a file on, which is also a button to choose one. */
export function Drop({
  accept,
  take,
  children,
}: {
  accept: string;
  take: (file: File) => void;
  children: ComponentChildren;
}): JSX.Element {
  const over = useSignal(false);
  return (
    <label
      class={over.value ? "drop over" : "drop"}
      onDragOver={(event) => {
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={() => {
        over.value = false;
      }}
      onDrop={(event) => {
        event.preventDefault();
        over.value = false;
        const file = event.dataTransfer?.files[0];
        if (file) take(file);
      }}
    >
      {children}
      <input
        type="file"
        accept={accept}
        onChange={({ currentTarget }) => {
          const file = currentTarget.files?.[0];
          if (file) take(file);
          currentTarget.value = "";
        }}
      />
    </label>
  );
}

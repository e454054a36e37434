import { check } from "../core/check.ts";
import type { Vec } from "../core/layout.ts";
import type { LstmShape } from "../kernels/lstm-shape.ts";
import type { OptimizerFile } from "./file.ts";
import { networkLayout } from "./network.ts";
import { groupOf } from "./several.ts";

/** One tensor's coordinatewise LSTM. */
export interface OwnNetwork {
  readonly net: LstmShape;
  readonly phi: Vec;
}

/**
 * Each tensor's own network, for frameworks that keep tensors apart.
 *
 * @throws ArgumentError for a network whose coordinates share information (LSTM+GAC, NTM-BFGS): its tensors cannot be kept apart.
 */
export function networkByTensor({
  shape,
  phi,
}: Pick<OptimizerFile, "shape" | "phi">): (name: string, rank: number) => OwnNetwork {
  const plain = (net: unknown): net is LstmShape => !("kind" in (net as object));
  const one = "a coordinatewise LSTM, or several";
  if (!("kind" in shape)) return () => ({ net: shape, phi });
  check(shape.kind === "several", "network", one, "one whose coordinates share information");
  let at = 0;
  const own = shape.groups.map(({ net }) => {
    check(plain(net), "network", one, "one whose coordinates share information");
    const from = at;
    at += networkLayout(net).size;
    return { net, phi: phi.subarray(from, at) };
  });
  return (name, rank) => own[groupOf(shape, name, rank)]!;
}

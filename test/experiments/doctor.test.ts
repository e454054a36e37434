import { expect, it } from "vitest";
import { historyFindings } from "../../src/experiments/doctor-history.ts";
import { defaultLstm } from "../../src/learned/lstm.ts";
import { metaTrainDefaults } from "../../src/meta/train.ts";

it("says nothing of rounds that the record does not hold: a run stopped before its first report", () => {
  const findings = historyFindings([], { ...metaTrainDefaults, shape: defaultLstm });
  expect(findings.map((f) => f.about)).toEqual(["trajectories lost"]);
});

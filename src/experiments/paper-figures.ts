// What `gradgrad reproduce` makes again: for each figure of the paper its runs, its panels and its table.

/** Optimizers that are trained, if they are not there yet, and the experiment whose tests they run. */
export interface FigureRun {
  /** The experiment whose tests are run. */
  readonly problem: string;
  /** Experiments whose optimizers take part. */
  readonly optimizers: readonly string[];
  /** Meta-training seeds of each. */
  readonly seeds: readonly number[];
}

/** One panel of learning curves. */
export interface FigurePanel {
  readonly title: string;
  /** Test whose curves are drawn, and the paper's panel of the same key. */
  readonly key: string;
  /** Metric whose tuned rates are drawn. */
  readonly metric: string;
  readonly from: number;
  readonly to: number;
  /** Draws means over so many last steps, where one minibatch's loss is noise. Default 1. */
  readonly window?: number;
  /** Lines alone are drawn so; the table keeps the last step's loss. Default 1. */
  readonly smooth?: number;
  /** What the unnamed row of ours is among its variants. Default "LSTM (learned)". */
  readonly ours?: string;
}

/** A figure of the paper, made again. */
export interface PaperFigure {
  readonly name: string;
  readonly title: string;
  readonly runs: readonly FigureRun[];
  readonly panels?: readonly FigurePanel[];
  /** The table says at which rate each learned optimizer was meta-trained. */
  readonly metaRates?: boolean;
  /** Single coordinates: Figures 10 to 13. */
  readonly updates?: {
    readonly figure: string;
    /** Its optimizer of seed 0, on its own training problems, beside Adam and gradient descent at the rates of its first test. */
    readonly problem: string;
    /** One coordinate of each; named again, another of the same. */
    readonly tensors: readonly string[];
  };
  /** Pictures made by the learned optimizer and Adam: Figure 9. */
  readonly pictures?: {
    readonly problem: string;
    /** Keys of the tests whose problems are shown, and how many of each. */
    readonly keys: readonly string[];
    readonly count: number;
  };
  /** Loss against hidden units: Figure 6. */
  readonly units?: typeof hiddenSizes;
}

/** One point of Figure 6. */
export interface HiddenSize {
  readonly key: string;
  readonly hidden: readonly number[];
}

const units = [5, 10, 15, 20, 25, 30, 35, 40, 45, 50];

/** Figure 6's twenty networks. */
export const hiddenSizes: readonly HiddenSize[] = [1, 2].flatMap((layers) =>
  units.map((u) => ({ key: `mnist-units-${u}x${layers}`, hidden: new Array<number>(layers).fill(u) })),
);

/**
 * The paper's Figure 6, loss after 100 steps by layers and method, for 5, 10, … 50 units: read from its vector graphics. Tuned and
 * averaged apart from Figure 4, as its values there differ.
 */
export const paperUnits: Readonly<Record<1 | 2, Readonly<Record<string, readonly number[]>>>> = {
  1: {
    lstm: [0.595, 0.349, 0.282, 0.245, 0.231, 0.212, 0.207, 0.192, 0.178, 0.194],
    adam: [0.829, 0.489, 0.422, 0.369, 0.352, 0.321, 0.315, 0.311, 0.293, 0.294],
    nag: [0.58, 0.354, 0.282, 0.252, 0.242, 0.239, 0.234, 0.225, 0.238, 0.226],
  },
  2: {
    lstm: [1.022, 0.55, 0.399, 0.321, 0.296, 0.264, 0.245, 0.238, 0.226, 0.203],
    adam: [1.552, 1.022, 0.837, 0.696, 0.64, 0.611, 0.603, 0.572, 0.56, 0.554],
    nag: [0.933, 0.589, 0.484, 0.452, 0.437, 0.445, 0.458, 0.443, 0.452, 0.448],
  },
};

const three = [0, 1, 2];
const panel = (title: string, key: string, metric: string, from: number, to: number): FigurePanel => ({
  title,
  key,
  metric,
  from,
  to,
});

const ablated = (name: string, ...own: string[]): string[] =>
  ["", "-last", "-second", ...own, "-rescaled", "-unroll-5", "-unroll-100", "-discount"].map(
    (suffix) => `${name}${suffix}`,
  );

/** Every figure that can be made again, by name. */
export const paperFigures: readonly PaperFigure[] = [
  {
    name: "4",
    title: "Figure 4: quadratics; MNIST, and its next hundred steps",
    runs: [
      { problem: "quadratic-uniform", optimizers: ["quadratic-uniform"], seeds: three },
      { problem: "mnist", optimizers: ["mnist"], seeds: three },
    ],
    panels: [
      panel("Quadratics", "quadratic-uniform", "final", 0, 100),
      panel("MNIST", "mnist", "final", 0, 100),
      panel("MNIST, steps 101 to 200", "mnist", "final200", 101, 200),
    ],
  },
  {
    name: "5",
    title: "Figure 5: the MNIST optimizer on networks that it was not trained for",
    runs: [
      { problem: "mnist-transfer", optimizers: ["mnist"], seeds: three },
      { problem: "mnist-transfer-relu", optimizers: ["mnist", "mnist-relu"], seeds: three },
    ],
    panels: [
      panel("40 units", "mnist-40-units", "final", 0, 100),
      panel("2 layers", "mnist-2-layers", "final", 0, 100),
      panel("2 layers, wider weights between them", "mnist-2-layers-wide", "final", 0, 100),
      panel("ReLU", "mnist-relu", "final", 0, 100),
    ],
  },
  {
    name: "5-test",
    title: "Figure 5 on images that meta-training never saw",
    runs: [{ problem: "mnist-transfer-test", optimizers: ["mnist"], seeds: three }],
    panels: [
      panel("40 units", "mnist-40-units-test", "final", 0, 100),
      panel("2 layers", "mnist-2-layers-test", "final", 0, 100),
      panel("2 layers, wider weights between them", "mnist-2-layers-wide-test", "final", 0, 100),
    ],
  },
  {
    name: "6",
    title:
      "Figure 6: the MNIST optimizer on 5 to 50 hidden units, in one layer and in two with wider weights between them",
    runs: [{ problem: "mnist-units", optimizers: ["mnist"], seeds: [0] }],
    units: hiddenSizes,
  },
  {
    name: "7",
    title: "Figure 7: CIFAR-10, CIFAR-5 and CIFAR-2, optimizers taught on CIFAR-10",
    runs: [
      { problem: "cifar10", optimizers: ["cifar10"], seeds: [0] },
      { problem: "cifar5", optimizers: ["cifar10", "cifar5-sub"], seeds: [0] },
      { problem: "cifar2", optimizers: ["cifar10", "cifar2-sub"], seeds: [0] },
    ],
    panels: [
      { ...panel("CIFAR-10", "cifar10", "final", 10, 1000), window: 20 },
      { ...panel("CIFAR-5", "cifar5", "final", 10, 1000), window: 20 },
      { ...panel("CIFAR-2", "cifar2", "final", 10, 1000), window: 20 },
    ],
  },
  {
    name: "7-test",
    title: "Figure 7 on the first thousand official test records",
    runs: [{ problem: "cifar10-records", optimizers: ["cifar10"], seeds: [0] }],
    panels: [{ ...panel("CIFAR-10, 1,000 images", "cifar10-records", "final", 10, 1000), window: 20 }],
  },
  {
    name: "8",
    title: "Figure 8: neural art, at the training size and style, and at twice the size with a new style",
    runs: [{ problem: "neural-art", optimizers: ["neural-art"], seeds: [0] }],
    panels: [
      panel("Training style, 64 × 64", "neural-art-64", "final", 0, 128),
      panel("New style, 128 × 128", "neural-art-128", "final", 0, 128),
    ],
  },
  {
    name: "9",
    title: "Figure 9: pictures of test photographs after 128 steps",
    runs: [{ problem: "neural-art", optimizers: ["neural-art"], seeds: [0] }],
    pictures: { problem: "neural-art", keys: ["neural-art-64", "neural-art-128"], count: 3 },
  },
  {
    name: "10",
    title: "Figures 10 to 13: the updates of single pixels, neural art",
    runs: [{ problem: "neural-art", optimizers: ["neural-art"], seeds: [0] }],
    updates: { figure: "10", problem: "neural-art", tensors: ["pixels", "pixels", "pixels"] },
  },
  {
    name: "architectures",
    title: "Sharing information between coordinates: LSTM, LSTM+GAC and NTM-BFGS on Gaussian quadratics",
    runs: [
      {
        problem: "quadratic-10",
        optimizers: ["quadratic-10", "quadratic-10-gac", "quadratic-10-ntm"],
        seeds: three,
      },
      {
        problem: "quadratic-50",
        optimizers: ["quadratic-50", "quadratic-50-gac", "quadratic-50-ntm"],
        seeds: three,
      },
    ],
    panels: [
      panel("10 dimensions", "quadratic-10", "final", 0, 100),
      panel("50 dimensions", "quadratic-50", "final", 0, 100),
    ],
  },
  {
    name: "10-mnist",
    title: "Figure 10, on MNIST: the updates of single weights",
    runs: [{ problem: "mnist", optimizers: ["mnist"], seeds: three }],
    updates: { figure: "10-mnist", problem: "mnist", tensors: ["w1", "w2"] },
  },
  {
    name: "ablations",
    title: "The choices of the paper's text, each against its alternative",
    metaRates: true,
    runs: [
      { problem: "ablation-quadratic", optimizers: ablated("ablation-quadratic", "-log-sign"), seeds: three },
      {
        problem: "ablation-mnist",
        optimizers: ablated("ablation-mnist", "-none", "-replay-5", "-replay-100"),
        seeds: [0],
      },
      {
        problem: "ablation-replay",
        optimizers: ["ablation-replay", "ablation-replay-5", "ablation-replay-5-importance"],
        seeds: three,
      },
    ],
    panels: [
      { ...panel("Quadratics", "ablation-quadratic", "final", 0, 100), ours: "the paper's choices" },
      {
        ...panel("MNIST at half its width, 25% replayed", "ablation-mnist", "final", 0, 100),
        smooth: 5,
        ours: "the paper's choices",
      },
      {
        ...panel("MNIST at its full width", "ablation-replay", "final", 0, 100),
        smooth: 5,
        ours: "all coordinates replayed",
      },
    ],
  },
];

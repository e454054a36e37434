/** Adapters for Node: data sets, worker threads, checkpoints, whole-file writes. */
export { loadVgg19, readPicture, writePicture } from "./art.ts";
export { loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";
export { cifarFiles, downloadCifar, loadCifarBatch, loadCifarRecords } from "./cifar.ts";
export { dataFolder, downloadMnist, loadMnist, mnistFiles } from "./datasets.ts";
export { loadImages } from "./images.ts";
export { poolRunner } from "./pool.ts";
export { writeWhole } from "./write.ts";
